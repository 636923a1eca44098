"""One run at a time: a lock that its owner's death releases."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

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
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            raise RunInProgressError(_describe(handle.read())) from None
        handle.truncate(0)
        started_at = datetime.now(UTC).isoformat(timespec="seconds")
        handle.write(json.dumps({"process": os.getpid(), "started_at": started_at}))
        handle.flush()
        _held_here.add(path)
        try:
            yield
        finally:
            _held_here.discard(path)
            handle.truncate(0)


def _describe(content: str) -> str:
    try:
        owner = json.loads(content)
        return f"Another run works since {owner['started_at']} (process {owner['process']}). Wait for it, or stop it."
    except (ValueError, KeyError):
        return "Another run has just started. Wait for it, or stop it."
