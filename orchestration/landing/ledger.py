"""Which files were ingested, with which result: one JSON line per file and extract.

The ledger is the truth about raw and quarantine: a Parquet file that no line names is left over from a
crash. A line that was torn by a crash is ignored, since its file will be ingested again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from orchestration.disk import append_for_good, replace_for_good


class LedgerDamagedError(Exception):
    """The ledger cannot be trusted; nothing was changed."""


@dataclass(frozen=True, kw_only=True)
class FileReceipt:
    """What became of one file of one extract.

    `rows_read = rows_accepted + rows_quarantined + rows_duplicate`. Amounts are decimal text in the shop's
    currency, None for extracts that carry no money. `raw_file` and `quarantine_file` are names inside the
    extract's folder, None where nothing was written. `columns` is the header of a CSV file, without which its
    refused rows could not be read again. `replayed_at` is the last time that a replay changed what counts of the
    file; `ingested_at` stays, because the rows arrived then.
    """

    file_hash: str
    extract: str
    file_name: str
    rows_read: int = 0
    rows_accepted: int = 0
    rows_quarantined: int = 0
    rows_duplicate: int = 0
    amount_read: str | None = None
    amount_accepted: str | None = None
    amount_quarantined: str | None = None
    amount_duplicate: str | None = None
    columns: list[str] = field(default_factory=list)
    unknown_columns: list[str] = field(default_factory=list)
    refused_reason: str | None = None
    ingested_at: str
    replayed_at: str | None = None
    size_bytes: int = 0
    seconds: float = 0.0
    raw_file: str | None = None
    quarantine_file: str | None = None

    @property
    def is_settled(self) -> bool:
        """Whether the file's content was read, so that seeing it again changes nothing."""
        return self.refused_reason is None


def read_ledger(path: Path) -> list[FileReceipt]:
    """All receipts in the order they were written; the newest of a file and extract wins.

    Raises:
        LedgerDamagedError: a line other than the last is not a receipt.
    """
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")
    receipts: dict[tuple[str, str], FileReceipt] = {}
    for number, line in enumerate(lines, start=1):
        is_torn = number == len(lines)
        if not line or is_torn:
            continue
        try:
            receipt = _receipt(json.loads(line))
        except (ValueError, TypeError) as error:
            raise LedgerDamagedError(
                f"Line {number} of {path} is not a receipt. Restore the ledger from a backup; "
                "nothing was changed."
            ) from error
        receipts.pop((receipt.extract, receipt.file_hash), None)
        receipts[receipt.extract, receipt.file_hash] = receipt
    return list(receipts.values())


def _receipt(values: dict[str, object]) -> FileReceipt:
    known = {item.name for item in fields(FileReceipt)}
    return FileReceipt(**{name: value for name, value in values.items() if name in known})  # type: ignore[arg-type]


def append(path: Path, receipts: Iterable[FileReceipt]) -> None:
    """Add receipts in one write that is on disk before this returns; a torn end is cut off first."""
    append_for_good(path, _lines(receipts))


def replace(path: Path, receipts: Iterable[FileReceipt]) -> None:
    """Swap the whole ledger; a crash leaves either the old or the new one."""
    replace_for_good(path, _lines(receipts))


def _lines(receipts: Iterable[FileReceipt]) -> bytes:
    return b"".join(json.dumps(asdict(receipt), ensure_ascii=False).encode() + b"\n" for receipt in receipts)
