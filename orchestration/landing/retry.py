"""Refused rows of one file against today's contract, and what passes put beside the accepted rows.

What belongs here: one file, staged in scratch. What does not: other files (`replay`, `ingest`), decisions
(`repairs`).
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from orchestration.landing import quarantine
from orchestration.landing.batches import Batch
from orchestration.landing.content import Values, current_content
from orchestration.landing.contracts import amount
from orchestration.landing.raw_files import ParquetSink, raw_schema, with_origin
from orchestration.landing.splitting import Split, split
from orchestration.landing.staging import MONEY_EXTRACTS, StagedFile, total_of


def check(content: pl.DataFrame, *, extract: str, currency: str, now: datetime) -> Split:
    """Check rows (`content.content_schema`) against the contract; `raw_row` of the refused ones is empty."""
    batch = Batch(
        frame=content.drop("line_number"),
        lines=content["line_number"].to_numpy(),
        raw_rows=lambda positions: [""] * len(positions),
    )
    return split(batch=batch, extract=extract, reporting_currency=currency, now=now)


def with_reasons(rows: pl.DataFrame, *, refused: pl.DataFrame) -> pl.DataFrame:
    """Quarantined rows with today's reasons and amounts, where there are any."""
    today = refused.select("line_number", "reasons", "amount", pl.lit(True).alias("is_told"))
    told = rows.join(today, on="line_number", how="left", suffix="_today", maintain_order="left")
    is_told = pl.col("is_told").fill_null(False)
    return (
        told.with_columns(
            pl.when(is_told).then(pl.col(f"{name}_today")).otherwise(pl.col(name)).alias(name)
            for name in ("reasons", "amount")
        )
        .with_columns(pl.col("reasons").list.first().alias("primary_reason"))
        .select(quarantine.SCHEMA.names())
    )


def accept(item: StagedFile, *, accepted: pl.DataFrame, left: pl.DataFrame, raw: Path | None) -> None:
    """Rewrite a staged file with more accepted rows, in the file's order, and fewer refused ones.

    Args:
        item: the file; its counts follow.
        accepted: content columns and `_line_number`.
        left: what stays in quarantine.
        raw: Parquet of the rows that were accepted before, None without any.
    """
    fresh = item.raw_path.with_suffix(".accepted")
    schema = raw_schema(item.extract)
    _merge(raw, fresh, more=with_origin(accepted, origin=item.origin).select(schema.names()), schema=schema)
    item.rows_accepted += accepted.height
    if item.rows_accepted:
        fresh.replace(item.raw_path)
    keep_refused(item, left)
    if item.extract in MONEY_EXTRACTS:
        item.amount_accepted += total_of(accepted.select(amount(item.extract)).to_series())


def keep_refused(item: StagedFile, left: pl.DataFrame) -> None:
    """Write what stays in a staged file's quarantine, and count it."""
    with ParquetSink(item.quarantine_path, schema=quarantine.SCHEMA) as sink:
        sink.write(left)
    item.rows_quarantined = left.height
    if item.extract in MONEY_EXTRACTS:
        item.amount_quarantined = total_of(left["amount"])


def _merge(source: Path | None, target: Path, *, more: pl.DataFrame, schema: pl.Schema) -> None:
    """Copy a raw file, putting each further row where its line stands."""
    more = more.sort("_line_number")
    with ParquetSink(target, schema=schema) as sink:
        if source is not None:
            with pq.ParquetFile(source) as known:
                for group in range(known.num_row_groups):
                    rows = pl.DataFrame(known.read_row_group(group)).select(schema.names()).cast(schema)
                    is_before = pl.col("_line_number") < rows["_line_number"].max()
                    sink.write(pl.concat([rows, more.filter(is_before)]).sort("_line_number"))
                    more = more.filter(~is_before)
        sink.write(more)


def apply_repairs(item: StagedFile, *, repaired: Values, currency: str) -> None:
    """Put people's repairs into a file that was just staged; what they no longer heal stays refused."""
    if not repaired or not item.rows_quarantined:
        return
    rows = pl.read_parquet(item.quarantine_path, glob=False, hive_partitioning=False)
    mine = rows.filter(pl.col("line_number").is_in(list(repaired)))
    if mine.is_empty():
        return
    content = current_content(mine, receipt=item.receipt(), repaired=repaired)
    part = check(content, extract=item.extract, currency=currency, now=item.now)
    left = rows.filter(~pl.col("line_number").is_in(part.accepted["_line_number"].implode()))
    raw = item.raw_path if item.rows_accepted else None
    accept(item, accepted=part.accepted, left=with_reasons(left, refused=part.refused), raw=raw)
