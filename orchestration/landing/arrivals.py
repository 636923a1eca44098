"""Which files a source dropped, and which of them are new.

What belongs here: finding, naming and hashing files. What does not: reading rows (`readers`).
"""

from __future__ import annotations

import hashlib
import os
import uuid
from dataclasses import dataclass
from pathlib import Path, PurePath

from orchestration.landing.compression import UnreadableFileError
from orchestration.landing.contracts import DATED_BY_FILE
from orchestration.landing.known_hashes import KnownHashes
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


def arrivals_of(paths: list[Path], *, root: Path, extract: str, settings: Settings) -> list[Arrival]:
    """Name, size and content hash of each file below `root`; what cannot be read carries the reason."""
    hashes = KnownHashes(extract=extract, settings=settings)
    arrivals = [_arrival_of(path, root=root, extract=extract, hashes=hashes) for path in paths]
    hashes.save()
    return arrivals


def _arrival_of(path: Path, *, root: Path, extract: str, hashes: KnownHashes) -> Arrival:
    """One file's arrival.

    The hash of a file whose name dates its rows (`DATED_BY_FILE`) covers the name too: the same rows under
    a later name say that they hold again.
    """
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    name = name.encode("utf-8", "replace").decode()
    try:
        if not path.resolve().is_relative_to(root.resolve()):
            raise UnreadableFileError(
                "The file is a link to a place outside of the landing folder. Put the file itself there."
            )
        if path.exists() and not path.is_file():
            raise UnreadableFileError("This is not a file but a pipe, a socket or a device. Remove it.")
        file_hash = hashes.hash_of(path, name=name)
        if extract in DATED_BY_FILE:
            file_hash = hashlib.sha256(f"{file_hash} {name}".encode()).hexdigest()
        return Arrival(path=path, name=name, file_hash=file_hash, size_bytes=path.stat().st_size)
    except (UnreadableFileError, OSError) as error:
        # Without content there is no content hash; the file is tried again at each run.
        return Arrival(
            path=path, name=name, file_hash=unread_hash(name), size_bytes=0, refused_reason=str(error)
        )


def new_arrivals(
    arrivals: list[Arrival], *, extract: str, receipts: list[FileReceipt], full_refresh: bool
) -> list[Arrival]:
    """Files whose content is not in the ledger.

    Refused content may be readable under another extension, so it counts as known only under the name of its
    receipt, or as a copy with the same extension beside it.

    Where a file's name dates its rows, only the newest content of a name is known: a file that is replaced
    by what it held before is read again.
    """
    mine = [item for item in receipts if item.extract == extract]
    if extract in DATED_BY_FILE:
        mine = list({item.file_name: item for item in mine}.values())
    known = {item.file_hash: item for item in mine}
    present = {(arrival.name, arrival.file_hash) for arrival in arrivals}
    new: dict[str, Arrival] = {}
    for arrival in arrivals:
        receipt = None if full_refresh else known.get(arrival.file_hash)
        is_known = receipt is not None and (
            receipt.is_settled
            or receipt.file_name == arrival.name
            or (
                PurePath(receipt.file_name).suffixes == PurePath(arrival.name).suffixes
                and (receipt.file_name, receipt.file_hash) in present
            )
        )
        if receipt is not None and arrival.refused_reason:
            is_known = receipt.refused_reason == arrival.refused_reason
        if not is_known:
            new.setdefault(arrival.file_hash, arrival)
    return sorted(new.values(), key=lambda arrival: (arrival.name, arrival.file_hash))


def no_longer_refused(
    arrivals: list[Arrival], *, extract: str, receipts: list[FileReceipt]
) -> list[FileReceipt]:
    """Receipts of refused files that have left, were corrected, or can be read now; they no longer hold."""
    present = {(arrival.name, arrival.file_hash) for arrival in arrivals}
    return [
        item
        for item in receipts
        if item.extract == extract and not item.is_settled and (item.file_name, item.file_hash) not in present
    ]
