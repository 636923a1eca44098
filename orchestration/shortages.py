"""What a machine runs out of: room on the disk, memory, the right to write. Each as one sentence for a person.

What belongs here: recognising a shortage, in an error or in what a library says of one, and saying what helps.
What does not: where it strikes; each stage leaves things so that the next run goes on by itself.
"""

from __future__ import annotations

import errno
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

FULL_BYTES = 256 << 10
"""A disk with less room is full: a run's next write may take as much."""
SUSPECTED = re.compile(r"disk I/O error|unable to open database file")
"""What SQLite says on a full disk where it cannot tell, as of the memory that it shares through a file."""
NEARLY_FULL_BYTES = 64 << 20
"""With less room such words mean the full disk: what failed has given some room back since."""
MOST_DETAIL = 200
"""Characters of a library's own words that a sentence repeats."""


class DiskFullError(Exception):
    """There is no room left on the home's disk."""


class MemoryExhaustedError(Exception):
    """The machine, or DuckDB's share of it, has no memory left."""


class NotWritableError(Exception):
    """A folder or file of the home cannot be written."""


@dataclass(frozen=True, kw_only=True)
class Shortage:
    """One thing to run out of.

    Attributes:
        error: what it is raised as.
        codes: of the operating system.
        words: of libraries that pass no code on.
        sentence: with `{home}`, `{stage}` and `{detail}`.
    """

    error: type[Exception]
    codes: frozenset[int]
    words: re.Pattern[str]
    sentence: str

    def told(self, *, detail: str, home: Path | None, stage: str) -> Exception:
        """Return the error with its sentence."""
        lines = detail.strip().splitlines() or [""]
        line = next((line.strip() for line in lines if self.words.search(line)), lines[0].strip())
        shown = line if len(line) <= MOST_DETAIL else line[:MOST_DETAIL] + "…"
        place = f"of {home}" if home else "of the home"
        return self.error(self.sentence.format(home=place, stage=stage, detail=shown))


DISK = Shortage(
    error=DiskFullError,
    codes=frozenset({errno.ENOSPC, errno.EDQUOT}),
    words=re.compile(
        r"No space left on device|disk is full|Disk quota exceeded|max_temp_directory_size", re.IGNORECASE
    ),
    sentence="The disk {home} is full; {stage} stopped ({detail}). Make room on it and give the same command "
    "again: what was taken in is kept, and readers have the last complete release.",
)
SHORTAGES = (
    DISK,
    Shortage(
        error=MemoryExhaustedError,
        codes=frozenset({errno.ENOMEM}),
        words=re.compile(
            r"Out of Memory Error|OutOfMemoryException|MemoryError|Cannot allocate memory|std::bad_alloc"
            r"|Not enough memory|malloc of size|can't start new thread|can't spawn worker thread"
        ),
        sentence="The memory does not suffice; {stage} stopped ({detail}). Raise RAPPORT_MEMORY_LIMIT if the machine "
        "has more, else end other programs or lower RAPPORT_THREADS, and give the same command again: what was taken "
        "in is kept, and readers have the last complete release.",
    ),
    Shortage(
        error=NotWritableError,
        codes=frozenset({errno.EROFS, errno.EACCES, errno.EPERM}),
        words=re.compile(
            r"Read-only file system|Permission denied|attempt to write a readonly database",
            re.IGNORECASE,
        ),
        sentence="Something {home} cannot be written; {stage} stopped ({detail}). Run this as the owner of the home, "
        "on a disk that can be written.",
    ),
)


def shortage_of(
    error: BaseException, *, home: Path | None = None, stage: str = "the command"
) -> Exception | None:
    """Return the shortage that an error, or what caused it, tells of; None if it is another kind of error.

    Args:
        error: whatever was raised.
        home: whose disk it is, if that is known; any error on a disk without room is taken for that.
        stage: what it stopped.
    """
    seen: BaseException | None = error
    while seen is not None:
        text = f"{type(seen).__name__}: {seen}"
        code = seen.errno if isinstance(seen, OSError) else None
        for shortage in SHORTAGES:
            if code in shortage.codes or shortage.words.search(text):
                return shortage.told(detail=_said(seen), home=home, stage=stage)
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return _without_room(str(error), home=home, stage=stage)


def shortage_in(text: str, *, home: Path, stage: str) -> Exception | None:
    """Return the shortage that a library's words tell of, None if it is something else."""
    for shortage in SHORTAGES:
        if shortage.words.search(text):
            return shortage.told(detail=text, home=home, stage=stage)
    return _without_room(text, home=home, stage=stage)


def _said(error: BaseException) -> str:
    """What an error says, without the number of the operating system's own."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return str(error) or type(error).__name__


def _without_room(text: str, *, home: Path | None, stage: str) -> Exception | None:
    """Take what a library cannot explain for the full disk that it met."""
    room = NEARLY_FULL_BYTES if SUSPECTED.search(text) else FULL_BYTES
    if home is None or shutil.disk_usage(home).free > room:
        return None
    return DISK.told(detail=text, home=home, stage=stage)
