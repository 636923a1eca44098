"""Quarantine as a CSV that people correct in a spreadsheet, and back.

Each row carries what identifies it (extract, file, line number, file hash) and its content in the contract's
columns. A line that cannot be split stands in `raw_row` instead; it is repaired there, or by filling the
columns. `action` is empty or `drop`, with the reason in `action_reason`. Deleted rows and columns count as
unchanged. What belongs here: the sheet. What does not: whether a repair passes (`replay`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from orchestration.disk import owner_only
from orchestration.landing.compression import UnreadableFileError
from orchestration.landing.content import content_schema, current_content, split_rows
from orchestration.landing.contracts import SCHEMAS, content_columns
from orchestration.landing.ledger import FileReceipt, read_ledger
from orchestration.landing.readers import read_batches
from orchestration.landing.repairs import (
    Decision,
    RowKey,
    deciding_person,
    read_decisions,
    repaired_values,
)
from orchestration.landing.replay import currency_of, refused_of
from orchestration.landing.retry import check
from orchestration.landing.spreadsheet import as_written, harmless, is_same_cell
from orchestration.settings import Settings

IDENTITY = ("extract", "file_name", "line_number")
TOLD = ("reasons", "action", "action_reason")
RAW = ("raw_row", "file_hash")
NEEDED = ("extract", "line_number", "file_hash")
DROP = "drop"
NOT_SPLIT = "the line still cannot be split into columns"
FOREIGN = "lines of a foreign export are repaired in the export itself"
Cells = dict[str, str | None]


class WorksheetError(Exception):
    """The corrected file cannot be used; the message says where and what to do. Nothing was changed."""


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


def export(*, settings: Settings, target: Path, extract: str | None = None) -> int:
    """Write quarantined rows to a CSV that a spreadsheet opens without running anything.

    Args:
        settings: where the quarantine lies.
        target: CSV to write, UTF-8 with BOM so that Excel reads Chinese; replaced if it exists. A new one
            belongs to its owner alone: the rows hold personal data.
        extract: only this extract, None for all.

    Returns:
        Number of rows written.
    """
    receipts = [item for item in read_ledger(settings.ledger_path) if extract in (None, item.extract)]
    decisions = read_decisions(settings)
    names = list(dict.fromkeys(name for item in receipts for name in _content_names(item)))
    columns = [*IDENTITY, *TOLD, *names, *RAW]
    sheets = [
        _sheet(item, settings=settings, decisions=decisions) for item in receipts if item.quarantine_file
    ]
    empty = pl.DataFrame(schema=dict.fromkeys(columns, pl.String) | {"line_number": pl.Int64})
    rows = pl.concat([empty, *sheets], how="diagonal").sort(*IDENTITY, "file_hash")
    with owner_only(settings.home):
        rows.with_columns(harmless(pl.col(pl.String))).write_csv(target, include_bom=True)
    return rows.height


def _content_names(receipt: FileReceipt) -> list[str]:
    if not receipt.quarantine_file or receipt.extract not in SCHEMAS:
        return []
    return content_columns(receipt.extract)


def _sheet(receipt: FileReceipt, *, settings: Settings, decisions: dict[RowKey, Decision]) -> pl.DataFrame:
    """One file's rows with the columns of the sheet."""
    rows = refused_of(receipt, settings=settings)
    content = current_content(rows, receipt=receipt, repaired=repaired_values(decisions, receipt=receipt))
    given_up = pl.DataFrame(
        [
            {"line_number": item.line_number, "action": DROP, "action_reason": item.reason}
            for item in decisions.values()
            if (item.extract, item.file_hash, item.action) == (receipt.extract, receipt.file_hash, "drop")
        ],
        schema={"line_number": pl.Int64, "action": pl.String, "action_reason": pl.String},
    )
    is_split = pl.col("line_number").is_in(content["line_number"].implode())
    return (
        rows.select(
            *IDENTITY,
            pl.col("reasons").list.join("; "),
            pl.when(~is_split).then("raw_row").alias("raw_row"),
            "file_hash",
        )
        .join(given_up, on="line_number", how="left")
        .join(content, on="line_number", how="left")
    )


