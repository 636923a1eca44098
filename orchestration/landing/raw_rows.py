"""Which rows of raw count: each raw file once, without rows that the ledger names elsewhere or no more.

A raw file holds one landing file's rows, until it is compacted: then several receipts name one file. When one
of these is read again or retired, its rows stay in the shared file but count no more, so a shared file's
rows count by `_file_hash`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from orchestration.landing.ledger import FileReceipt
from orchestration.landing.sql_paths import parquet_scan

SHARED_PREFIX = "month-"
"""Begins the name of a compacted file; others are named after the one file whose rows they hold."""


@dataclass(frozen=True, kw_only=True)
class RawFile:
    """One Parquet file of raw and what counts in it.

    Attributes:
        path: the file.
        receipts: of the landing files whose rows count.
        is_whole: whether these are all of its rows.
    """

    path: Path
    receipts: tuple[FileReceipt, ...]
    is_whole: bool

    @property
    def file_hashes(self) -> frozenset[str]:
        """Landing files whose rows count."""
        return frozenset(item.file_hash for item in self.receipts)


def raw_files(receipts: Iterable[FileReceipt], *, folder: Path) -> list[RawFile]:
    """Return each file that the receipts name once, in the order in which it is first named.

    Args:
        receipts: of one extract; those without a raw file are left out.
        folder: the extract's raw folder.
    """
    members: dict[str, list[FileReceipt]] = {}
    for item in receipts:
        if item.raw_file:
            members.setdefault(item.raw_file, []).append(item)
    return [
        RawFile(path=folder / name, receipts=tuple(items), is_whole=_is_whole(folder / name, items))
        for name, items in members.items()
    ]


def _is_whole(path: Path, receipts: list[FileReceipt]) -> bool:
    if not path.name.startswith(SHARED_PREFIX):
        return True
    return int(pq.read_metadata(path).num_rows) == sum(item.rows_accepted for item in receipts)


def counted_rows(files: Iterable[RawFile], *, columns: str = "*") -> list[str]:
    """SELECTs that together give every row that counts, once."""
    files = list(files)
    whole = [file.path for file in files if file.is_whole]
    selects = [f"select {columns} from {parquet_scan(whole)}"] if whole else []  # noqa: S608 - escaped paths
    return selects + [
        f"select {columns} from {parquet_scan([file.path])} where {from_files(file.file_hashes)}"  # noqa: S608
        for file in files
        if not file.is_whole
    ]


def from_files(file_hashes: Iterable[str]) -> str:
    """SQL condition: the row came from one of these landing files."""
    return f"_file_hash in ({', '.join(_quoted(value) for value in sorted(file_hashes))})"


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
