"""What a corrected sheet asks for: repairs that pass, rows given up, rows opened again.

What belongs here: comparing the sheet with the quarantine. What does not: the sheet's form (`worksheet`), doing
what is asked (`replay`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from orchestration.landing.content import content_schema, current_content, split_rows
from orchestration.landing.contracts import SCHEMAS, content_columns
from orchestration.landing.ledger import FileReceipt, read_ledger
from orchestration.landing.repairs import (
    Decision,
    RowKey,
    deciding_person,
    read_decisions,
    repaired_values,
)
from orchestration.landing.replay import currency_of, refused_of
from orchestration.landing.retry import check
from orchestration.landing.spreadsheet import is_same_cell
from orchestration.landing.worksheet import DROP, WorksheetError, read_sheet
from orchestration.settings import Settings

NOT_SPLIT = "the line still cannot be split into columns"
FOREIGN = "lines of a foreign export are repaired in the export itself"
Cells = dict[str, str | None]
Row = dict[str, Any]


@dataclass(kw_only=True)
class Corrections:
    """What a corrected sheet asks for.

    Attributes:
        decisions: repairs that pass the contract, rows given up, rows opened again.
        failed: `extract`, `file_name`, `line_number`, `reasons` of changed rows that still do not pass.
        not_refused: rows of the sheet that are in quarantine no more.
    """

    decisions: list[Decision] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    not_refused: int = 0


def read_corrections(*, settings: Settings, corrected: Path, now: datetime) -> Corrections:
    """Compare a corrected sheet with the quarantine.

    Args:
        settings: where the quarantine lies.
        corrected: the CSV, as a spreadsheet saved it (UTF-8 or GB18030, commas, semicolons or tabs).
        now: moment of the decisions, UTC without zone.

    Raises:
        WorksheetError: the file is no such sheet, names a row twice or an action that does not exist.
    """
    sheet = read_sheet(corrected, temp_dir=settings.temp_dir)
    receipts = {(item.extract, item.file_hash): item for item in read_ledger(settings.ledger_path)}
    decisions = read_decisions(settings)
    found = Corrections()
    for (extract, file_hash), rows in sheet.group_by("extract", "file_hash", maintain_order=True):
        receipt = receipts.get((str(extract), str(file_hash)))
        if receipt is None:
            found.not_refused += rows.height
            continue
        reader = _FileReader(
            receipt=receipt, settings=settings, decisions=decisions, corrected=corrected.name, now=now
        )
        reader.read(rows.to_dicts(), into=found)
    return found


@dataclass(frozen=True, kw_only=True)
class _FileReader:
    """Compares the sheet's rows of one file with the quarantine."""

    receipt: FileReceipt
    settings: Settings
    decisions: dict[RowKey, Decision]
    corrected: str
    now: datetime

    @cached_property
    def refused(self) -> dict[int, Row]:
        """Line number → quarantined row."""
        rows = refused_of(self.receipt, settings=self.settings)
        return {row["line_number"]: row for row in rows.to_dicts()}

    @cached_property
    def content(self) -> dict[int, Cells]:
        """Line number → the row's cells as exported; rows that cannot be split are missing."""
        rows = refused_of(self.receipt, settings=self.settings)
        repaired = repaired_values(self.decisions, receipt=self.receipt)
        found = current_content(rows, receipt=self.receipt, repaired=repaired)
        return {row.pop("line_number"): row for row in found.to_dicts()}

    def read(self, rows: list[Row], *, into: Corrections) -> None:
        """Add what the rows ask for."""
        open_rows = [row for row in rows if row["line_number"] in self.refused]
        into.not_refused += len(rows) - len(open_rows)
        kept = [row for row in open_rows if not self._is_given_up(row, into=into)]
        typed = {row["line_number"]: cells for row in kept if (cells := self._typed_cells(row))}
        texts = {
            row["line_number"]: text
            for row in kept
            if row["line_number"] not in typed and (text := self._typed_line(row))
        }
        failed = self._take_up(typed, texts, into=into)
        into.failed += [
            {"extract": self.receipt.extract, "file_name": self.receipt.file_name, "line_number": line}
            | {"reasons": reasons}
            for line, reasons in sorted(failed.items())
        ]

    def _is_given_up(self, row: Row, *, into: Corrections) -> bool:
        """Take up `action`; return whether the row is given up."""
        action, reason = (row.get("action") or "").strip().lower(), (row.get("action_reason") or "").strip()
        if action not in ("", DROP) or (action == DROP and not reason):
            raise WorksheetError(
                f"Line {row['sheet_line']} of {self.corrected}: action must be empty, or {DROP} with a reason in "
                "action_reason. Nothing was changed."
            )
        held = self._held(row["line_number"])
        known_reason = held.reason if held is not None and held.action == DROP else None
        if action == DROP and reason != known_reason:
            into.decisions.append(self._decision(row["line_number"], action=DROP, reason=reason))
        elif not action and known_reason and "action" in row:
            into.decisions.append(self._decision(row["line_number"], action="keep"))
        return action == DROP

    def _typed_cells(self, row: Row) -> Cells | None:
        """The row's cells, where a person changed any."""
        if self.receipt.extract not in SCHEMAS:
            return None
        before = self.content.get(row["line_number"], {})
        cells = {}
        for name in content_columns(self.receipt.extract):
            old, new = before.get(name), row.get(name, before.get(name))
            cells[name] = old if is_same_cell(old=old, new=new) else new
        return cells if any(value != before.get(name) for name, value in cells.items()) else None

    def _typed_line(self, row: Row) -> str | None:
        """The whole line, where it could not be split and a person changed it."""
        text = (row.get("raw_row") or "").strip("\r\n")
        old = self.refused[row["line_number"]]["raw_row"]
        is_shown = row["line_number"] not in self.content
        return text if is_shown and text and not is_same_cell(old=old, new=text) else None

    def _take_up(
        self, typed: dict[int, Cells], texts: dict[int, str], *, into: Corrections
    ) -> dict[int, list[str]]:
        """Add the repairs that pass the contract; return line → reasons of those that do not."""
        if self.receipt.extract not in SCHEMAS:
            return {line: [FOREIGN] for line in texts}
        content = pl.concat([self._split(texts), self._frame(typed)]).sort("line_number")
        currency = currency_of(self.receipt, settings=self.settings)
        part = check(content, extract=self.receipt.extract, currency=currency, now=self.now)
        failed = dict(zip(part.refused["line_number"], part.refused["reasons"].to_list(), strict=True))
        for row in content.to_dicts():
            line = row.pop("line_number")
            if line not in failed:
                values = {name: value for name, value in row.items() if value}
                into.decisions.append(self._decision(line, action="repair", values=values))
        split_lines = set(content["line_number"])
        return failed | {line: [NOT_SPLIT] for line in texts if line not in split_lines}

    def _split(self, texts: dict[int, str]) -> pl.DataFrame:
        rows = [(line, text, "") for line, text in texts.items()]
        schema = {"line_number": pl.Int64, "raw_row": pl.String, "primary_reason": pl.String}
        return split_rows(pl.DataFrame(rows, schema=schema, orient="row"), receipt=self.receipt)

    def _frame(self, typed: dict[int, Cells]) -> pl.DataFrame:
        rows = [{**cells, "line_number": line} for line, cells in typed.items()]
        return pl.DataFrame(rows, schema=content_schema(self.receipt.extract))

    def _held(self, line: int) -> Decision | None:
        return self.decisions.get((self.receipt.extract, self.receipt.file_hash, line))

    def _decision(self, line: int, **what: Any) -> Decision:
        held, old = self._held(line), self.refused[line]
        was_repaired = held is not None and held.action == "repair"
        return Decision(
            extract=self.receipt.extract,
            file_hash=self.receipt.file_hash,
            file_name=self.receipt.file_name,
            line_number=line,
            decided_at=self.now.isoformat(),
            decided_by=deciding_person(),
            repaired_file=self.corrected,
            old_row=str(held.values) if held is not None and was_repaired else old["raw_row"],
            old_reasons=old["reasons"],
            **what,
        )
