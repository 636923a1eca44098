"""What the warehouse sees of the landing: schema `raw`.

What belongs here: typed views over raw and quarantine, the ledger as a table. What does not: any rule.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict

import duckdb
import polars as pl

from orchestration.landing import quarantine
from orchestration.landing.ledger import FileReceipt, read_ledger
from orchestration.landing.raw_files import raw_schema
from orchestration.landing.raw_rows import RawFile, counted_rows, from_files, raw_files
from orchestration.landing.sql_paths import parquet_scan
from orchestration.settings import EXTRACTS, Settings

_SQL_TYPES = {
    pl.String: "varchar",
    pl.Int32: "integer",
    pl.Int64: "bigint",
    pl.UInt64: "ubigint",
    pl.Boolean: "boolean",
    pl.Date: "date",
    pl.Datetime: "timestamp",
    pl.Decimal: "decimal(18, 2)",
    pl.List: "varchar[]",
}
_LEDGER_SCHEMA = pl.Schema(
    {
        "file_hash": pl.String(),
        "extract": pl.String(),
        "file_name": pl.String(),
        "rows_read": pl.Int64(),
        "rows_accepted": pl.Int64(),
        "rows_quarantined": pl.Int64(),
        "rows_duplicate": pl.Int64(),
        "rows_given_up": pl.Int64(),
        "amount_read": pl.Decimal(18, 2),
        "amount_accepted": pl.Decimal(18, 2),
        "amount_quarantined": pl.Decimal(18, 2),
        "amount_duplicate": pl.Decimal(18, 2),
        "unknown_columns": pl.List(pl.String()),
        "refused_reason": pl.String(),
        "ingested_at": pl.Datetime("us"),
        "size_bytes": pl.Int64(),
        "seconds": pl.Float64(),
    }
)


def create_raw_views(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    *,
    extracts: Sequence[str] = EXTRACTS,
    unseen: Collection[tuple[str, str]] = (),
) -> None:
    """Create or replace everything in schema `raw` from what the ledger names.

    `raw.<extract>` for the given extracts (empty and typed where nothing was accepted; `_is_new` tells rows of
    the `unseen` files, which are named by extract and hash, and lets DuckDB leave all other files unread),
    `raw.ingested_files` (one row per file and extract) and `raw.quarantined_rows` (no row texts).
    """
    receipts = read_ledger(settings.ledger_path)
    connection.execute("create schema if not exists raw")
    for extract in extracts:
        files = raw_files(
            [item for item in receipts if item.extract == extract], folder=settings.raw_dir / extract
        )
        parts = _selects(files, unseen={file_hash for name, file_hash in unseen if name == extract})
        _create_view(
            connection,
            extract,
            schema=pl.Schema(raw_schema(extract) | {"_is_new": pl.Boolean()}),
            source=f"({' union all '.join(parts)})" if parts else None,
        )
    _create_ingested_files(connection, receipts, given_up=quarantine.count_given_up(settings=settings))
    refused = quarantine.quarantine_files(settings=settings)
    visible = pl.Schema({name: dtype for name, dtype in quarantine.SCHEMA.items() if name != "raw_row"})
    _create_view(
        connection, "quarantined_rows", schema=visible, source=parquet_scan(refused) if refused else None
    )


def _selects(files: list[RawFile], *, unseen: set[str]) -> list[str]:
    """Say of a file whether its rows are new; where only some are, of each row."""
    groups: dict[str, list[RawFile]] = {}
    for file in files:
        new = file.file_hashes & unseen
        flag = "false" if not new else "true" if new == file.file_hashes else from_files(new)
        groups.setdefault(flag, []).append(file)
    return [
        select
        for flag, group in groups.items()
        for select in counted_rows(group, columns=f"*, {flag} as _is_new")
    ]


def _create_view(
    connection: duckdb.DuckDBPyConnection, name: str, *, schema: pl.Schema, source: str | None
) -> None:
    if source is None:
        columns = ", ".join(f'null::{_sql_type(dtype)} as "{column}"' for column, dtype in schema.items())
        connection.execute(f"create or replace view raw.{name} as select {columns} where false")
        return
    columns = ", ".join(f'"{column}"' for column in schema)
    connection.execute(f"create or replace view raw.{name} as select {columns} from {source}")  # noqa: S608


def _create_ingested_files(
    connection: duckdb.DuckDBPyConnection,
    receipts: list[FileReceipt],
    *,
    given_up: dict[tuple[str, str], int],
) -> None:
    """The ledger as a table; of the quarantined rows, those that were given up are counted beside."""
    rows = [
        {name: value for name, value in asdict(item).items() if name in _LEDGER_SCHEMA}
        | {"rows_given_up": given_up.get((item.extract, item.file_hash), 0)}
        for item in receipts
    ]
    as_text = {
        name: pl.String if isinstance(dtype, pl.Datetime | pl.Decimal) else dtype
        for name, dtype in _LEDGER_SCHEMA.items()
    }
    frame = pl.DataFrame(rows, schema=as_text).with_columns(
        pl.col("ingested_at").str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us"),
        pl.col("^amount_.*$").cast(pl.Decimal(18, 2)),
    )
    connection.register("ledger_rows", frame.to_arrow())
    connection.execute("create or replace table raw.ingested_files as select * from ledger_rows")
    connection.unregister("ledger_rows")


def _sql_type(dtype: pl.DataType) -> str:
    return _SQL_TYPES[dtype.base_type()]
