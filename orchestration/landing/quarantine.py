"""Refused rows: how they are kept, listed and exported.

What belongs here: the quarantine's columns and its reader. What does not: why a row is refused
(`contracts`, `csv_records`).
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from orchestration.disk import owner_only
from orchestration.landing.ledger import read_ledger
from orchestration.settings import Settings

SCHEMA = pl.Schema(
    {
        "extract": pl.String(),
        "file_hash": pl.String(),
        "file_name": pl.String(),
        "line_number": pl.Int64(),
        "raw_row": pl.String(),
        "reasons": pl.List(pl.String()),
        "primary_reason": pl.String(),
        "amount": pl.Decimal(18, 2),
        "quarantined_at": pl.Datetime("us"),
    }
)
LISTED = ["extract", "file_name", "line_number", "reasons", "raw_row"]
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def quarantine_files(*, settings: Settings, extract: str | None = None) -> list[Path]:
    """Quarantine files that the ledger names, of one extract or of all."""
    return [
        settings.quarantine_dir / receipt.extract / receipt.quarantine_file
        for receipt in read_ledger(settings.ledger_path)
        if receipt.quarantine_file and extract in (None, receipt.extract)
    ]


def list_rows(*, settings: Settings, extract: str | None = None, limit: int | None = None) -> pl.DataFrame:
    """Quarantined rows, sorted by extract, file and line.

    Args:
        settings: where the quarantine lies.
        extract: only this extract (or `<profile>.<input>` for a foreign export), None for all.
        limit: at most this many rows, None for all.

    Returns:
        extract, file_name, line_number, reasons (list of sentences), raw_row (the line as it came).
    """
    files = quarantine_files(settings=settings, extract=extract)
    if not files:
        return pl.DataFrame(schema=SCHEMA).select(LISTED)
    rows = (
        pl.scan_parquet(files, glob=False, hive_partitioning=False)
        .select(LISTED)
        .sort("extract", "file_name", "line_number")
    )
    return (rows if limit is None else rows.head(limit)).collect()


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
    rows = list_rows(settings=settings, extract=extract).with_columns(pl.col("reasons").list.join("; "))
    rows = rows.with_columns(_harmless(name) for name, dtype in rows.schema.items() if dtype == pl.String)
    with owner_only(settings.home):
        rows.write_csv(target, include_bom=True)
    return rows.height


def _harmless(name: str) -> pl.Expr:
    column = pl.col(name)
    is_formula = pl.any_horizontal([column.str.starts_with(start) for start in FORMULA_STARTS])
    return pl.when(is_formula).then(pl.lit("'") + column).otherwise(column).alias(name)
