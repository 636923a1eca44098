"""Which files a source dropped, and which of them are new.

What belongs here: finding, naming and hashing files. What does not: reading rows (`readers`).
"""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from pathlib import Path

from orchestration.landing.compression import UnreadableFileError, content_hash
from orchestration.landing.ledger import FileReceipt
from orchestration.settings import EXTRACTS, Settings

_UNREAD = "unread-"


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A file that has to be read."""

    path: Path
    name: str
    file_hash: str
    size_bytes: int
    refused_reason: str | None = None


def translated_dir(settings: Settings) -> Path:
    """Where the files lie that a source profile made out of foreign exports."""
    return settings.raw_dir / "_translated" / str(settings.profile)


def landing_files(*, settings: Settings) -> dict[str, list[Path]]:
    """Files per extract, sorted by name; for a source profile those that `profiles.translate` left.

    Hidden files and folders and those that begin with `_` are ignored; linked folders are not entered.
    """
    root = translated_dir(settings) if settings.profile else settings.landing
    return {extract: files_below(root / extract) for extract in EXTRACTS}


def files_below(folder: Path) -> list[Path]:
    """Visible files at any depth, sorted by path."""
    files: list[Path] = []
    for parent, folders, names in os.walk(folder, followlinks=False):
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        files.extend(Path(parent, name) for name in names if not name.startswith((".", "_")))
    return sorted(files)


def unread_hash(name: str) -> str:
    """Stands for the content hash of a file whose content could not be read."""
    return _UNREAD + uuid.uuid5(uuid.NAMESPACE_URL, name).hex


def arrival_of(path: Path, *, root: Path) -> Arrival:
    """Name, size and content hash of a file below `root`; what cannot be read carries the reason."""
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    name = name.encode("utf-8", "replace").decode()
    try:
        if not path.resolve().is_relative_to(root.resolve()):
            raise UnreadableFileError(
                "The file is a link to a place outside of the landing folder. Put the file itself there."
            )
        if path.exists() and not path.is_file():
            raise UnreadableFileError("This is not a file but a pipe, a socket or a device. Remove it.")
        return Arrival(path=path, name=name, file_hash=content_hash(path), size_bytes=path.stat().st_size)
    except (UnreadableFileError, OSError) as error:
        # Without content there is no content hash; the file is tried again at each run.
        return Arrival(
            path=path, name=name, file_hash=unread_hash(name), size_bytes=0, refused_reason=str(error)
        )


def new_arrivals(
    arrivals: list[Arrival], *, extract: str, receipts: list[FileReceipt], full_refresh: bool
) -> list[Arrival]:
    """Files whose content is not in the ledger; a refused file counts as known only under the same name."""
    known = {item.file_hash: item for item in receipts if item.extract == extract}
    new: dict[str, Arrival] = {}
    for arrival in arrivals:
        receipt = None if full_refresh else known.get(arrival.file_hash)
        is_known = receipt is not None and (receipt.is_settled or receipt.file_name == arrival.name)
        if receipt is not None and arrival.refused_reason:
            is_known = receipt.refused_reason == arrival.refused_reason
        if not is_known:
            new.setdefault(arrival.file_hash, arrival)
    return sorted(new.values(), key=lambda arrival: (arrival.name, arrival.file_hash))


def readable_again(
    arrivals: list[Arrival], *, extract: str, receipts: list[FileReceipt]
) -> list[FileReceipt]:
    """Receipts of files that could not be read before and can be now; they no longer hold."""
    readable = {arrival.name for arrival in arrivals if not arrival.refused_reason}
    return [
        item
        for item in receipts
        if item.extract == extract and item.file_hash.startswith(_UNREAD) and item.file_name in readable
    ]