def read_corrections(*, settings: Settings, corrected: Path, now: datetime) -> Corrections:
    """Compare a corrected sheet with the quarantine.

    Args:
        settings: where the quarantine lies.
        corrected: the CSV, as a spreadsheet saved it (UTF-8 or GB18030, commas, semicolons or tabs).
        now: moment of the decisions, UTC without zone.

    Raises:
        WorksheetError: the file is no such sheet, names a row twice or an action that does not exist.
    """
    sheet = _read_sheet(corrected, temp_dir=settings.temp_dir)
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
        reader.read(rows, into=found)
    return found


def _read_sheet(path: Path, *, temp_dir: Path) -> pl.DataFrame:
    """The sheet's rows as text under lower-case names, with `sheet_line`.

    Raises:
        WorksheetError: see `read_corrections`.
    """
    if not path.is_file():
        raise WorksheetError(f"{path} does not exist or is no file.")
    try:
        batches = list(_batches(path, temp_dir=temp_dir))
    except UnreadableFileError as error:
        raise WorksheetError(f"{path.name} cannot be read: {error}") from error
    sheet = pl.concat(batches, how="diagonal")
    missing = [name for name in NEEDED if name not in sheet.columns]
    if missing:
        raise WorksheetError(
            f"{path.name} lacks the columns {', '.join(missing)}. Correct the file that "
            "`rapport quarantine --export` wrote and leave its first line as it is."
        )
    sheet = sheet.with_columns(pl.col("line_number").cast(pl.Int64, strict=False))
    _refuse_wrong_rows(sheet, name=path.name)
    return sheet


def _batches(path: Path, *, temp_dir: Path) -> Iterator[pl.DataFrame]:
    with tempfile.TemporaryDirectory() as folder:
        named = Path(folder) / "sheet.csv"
        named.symlink_to(path.resolve())
        for batch in read_batches(path=named, temp_dir=temp_dir):
            if batch.malformed:
                line = batch.malformed[0]
                raise UnreadableFileError(f"Line {line.line_number}: {'; '.join(line.reasons)}.")
            frame = batch.frame.rename(lambda name: name.strip().lower())
            text = frame.with_columns(as_written(pl.col(pl.String)))
            yield text.with_columns(pl.Series("sheet_line", batch.lines, dtype=pl.Int64))


def _refuse_wrong_rows(sheet: pl.DataFrame, *, name: str) -> None:
    without_key = sheet.filter(pl.any_horizontal(pl.col(*NEEDED).is_null()))
    twice = sheet.filter(~pl.struct(NEEDED).is_first_distinct())
    for rows, sentence in (
        (without_key, "extract, line_number and file_hash say which row it is; one of them is missing"),
        (twice, "the same row of the same file stands there twice"),
    ):
        if rows.height:
            raise WorksheetError(f"Line {rows['sheet_line'][0]} of {name}: {sentence}. Nothing was changed.")


