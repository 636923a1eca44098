"""Content hashes of landing files that nobody has touched since they were read.

A night hashes what is new, not the years before. A file is untouched as long as its size, inode and both clocks are
what they were; one that was written a moment before it was read is not trusted, because its clock may stand still
through the next write.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path

from orchestration.disk import replace_for_good
from orchestration.landing.compression import content_hash
from orchestration.settings import Settings

SETTLED_NANOSECONDS = 2_000_000_000
"""The coarsest clock of the file systems that sources drop to."""


class KnownHashes:
    """The hashes of one extract's files, by name; losing them costs time and nothing else."""

    def __init__(self, *, extract: str, settings: Settings) -> None:
        self._path = settings.raw_dir / "_hashes" / f"{extract}.json"
        self._before: dict[str, list[int | str]] = {}
        self._now: dict[str, list[int | str]] = {}
        if not settings.full_refresh:
            with suppress(OSError, ValueError):
                self._before = json.loads(self._path.read_text(encoding="utf-8"))

    def hash_of(self, path: Path, *, name: str) -> str:
        """Return the SHA-256 of a file, read only if it may have changed.

        Raises:
            UnreadableFileError: the file cannot be opened or read.
            OSError: it is gone.
        """
        stat = path.stat()
        state = [stat.st_size, stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns]
        known = self._before.get(name, [])
        file_hash = str(known[-1]) if known[:-1] == state else content_hash(path)
        if time.time_ns() - max(stat.st_mtime_ns, stat.st_ctime_ns) > SETTLED_NANOSECONDS:
            self._now[name] = [*state, file_hash]
        return file_hash

    def save(self) -> None:
        """Keep the hashes of the files that were asked for."""
        if self._now != self._before:
            replace_for_good(self._path, json.dumps(self._now, ensure_ascii=False).encode())
