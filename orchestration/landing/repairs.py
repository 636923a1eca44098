"""What people decided about quarantined rows: one JSON line per decision, never changed afterwards.

The newest decision on a row holds. A repair is applied whenever the row's file is replayed or read again, so
a full refresh does not undo it; the line beside it says who changed what, when, and from which file. The file
lies in the quarantine and is as private as the rows.
"""

from __future__ import annotations

import json
import os
import pwd
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal

from orchestration.disk import append_for_good
from orchestration.landing.ledger import FileReceipt, LedgerDamagedError
from orchestration.settings import Settings

RowKey = tuple[str, str, int]
"""Extract, file hash, line number."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One row's decision and where it came from.

    Attributes:
        action: `repair` (the values replace the row), `drop` (given up: stays refused and counts as decided)
            or `keep` (open again).
        values: contract column → text, for a repair.
        reason: why it was given up.
        old_row: the row as it was before, as it came or as repaired earlier.
        old_reasons: why it was refused then.
    """

    extract: str
    file_hash: str
    file_name: str
    line_number: int
    action: Literal["repair", "drop", "keep"]
    values: dict[str, str] | None = None
    reason: str | None = None
    decided_at: str
    decided_by: str
    repaired_file: str
    old_row: str
    old_reasons: list[str]

    @property
    def key(self) -> RowKey:
        """The row that it speaks of."""
        return self.extract, self.file_hash, self.line_number


def repairs_path(settings: Settings) -> Path:
    """The file of all decisions."""
    return settings.quarantine_dir / "repairs.jsonl"


def read_decisions(settings: Settings) -> dict[RowKey, Decision]:
    """The decision that holds for each row; a last line that a crash tore is ignored.

    Raises:
        LedgerDamagedError: another line is no decision.
    """
    path = repairs_path(settings)
    if not path.exists():
        return {}
    known = {item.name for item in fields(Decision)}
    held: dict[RowKey, Decision] = {}
    for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], start=1):
        try:
            values = {name: value for name, value in json.loads(line).items() if name in known}
            decision = Decision(**values)
        except (ValueError, TypeError, AttributeError) as error:
            raise LedgerDamagedError(
                f"Line {number} of {path} is not a decision. Restore the file from a backup; nothing was changed."
            ) from error
        held[decision.key] = decision
    return held


def append_decisions(settings: Settings, decisions: Iterable[Decision]) -> None:
    """Add decisions; they are on disk before this returns."""
    lines = [json.dumps(asdict(item), ensure_ascii=False).encode() + b"\n" for item in decisions]
    if lines:
        append_for_good(repairs_path(settings), b"".join(lines))


def repaired_values(decisions: dict[RowKey, Decision], *, receipt: FileReceipt) -> dict[int, dict[str, str]]:
    """Line number → values of the repaired rows of one file."""
    return {
        item.line_number: item.values or {}
        for item in decisions.values()
        if (item.extract, item.file_hash, item.action) == (receipt.extract, receipt.file_hash, "repair")
    }


def given_up_lines(decisions: dict[RowKey, Decision], *, extract: str, file_hash: str) -> list[int]:
    """Line numbers that were given up in one file."""
    return [
        item.line_number
        for item in decisions.values()
        if (item.extract, item.file_hash, item.action) == (extract, file_hash, "drop")
    ]


def deciding_person() -> str:
    """The account that works here, as the operating system knows it."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
