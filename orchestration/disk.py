"""What is on disk for good.

What belongs here: syncs of the home's files. What does not: which files there are, who may read them (`home`).
"""

from __future__ import annotations

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Wait until the folder's entries are on disk; a rename is not safe from a power cut before."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Create a folder and what is missing above it, each entry on disk when this returns."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def move_for_good(source: Path, target: Path) -> None:
    """Rename a file that was just written, so that neither content nor name can be lost any more."""
    with source.open("rb") as file:
        os.fsync(file.fileno())
    source.replace(target)
    sync_folder(target.parent)


def replace_for_good(path: Path, data: bytes) -> None:
    """Swap a whole file: a reader, or a crash, finds either the old or the new one."""
    make_folder(path.parent)
    fresh = path.with_name(f".{path.name}.new")
    try:
        fresh.write_bytes(data)
        move_for_good(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)  # half written, on a full disk


def append_for_good(path: Path, data: bytes) -> None:
    """Add whole lines in one write that is on disk before this returns; a torn end is cut off first."""
    make_folder(path.parent)
    is_first = not path.exists()
    with path.open("ab+") as file:
        file.seek(0)
        kept = file.read().rfind(b"\n") + 1
        file.truncate(kept)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if is_first:
        sync_folder(path.parent)
