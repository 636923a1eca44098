"""Parquet files of accepted and refused rows: their columns and how they are written.

What belongs here: file layout and writers. What does not: which rows go where (`splitting`, `duplicates`).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.landing import quarantine
from orchestration.landing.contracts import SCHEMAS, content_columns, hashed_columns
from orchestration.landing.scratch import scratch

ORIGIN_COLUMNS = pl.Schema(
    {
        "_file_hash": pl.String(),
        "_file_name": pl.String(),
        "_line_number": pl.Int64(),
        "_ingested_at": pl.Datetime("us"),
        "_row_hash": pl.UInt64(),
    }
)
_SAMPLE_ROWS = 10_000
_FEW_VALUES = 0.3
_STATISTICS = (pl.Datetime, pl.Date, pl.Int64)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The file that rows came from, and when it was ingested (UTC without zone)."""

    extract: str
    file_hash: str
    file_name: str
    now: datetime


def raw_schema(extract: str) -> pl.Schema:
    """Columns and types of an extract's raw files."""
    columns = SCHEMAS[extract].columns()
    return pl.Schema({name: columns[name].dtype for name in content_columns(extract)} | dict(ORIGIN_COLUMNS))


class ParquetSink:
    """A Parquet file written batch by batch; the file is created with the first rows.

    One batch is encoded in the background while the next is read.
    """

    def __init__(self, path: Path, *, schema: pl.Schema) -> None:
        """Prepare.

        Args:
            path: file to create.
            schema: its columns.
        """
        self.path = path
        self._schema = schema
        self._writer: pq.ParquetWriter | None = None
        self._background = ThreadPoolExecutor(max_workers=1)
        self._pending: Future[None] | None = None

    def __enter__(self) -> ParquetSink:
        """Open for writing."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the footer."""
        try:
            if kind is None:
                self._finish_pending()
        finally:
            self._background.shutdown()
            if self._writer is not None:
                self._writer.close()

    def write(
        self, rows: pl.DataFrame, *, prepare: Callable[[pl.DataFrame], pl.DataFrame] | None = None
    ) -> None:
        """Append rows as one row group.

        Args:
            rows: rows with the sink's columns, once `prepare` has run.
            prepare: what is left to do with the rows, also in the background.
        """
        if not rows.height:
            return
        self._finish_pending()
        self._pending = self._background.submit(self._encode, rows, prepare)

    def _finish_pending(self) -> None:
        if self._pending is not None:
            self._pending.result()
            self._pending = None

    def _encode(self, rows: pl.DataFrame, prepare: Callable[[pl.DataFrame], pl.DataFrame] | None) -> None:
        ready = (prepare(rows) if prepare else rows).select(self._schema.names())
        if self._writer is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = pq.ParquetWriter(
                self.path,
                _arrow(ready.clear()).schema,
                compression="zstd",
                compression_level=1,
                use_dictionary=_with_few_values(ready),
                write_statistics=[
                    name for name, dtype in self._schema.items() if isinstance(dtype, _STATISTICS)
                ],
                store_decimal_as_integer=True,
            )
        self._writer.write_table(_arrow(ready), row_group_size=ready.height)


def _with_few_values(rows: pl.DataFrame) -> list[str]:
    """Columns for which a dictionary saves more than it costs."""
    sample = rows.head(_SAMPLE_ROWS)
    flat = [name for name, dtype in rows.schema.items() if not dtype.is_nested()]
    return [name for name in flat if sample[name].n_unique() <= max(_FEW_VALUES * sample.height, 1)]


def _arrow(rows: pl.DataFrame) -> pa.Table:
    return rows.to_arrow(compat_level=pl.CompatLevel.oldest())


def with_origin(rows: pl.DataFrame, *, origin: Origin) -> pl.DataFrame:
    """Add where each row came from, and its hash, to accepted rows."""
    return rows.with_columns(
        pl.lit(origin.file_hash).alias("_file_hash"),
        pl.lit(origin.file_name).alias("_file_name"),
        pl.lit(origin.now).cast(pl.Datetime("us")).alias("_ingested_at"),
        row_hashes(rows.select(hashed_columns(origin.extract))),
    )


def row_hashes(rows: pl.DataFrame) -> pl.Series:
    """64-bit hash per row over all columns given; equal rows have equal hashes in every version in use.

    DuckDB's hash is the same on every machine; a test holds known values, so that a new version that hashes
    differently is noticed before it meets old raw files.
    """
    columns = ", ".join(f'"{name}"' for name in rows.columns)
    with scratch() as connection:
        connection.register("batch_rows", rows.to_arrow())
        query = f"select hash({columns}) as _row_hash from batch_rows"  # noqa: S608 - contract names only
        return pl.Series(
            "_row_hash", connection.execute(query).to_arrow_table()["_row_hash"], dtype=pl.UInt64
        )


def refused_rows(rows: pl.DataFrame, *, origin: Origin) -> pl.DataFrame:
    """Quarantine columns for refused rows (`splitting.REFUSED`)."""
    return rows.select(
        pl.lit(origin.extract).alias("extract"),
        pl.lit(origin.file_hash).alias("file_hash"),
        pl.lit(origin.file_name).alias("file_name"),
        "line_number",
        "raw_row",
        "reasons",
        pl.col("reasons").list.first().alias("primary_reason"),
        "amount",
        pl.lit(origin.now).cast(pl.Datetime("us")).alias("quarantined_at"),
    ).cast(quarantine.SCHEMA)
