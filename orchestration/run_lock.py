"""One run at a time: a lock that its owner's death releases."""

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
"""Whoever asks whether the lock is held has it for a moment; so a run tries again before it gives up."""

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


def _take(handle: IO[str]) -> bool:
    for attempt in range(ATTEMPTS):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(PAUSE_SECONDS if attempt + 1 < ATTEMPTS else 0)
    return False


def is_run_lock_held(path: Path) -> bool:
    """Whether a run works in this home now, in this process or another one."""
    if not path.exists():
        return False
    with path.open() as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _describe(content: str) -> str:
    try:
        owner = json.loads(content)
        return f"Another run works since {owner['started_at']} (process {owner['process']}). Wait for it, or stop it."
    except (ValueError, KeyError):
        return "Another run has just started. Wait for it, or stop it."
