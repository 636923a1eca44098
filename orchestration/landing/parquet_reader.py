"""Parquet files as batches of typed columns; the row number stands for the line number."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.landing.batches import Batch
from orchestration.landing.coercion import to_text
from orchestration.landing.compression import UnreadableFileError
from orchestration.landing.csv_reader import same_names
from orchestration.landing.limits import load_limits
from orchestration.shortages import shortage_of

_CALENDAR = {
    "ns": (date(1677, 9, 22), date(2262, 4, 11)),
    "us": (date(1, 1, 2), date(9999, 12, 30)),
    "ms": (date(1, 1, 2), date(9999, 12, 30)),
}
"""First and last day that a column of dates can name in its unit, a day away from where a time zone leads out."""


def read_parquet(path: Path, *, wanted: frozenset[str] | None = None) -> Iterator[Batch]:
    """Yield the rows of a Parquet file; the first batch comes even if there are no rows.

    Args:
        path: the file, not compressed as a whole.
        wanted: names in lower case of the columns to read, None for all; the others are empty text columns.

    Raises:
        UnreadableFileError: no Parquet, broken, or a column name that comes twice.
    """
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
        yield from _batches(path, names, wanted)
    except (
        pa.ArrowException,
        pl.exceptions.PolarsError,
        pl.exceptions.PanicException,
        UnicodeDecodeError,  # a column name that is no text
        OSError,
    ) as error:
        if shortage_of(error):
            raise
        raise UnreadableFileError(
            "The file is not a readable Parquet file: its beginning, its footer or a page is missing or "
            "damaged. Write and send it again."
        ) from error


def _batches(path: Path, names: list[str], wanted: frozenset[str] | None) -> Iterator[Batch]:
    folded = [name.strip().lower() for name in names]
    twice = same_names(names)
    if twice:
        raise UnreadableFileError(
            f"The columns {' and '.join(map(str, twice))} of the file have the same name. Write each once."
        )
    read = [name for name, key in zip(names, folded, strict=True) if wanted is None or key in wanted]
    ignored = [name for name in names if name not in read]
    source = pl.scan_parquet(path, glob=False, hive_partitioning=False).select(read or names[:1])
    rows = 0
    for frame in source.collect_batches(chunk_size=load_limits().parquet_batch_rows, maintain_order=True):
        yield _batch(_legible(frame) if wanted else frame, first_row=rows + 1, ignored=ignored)
        rows += frame.height
    if rows == 0:
        yield _batch(source.head(0).collect(), first_row=1, ignored=ignored)


def _legible(frame: pl.DataFrame) -> pl.DataFrame:
    """Turn what cannot be cast, or not without a crash, into text; contracts decide on text as on any other."""
    return frame.with_columns(_as_text(series) for series in frame.iter_columns())


def _as_text(series: pl.Series) -> pl.Series:
    match series.dtype:
        case pl.Binary():
            return _decoded(series)
        case pl.Duration():
            return series.dt.to_string("iso")
        case pl.Time():
            return series.cast(pl.String)
        case pl.Datetime() | pl.Date():
            return _days_within_calendar(series)
        case _:
            return series


def _decoded(series: pl.Series) -> pl.Series:
    try:
        return series.cast(pl.String)
    except pl.exceptions.PolarsError as error:
        raise UnreadableFileError(
            f"The column {series.name.strip().lower()} holds bytes that are no UTF-8 text. Write it as text."
        ) from error


def _days_within_calendar(series: pl.Series) -> pl.Series:
    """Leave a column of dates as it is, or as text if one lies outside of the calendar: Polars crashes on these."""
    number = series.to_physical()
    low, high = (pl.Series([day]).cast(series.dtype).to_physical()[0] for day in _CALENDAR[_unit(series)])
    is_known = number.is_between(low, high)
    if is_known.all(ignore_nulls=True):
        return series
    form = "%Y-%m-%d" if series.dtype == pl.Date else "%Y-%m-%dT%H:%M:%S%.f"
    if getattr(series.dtype, "time_zone", None):
        form += "%:z"
    known = series.set(~is_known.fill_null(value=True), None).dt.strftime(form)
    return known.zip_with(is_known.fill_null(value=True), number.cast(pl.String)).alias(series.name)


def _unit(series: pl.Series) -> str:
    return series.dtype.time_unit if isinstance(series.dtype, pl.Datetime) else "us"


def _batch(frame: pl.DataFrame, *, first_row: int, ignored: list[str]) -> Batch:
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested()]
    if nested:
        frame = frame.with_columns(_as_json(frame[name]) for name in nested)

    def raw_rows(rows: list[int]) -> list[str]:
        as_text = pl.DataFrame([to_text(column) for column in frame[rows].iter_columns()])
        return as_text.select(pl.struct(pl.all()).struct.json_encode()).to_series().to_list()

    return Batch(
        frame=frame.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in ignored),
        lines=np.arange(first_row, first_row + frame.height, dtype=np.int64),
        raw_rows=raw_rows,
    )


def _as_json(series: pl.Series) -> pl.Series:
    wrapped = series.alias("value").to_frame().select(pl.struct("value").struct.json_encode()).to_series()
    return wrapped.str.slice(len('{"value":')).str.head(-1).alias(series.name)