@dataclass(frozen=True, kw_only=True)
class _FileReader:
    """Compares the sheet's rows of one file with the quarantine."""

    receipt: FileReceipt
    settings: Settings
    decisions: dict[RowKey, Decision]
    corrected: str
    now: datetime

    def read(self, rows: pl.DataFrame, *, into: Corrections) -> None:
        """Add what the rows ask for."""
        refused = {
            row["line_number"]: row for row in refused_of(self.receipt, settings=self.settings).to_dicts()
        }
        content = self._content(list(refused))
        edited: dict[int, Cells] = {}
        raw_edits: dict[int, str] = {}
        for row in rows.to_dicts():
            line = row["line_number"]
            if line not in refused:
                into.not_refused += 1
            elif not self._decide_action(row, old=refused[line], into=into):
                self._collect_edit(
                    row, old=refused[line], content=content.get(line), edited=edited, raw_edits=raw_edits
                )
        self._judge(edited, raw_edits, refused=refused, into=into)

    def _content(self, lines: list[int]) -> dict[int, Cells]:
        rows = refused_of(self.receipt, settings=self.settings).filter(pl.col("line_number").is_in(lines))
        repaired = repaired_values(self.decisions, receipt=self.receipt)
        content = current_content(rows, receipt=self.receipt, repaired=repaired)
        return {row["line_number"]: row for row in content.to_dicts()}

    def _decide_action(self, row: dict[str, Any], *, old: dict[str, Any], into: Corrections) -> bool:
        """Take up `action`; return whether the row is given up."""
        action, reason = (row.get("action") or "").strip().lower(), (row.get("action_reason") or "").strip()
        held = self.decisions.get((self.receipt.extract, self.receipt.file_hash, row["line_number"]))
        is_given_up = held is not None and held.action == DROP
        if action not in ("", DROP) or (action == DROP and not reason):
            raise WorksheetError(
                f"Line {row['sheet_line']} of {self.corrected}: action must be empty, or {DROP} with a reason in "
                "action_reason. Nothing was changed."
            )
        if action == DROP and not (held is not None and is_given_up and held.reason == reason):
            into.decisions.append(self._decision(old, action=DROP, reason=reason))
        elif not action and is_given_up and "action" in row:
            into.decisions.append(self._decision(old, action="keep"))
        return action == DROP

    def _collect_edit(
        self,
        row: dict[str, Any],
        *,
        old: dict[str, Any],
        content: Cells | None,
        edited: dict[int, Cells],
        raw_edits: dict[int, str],
    ) -> None:
        """Find out whether the row's content was changed, and where."""
        if self.receipt.extract not in SCHEMAS:
            if not is_same_cell(old=old["raw_row"], new=row.get("raw_row") or old["raw_row"]):
                raw_edits[row["line_number"]] = ""
            return
        before: Cells = content or {}
        cells: Cells = {
            name: before.get(name) if is_same_cell(old=before.get(name), new=value) else value
            for name in content_columns(self.receipt.extract)
            for value in [row.get(name, before.get(name))]
        }
        if any(value != before.get(name) for name, value in cells.items()):
            edited[row["line_number"]] = cells
        elif content is None and not is_same_cell(
            old=old["raw_row"], new=row.get("raw_row") or old["raw_row"]
        ):
            raw_edits[row["line_number"]] = str(row["raw_row"])

    def _judge(
        self,
        edited: dict[int, Cells],
        raw_edits: dict[int, str],
        *,
        refused: dict[int, dict[str, Any]],
        into: Corrections,
    ) -> None:
        """Check changed rows against the contract: what passes is a repair, the rest failed."""
        failed: dict[int, list[str]] = {}
        if self.receipt.extract in SCHEMAS:
            content = pl.concat([self._split(raw_edits), self._typed_in(edited)]).sort("line_number")
            part = check(
                content,
                extract=self.receipt.extract,
                currency=currency_of(self.receipt, settings=self.settings),
                now=self.now,
            )
            failed = dict(zip(part.refused["line_number"], part.refused["reasons"].to_list(), strict=True))
            failed |= {line: [NOT_SPLIT] for line in raw_edits if line not in set(content["line_number"])}
            for row in content.to_dicts():
                if row["line_number"] not in failed:
                    values = {name: value for name, value in row.items() if name != "line_number" and value}
                    into.decisions.append(
                        self._decision(refused[row["line_number"]], action="repair", values=values)
                    )
        else:
            failed = {line: [FOREIGN] for line in raw_edits}
        into.failed += [
            {
                "extract": self.receipt.extract,
                "file_name": self.receipt.file_name,
                "line_number": line,
                "reasons": reasons,
            }
            for line, reasons in sorted(failed.items())
        ]

    def _split(self, raw_edits: dict[int, str]) -> pl.DataFrame:
        rows = pl.DataFrame(
            {
                "line_number": list(raw_edits),
                "raw_row": [text.strip("\r\n") for text in raw_edits.values()],
                "primary_reason": [""] * len(raw_edits),
            },
            schema={"line_number": pl.Int64, "raw_row": pl.String, "primary_reason": pl.String},
        )
        return split_rows(rows, receipt=self.receipt)

    def _typed_in(self, edited: dict[int, Cells]) -> pl.DataFrame:
        rows = [{**cells, "line_number": line} for line, cells in edited.items()]
        return pl.DataFrame(rows, schema=content_schema(self.receipt.extract))

    def _decision(self, old: dict[str, Any], **what: Any) -> Decision:
        held = self.decisions.get((self.receipt.extract, self.receipt.file_hash, old["line_number"]))
        was_repaired = held is not None and held.action == "repair"
        return Decision(
            extract=self.receipt.extract,
            file_hash=self.receipt.file_hash,
            file_name=self.receipt.file_name,
            line_number=old["line_number"],
            decided_at=self.now.isoformat(),
            decided_by=deciding_person(),
            repaired_file=self.corrected,
            old_row=str(held.values) if held is not None and was_repaired else old["raw_row"],
            old_reasons=old["reasons"],
            **what,
        )
