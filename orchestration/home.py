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
from orchestration.exit_codes import shortages_told

READABLE_FOLDER = 0o755
"""Mode of the home and of releases, which BI tools of other users pass through and read."""
OWNER_ONLY_UMASK = 0o077
PRIVATE = (
    *("raw", "quarantine", "history", "private", "warehouse.duckdb", "ledger.jsonl"),
    *("run.log", "dagster", "dbt", "tmp", "source.json", "last_run.json"),
)
"""Everything below the home that may hold personal data or say where it came from."""
VERIFICATION_PREFIX = "verify-"
"""Folders of `orchestration.verify` in the scratch space."""


@contextmanager
def private_home(home: Path) -> Iterator[None]:
    """Make the home if need be, and let everything that is written meanwhile be its owner's alone.

    Raises:
        UnusableInputError: something in it cannot be written.
        DiskFullError, MemoryExhaustedError, NotWritableError: the machine gave out meanwhile.
    """
    _demand_writable(home)
    _take_from_others(home)
    before = os.umask(OWNER_ONLY_UMASK)
    try:
        with shortages_told(home):
            yield
    finally:
        os.umask(before)


def _demand_writable(home: Path) -> None:
    try:
        make_readable_folder(home)
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as error:
        raise UnusableInputError(
            f"The home {home} cannot be written ({error.strerror}). Choose another with --home."
        ) from error
    for path in _written(home):
        if not os.access(path, os.W_OK):
            raise UnusableInputError(
                f"{path} cannot be written. Run this as the owner of the home, on a disk that can be written."
            )


def _written(home: Path) -> Iterator[Path]:
    """What a run adds to or replaces, as far as it is there; better to know before hours of work."""
    for path in (home / "releases", *(home / name for name in PRIVATE)):
        if path.exists():
            yield path
    for folder in (home / "raw", home / "quarantine"):
        yield from (path for path in folder.glob("*") if path.is_dir())


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
