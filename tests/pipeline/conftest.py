"""Whole runs through the command line, shared by the tests that look at their results."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pipeline.commands import rapport

CUSTOMERS = 1500


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after `rapport demo` of a small, messy shop."""
    home = tmp_path_factory.mktemp("demo") / "home 中文"
    outcome = rapport("demo", "--customers", str(CUSTOMERS), "--home", home)
    assert outcome.code == 0, outcome.out + outcome.err
    return home


@pytest.fixture(scope="session")
def clean_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated shop without any mess; copy it before changing it."""
    shop = tmp_path_factory.mktemp("shop") / "landing"
    outcome = rapport("simulate", shop, "--customers", "600", "--seed", "3")
    assert outcome.code == 0, outcome.err
    return shop


@pytest.fixture(scope="session")
def clean_home(tmp_path_factory: pytest.TempPathFactory, clean_shop: Path) -> Path:
    """A home with one release of the clean shop; copy it before running in it."""
    home = tmp_path_factory.mktemp("clean") / "home"
    outcome = rapport("run", "--landing", clean_shop, "--home", home)
    assert outcome.code == 0, outcome.out + outcome.err
    return home


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[Path], Path]:
    """Return a function that copies a folder for a test that changes it."""

    def copy(folder: Path) -> Path:
        return Path(shutil.copytree(folder, tmp_path / folder.name, symlinks=True))

    return copy
