"""What all tests of crashes start from."""

from __future__ import annotations

import pytest

from tests.pipeline.crashes.play import Bench, prepare


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Two deliveries of a small shop, a home with a release of the first, and what the second must give."""
    return prepare(tmp_path_factory.mktemp("bench"))
