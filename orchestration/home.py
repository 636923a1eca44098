"""The home folder: who may read what in it, and what nobody needs any more.

What belongs here: making the home, keeping its private files from other users, clearing its scratch space. What
does not: what the files hold (`home_source`, `last_run`, the stages).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from orchestration.batch import UnusableInputError

READABLE_FOLDER = 0o755
"""Mode of the home and of releases, which BI tools of other users pass through and read."""
OWNER_ONLY_UMASK = 0o077
PRIVATE = (
    *("raw", "quarantine", "private", "warehouse.duckdb", "ledger.jsonl"),
    *("run.log", "dagster", "dbt", "tmp", "source.json", "last_run.json"),
)
"""Everything below the home that may hold personal data or say where it came from."""
VERIFICATION_PREFIX = "verify-"
"""Folders of `orchestration.verify` in the scratch space."""


@contextmanager
def private_home(home: Path) -> Iterator[None]:
    """Make the home if need be, and let everything that is written meanwhile be its owner's alone.

    Raises:
        UnusableInputError: nothing can be written there.
    """
    _demand_writable(home)
    _take_from_others(home)
    before = os.umask(OWNER_ONLY_UMASK)
    try:
        yield
    finally:
        os.umask(before)


def _demand_writable(home: Path) -> None:
    try:
        make_readable_folder(home)
        with tempfile.TemporaryFile(dir=home):
            return
    except OSError as error:
        raise UnusableInputError(
            f"The home {home} cannot be written ({error.strerror}). Choose another with --home."
        ) from error


def make_readable_folder(folder: Path) -> None:
    """Make a folder that other users may enter, whatever the umask; one that stands keeps its mode."""
    if not folder.is_dir():
        folder.mkdir(parents=True)
        folder.chmod(READABLE_FOLDER)


def _take_from_others(home: Path) -> None:
    """Close what was written before the umask was set, e.g. by an earlier version or a copy."""
    for path in (home / name for name in PRIVATE):
        mode = path.stat().st_mode if path.exists() else 0
        if mode & OWNER_ONLY_UMASK:
            with suppress(PermissionError):
                path.chmod(mode & ~OWNER_ONLY_UMASK)


def clear_scratch(temp_dir: Path) -> None:
    """Remove what work left in the scratch space that was killed, whatever made it. The caller holds the run's lock.

    Verifications work without that lock, so theirs stays: each removes its own and what a killed one left.
    """
    for leftover in temp_dir.glob("*"):
        if leftover.name.startswith(VERIFICATION_PREFIX):
            continue
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)
