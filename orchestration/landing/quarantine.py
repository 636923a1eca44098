"""Refused rows: how they are kept and listed.

What belongs here: the quarantine's columns and its reader. What does not: why a row is refused
(`contracts`, `csv_records`), how people work on it (`worksheet`, `replay`).
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from orchestration.landing.ledger import read_ledger
from orchestration.landing.repairs import read_decisions
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


def quarantine_files(*, settings: Settings, extract: str | None = None) -> list[Path]:
    """Quarantine files that the ledger names, of one extract or of all."""
    return [
        settings.quarantine_dir / receipt.extract / receipt.quarantine_file
        for receipt in read_ledger(settings.ledger_path)
        if receipt.quarantine_file and extract in (None, receipt.extract)
    ]


def list_rows(*, settings: Settings, extract: str | None = None, limit: int | None = None) -> pl.DataFrame:
    """Open rows of the quarantine (those that nobody gave up), sorted by extract, file and line.

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
        .join(_given_up(settings).lazy(), on=["extract", "file_hash", "line_number"], how="anti")
        .select(LISTED)
        .sort("extract", "file_name", "line_number")
    )
    return (rows if limit is None else rows.head(limit)).collect()


def count_given_up(*, settings: Settings) -> dict[tuple[str, str], int]:
    """Rows per extract and file hash that are refused still and were given up: decided, not open."""
    given_up = _given_up(settings)
    files = quarantine_files(settings=settings)
    if given_up.is_empty() or not files:
        return {}
    rows = pl.scan_parquet(files, glob=False, hive_partitioning=False)
    held = rows.join(given_up.lazy(), on=["extract", "file_hash", "line_number"], how="semi")
    counts = held.group_by("extract", "file_hash").len().collect()
    return {(extract, file_hash): count for extract, file_hash, count in counts.iter_rows()}


def _given_up(settings: Settings) -> pl.DataFrame:
    keys = [key for key, decision in read_decisions(settings).items() if decision.action == "drop"]
    schema = {name: SCHEMA[name] for name in ("extract", "file_hash", "line_number")}
    return pl.DataFrame(keys, schema=schema, orient="row")
