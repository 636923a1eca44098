"""Quarantine as a CSV that people correct in a spreadsheet, and back.

Each row carries what identifies it (extract, file, line number, file hash) and its content in the contract's
columns. A line that cannot be split stands in `raw_row` instead; it is repaired there, or by filling the
columns. `action` is empty or `drop`, with the reason in `action_reason`. Deleted rows and columns count as
unchanged. What belongs here: the sheet. What does not: whether a repair passes (`replay`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from orchestration.landing.compression import UnreadableFileError
from orchestration.landing.content import current_content
from orchestration.landing.contracts import SCHEMAS, content_columns
from orchestration.landing.ledger import FileReceipt, read_ledger
from orchestration.landing.readers import read_batches
from orchestration.landing.repairs import (
    Decision,
    RowKey,
    read_decisions,
    repaired_values,
)
from orchestration.landing.replay import refused_of
from orchestration.landing.spreadsheet import as_written, harmless
from orchestration.settings import Settings

IDENTITY = ("extract", "file_name", "line_number")
TOLD = ("reasons", "action", "action_reason")
RAW = ("raw_row", "file_hash")
NEEDED = ("extract", "line_number", "file_hash")
DROP = "drop"


class WorksheetError(Exception):
    """The corrected file cannot be used; the message says where and what to do. Nothing was changed."""


def export(*, settings: Settings, target: Path, extract: str | None = None) -> int:
    """Write quarantined rows to a CSV that a spreadsheet opens without running anything.

    Args:
        settings: where the quarantine lies.
        target: CSV to write, UTF-8 with BOM so that Excel reads Chinese; replaced if it exists. The rows hold
            personal data; the caller sees to it that a new one belongs to its owner alone.
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


def read_sheet(path: Path, *, temp_dir: Path) -> pl.DataFrame:
    """The sheet's rows as text under lower-case names, with `sheet_line`.

    Raises:
        WorksheetError: the file is no such sheet, or names a row twice.
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
