"""Ways in which a Parquet file goes wrong or merely differs; each returns the file and the rows it leaves alone."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.landing.contracts import SCHEMAS, required_columns
from tests.soak.rows import KEY_COLUMNS

Made = tuple[bytes, set[int]]
Rows = list[dict[str, Any]]


def _table(extract: str, rows: Rows) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=pa.schema([(name, pa.string()) for name in rows[0]]))


def _written(table: pa.Table, rng: Random) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(
        table,
        buffer,
        row_group_size=rng.choice([1, 7, 100_000]),
        compression=rng.choice(["snappy", "zstd", "gzip", "none", "lz4", "brotli"]),
        use_dictionary=rng.random() < 0.5,
        data_page_version=rng.choice(["1.0", "2.0"]),
        version=rng.choice(["1.0", "2.4", "2.6"]),
    )
    return buffer.getvalue()


def _all(rows: Rows) -> set[int]:
    return set(range(len(rows)))


def parquet_as_text(rng: Random, extract: str, rows: Rows) -> Made:
    return _written(_table(extract, rows), rng), _all(rows)


def parquet_native_types(rng: Random, extract: str, rows: Rows) -> Made:
    """Each column in one of the types in which it may honestly come."""
    frame = pl.DataFrame(rows)
    types = SCHEMAS[extract].columns()
    casts = [_native(rng, name, type(types[name]).__name__) for name in frame.columns]
    buffer = io.BytesIO()
    frame.with_columns(casts).write_parquet(buffer, row_group_size=rng.choice([3, 1000]))
    return buffer.getvalue(), _all(rows)


def _native(rng: Random, name: str, kind: str) -> pl.Expr:
    column = pl.col(name)
    if kind == "Datetime":
        moments = column.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit=rng.choice(["ms", "us", "ns"]))
        zone = rng.choice([None, "UTC", "Asia/Shanghai"])
        return moments.dt.replace_time_zone(zone) if zone else moments
    if kind == "Date":
        return column.str.to_date("%Y-%m-%d")
    if kind == "Decimal":
        return column.cast(rng.choice([pl.Float64, pl.Decimal(10, 2), pl.Decimal(38, 4), pl.String]))
    if kind.startswith("Int"):
        return column.cast(rng.choice([pl.Int8, pl.Int64, pl.UInt16, pl.Float32, pl.Float64, pl.String]))
    if kind == "Bool":
        return column == "true"
    return column.cast(rng.choice([pl.String, pl.Categorical, pl.Binary]))


def parquet_other_types(rng: Random, extract: str, rows: Rows) -> Made:
    """A column in a type that it cannot have; an optional one may be unreadable, so nothing is promised."""
    table = _table(extract, rows)
    name = rng.choice(table.column_names)
    count = len(rows)
    odd: list[pa.Array] = [
        pa.array([[1, 2]] * count),
        pa.array([{"a": 1}] * count),
        pa.nulls(count),
        pa.array([b"\xff\x00"] * count),
        pa.array([True] * count),
        pa.array([2**63 - 1] * count),
        pa.array([float("nan")] * count),
        pa.array([1e308] * count),
        pa.array([5] * count, pa.duration("us")),
        pa.array([5] * count, pa.time64("ns")),
        pa.array([2**62] * count, pa.timestamp("us")),
        pa.array([-(2**52)] * count, pa.timestamp("s")),
        pa.array([2**31 - 1] * count, pa.date32()),
        pa.array([[("k", 1)]] * count, pa.map_(pa.string(), pa.int64())),
        pa.array([2**64 - 1] * count, pa.uint64()),
        pa.array(["9" * 37] * count).cast(pa.decimal128(38, 0)),
        pa.array(["9" * 70] * count).cast(pa.decimal256(76, 0)),
        pa.array([1.5] * count, pa.float16()),
        pa.array([b"0123456789abcdef"] * count, pa.binary(16)),
    ]
    return _written(table.set_column(table.column_names.index(name), name, rng.choice(odd)), rng), set()


def parquet_values_out_of_range(rng: Random, extract: str, rows: Rows) -> Made:
    table = _table(extract, rows)
    broken = set(rng.sample(range(len(rows)), min(3, len(rows))))
    for index, name in enumerate(table.column_names):
        kind = type(SCHEMAS[extract].columns()[name]).__name__
        values = table[name].to_pylist()
        if kind == "Decimal":
            bad = [float("nan"), float("inf"), -1.0, 1e300, 1e-300]
            array = pa.array([rng.choice(bad) if row in broken else float(v) for row, v in enumerate(values)])
        elif kind == "Datetime":
            bad_at = [-(2**62), 2**62, 0, -1]
            moments = [int(datetime.fromisoformat(f"{v}+00:00").timestamp() * 1e6) for v in values]
            array = pa.array([rng.choice(bad_at) if row in broken else v for row, v in enumerate(moments)])
            array = array.cast(pa.timestamp("us"))
        else:
            continue
        table = table.set_column(index, name, array)
    return _written(table, rng), _all(rows) - broken


def parquet_columns_differ(rng: Random, extract: str, rows: Rows) -> Made:
    table = _table(extract, rows)
    name = rng.choice(table.column_names)
    index = table.column_names.index(name)
    is_needed = name in required_columns(extract)
    match rng.randrange(6):
        case 0:
            return _written(table.drop_columns([name]), rng), set() if is_needed else _all(rows)
        case 1:
            return _written(table.append_column(name, table[name]), rng), set()
        case 2:
            return _written(table.append_column("x" * 500, pa.array([{"a": [1]}] * len(rows))), rng), _all(
                rows
            )
        case 3:
            names = [f" {n.upper()} " if i == index else n for i, n in enumerate(table.column_names)]
            return _written(table.rename_columns(names), rng), _all(rows)
        case 4:
            names = [
                rng.choice(["", "_file_hash", "a.b"]) if i == index else n
                for i, n in enumerate(table.column_names)
            ]
            return _written(table.rename_columns(names), rng), set() if is_needed else _all(rows)
        case _:
            return _written(table.append_column("_line_number", pa.array(range(len(rows)))), rng), _all(rows)


def parquet_without_rows(rng: Random, extract: str, rows: Rows) -> Made:
    table = _table(extract, rows).slice(0, 0)
    return _written(rng.choice([table, pa.table({})]), rng), set()


def parquet_cut_off(rng: Random, extract: str, rows: Rows) -> Made:
    data = _written(_table(extract, rows), rng)
    return data[: rng.randrange(len(data))], set()


def parquet_bytes_broken(rng: Random, extract: str, rows: Rows) -> Made:
    data = bytearray(_written(_table(extract, rows), rng))
    for _ in range(rng.choice([1, 1, 3, 20])):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data), set()


def parquet_footer_broken(rng: Random, extract: str, rows: Rows) -> Made:
    data = bytearray(_written(_table(extract, rows), rng))
    footer = int.from_bytes(data[-8:-4], "little") + 8
    for _ in range(rng.choice([1, 2, 8])):
        data[len(data) - 1 - rng.randrange(footer)] = rng.randrange(256)
    return bytes(data), set()


def parquet_keys_missing(rng: Random, extract: str, rows: Rows) -> Made:
    broken = set(rng.sample(range(len(rows)), min(3, len(rows))))
    rows = [row | ({KEY_COLUMNS[extract]: None} if i in broken else {}) for i, row in enumerate(rows)]
    return _written(_table(extract, rows), rng), _all(rows) - broken


PARQUET: list[Callable[[Random, str, Rows], Made]] = [
    parquet_as_text, parquet_native_types, parquet_other_types, parquet_values_out_of_range, parquet_columns_differ,
    parquet_without_rows, parquet_cut_off, parquet_bytes_broken, parquet_bytes_broken, parquet_footer_broken,
    parquet_keys_missing,
]  # fmt: skip
