"""Test tiers and the fixtures that all of them share."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

TIERS = ("unit", "integration", "pipeline")
PROJECT_ROOT = Path(__file__).resolve().parent.parent

# What an example costs depends on what else the machine does; benchmarks measure, tests do not.
settings.register_profile("rapport", deadline=None)
settings.load_profile("rapport")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with the tier of its folder; a test outside the three tiers is an error."""
    for item in items:
        tier = item.path.relative_to(PROJECT_ROOT / "tests").parts[0]
        if tier not in TIERS:
            raise pytest.UsageError(
                f"{item.path} lies in no tier; move it below tests/{{{','.join(TIERS)}}}/"
            )
        item.add_marker(tier)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real data sets; tests that need it are skipped where it is absent."""
    folder = PROJECT_ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real data sets (../shared/data) are not on this machine")
    return folder
