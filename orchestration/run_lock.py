"""One run at a time, and no run while somebody reads the warehouse: a lock that its owner's death releases."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

ATTEMPTS, PAUSE_SECONDS = 5, 0.05
"""How often a run tries again before it gives up: another one may be about to end."""
READING_SECONDS = 10.0
"""How long a run waits for readers; they need a second or two."""

_held_here: set[Path] = set()


class RunInProgressError(Exception):
    """Another run holds the lock; the message names its process and start."""


@contextmanager
def hold_run_lock(path: Path) -> Iterator[None]:
    """Hold the lock file; the operating system drops the lock when the process ends, however it ends.

    A process that holds the lock may ask again: the command line takes it before Dagster starts,
    and Dagster takes it for runs that its own interface launches.

    Raises:
        RunInProgressError: another live process holds it.
    """
    if path in _held_here:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as handle:
        if not _take(handle):
            handle.seek(0)
            raise RunInProgressError(_describe(handle.read()))
        handle.truncate(0)
        started_at = datetime.now(UTC).isoformat(timespec="seconds")
        note = json.dumps({"process": os.getpid(), "started_at": started_at})
        with suppress(OSError):  # on a full disk the lock holds without its note
            os.pwrite(handle.fileno(), note.encode(), 0)
        _held_here.add(path)
        try:
            yield
        finally:
            _held_here.discard(path)
            handle.truncate(0)


@contextmanager
def hold_off_runs(path: Path) -> Iterator[None]:
    """Let no run begin while the warehouse is read, because DuckDB would shut its writer out.

    Readers do not mind each other, and a run that finds only readers waits for them.

    Raises:
        RunInProgressError: a run works, here or in another process.
    """
    # A home that may only be read is read, too; its lock file stands there since the first run.
    with path.open("r" if path.exists() else "a+") as handle:
        if not _is_taken(handle, fcntl.LOCK_SH):
            raise RunInProgressError(_describe(handle.read()))
        yield


def _take(handle: IO[str]) -> bool:
    patience = time.monotonic() + READING_SECONDS
    refused = 0
    while not _is_taken(handle, fcntl.LOCK_EX):
        # Whoever lets a reader in is a reader.
        if _is_taken(handle, fcntl.LOCK_SH):
            fcntl.flock(handle, fcntl.LOCK_UN)
            refused += time.monotonic() > patience
        else:
            refused += 1
        if refused >= ATTEMPTS:
            return False
        time.sleep(PAUSE_SECONDS)
    return True


def _is_taken(handle: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_run_lock_held(path: Path) -> bool:
    """Whether a run works in this home now, in this process or another one."""
    if not path.exists():
        return False
    with path.open() as handle:
        return not _is_taken(handle, fcntl.LOCK_SH)


def _describe(content: str) -> str:
    try:
        owner = json.loads(content)
        return f"Another run works since {owner['started_at']} (process {owner['process']}). Wait for it, or stop it."
    except (ValueError, KeyError):
        return "Another run has just started, or somebody reads the warehouse. Wait for it, or stop it."
