"""How the KPI stage leaves its tables: typed, commented and sorted as their declaration says.

Belongs here: writing a frame as the table that `dbt_project/models/marts/_kpi__sources.yml` declares. Does
not belong here: what is in the frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import polars.selectors as cs
import yaml

DECLARATION_PATH = (
    Path(__file__).resolve().parents[2] / "dbt_project" / "models" / "marts" / "_kpi__sources.yml"
)
SIGNIFICANT_DIGITS = 9
"""Enough for every reader, and few enough that two builds from the same inputs are equal to the last bit."""


@dataclass(frozen=True, kw_only=True)
class KpiTable:
    """One declared table.

    Attributes:
        name: table in schema `kpi`.
        description: comment of the table.
        key: columns that name a row; the order of rows, too.
        columns: data type and description by column name, in order.
    """

    name: str
    description: str
    key: tuple[str, ...]
    columns: dict[str, tuple[str, str]]


@cache
def declared_tables() -> dict[str, KpiTable]:
    """Read the declaration of every table of schema `kpi`, by name."""
    document: dict[str, Any] = yaml.safe_load(DECLARATION_PATH.read_text(encoding="utf-8"))
    (source,) = document["sources"]
    return {
        table["name"]: KpiTable(
            name=table["name"],
            description=table["description"].strip(),
            key=tuple(table["config"]["meta"]["key"]),
            columns={
                column["name"]: (column["data_type"], column["description"]) for column in table["columns"]
            },
        )
        for table in source["tables"]
    }


def write_kpi_table(*, connection: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> int:
    """Replace one table by a frame, all at once.

    Columns are cast to their declared types, floats are rounded to nine significant digits, rows are sorted
    by key.

    Args:
        connection: the warehouse, writable.
        table: declared name in schema `kpi`.
        frame: exactly the declared columns, in any order.

    Returns:
        Number of rows written.

    Raises:
        ValueError: the table is not declared, the columns differ from the declaration, or a key is null or
            stands twice.
        duckdb.ConversionException: a value does not fit its declared type.
    """
    declared = declared_tables().get(table)
    if declared is None:
        raise ValueError(f"kpi.{table} is not declared in {DECLARATION_PATH.name}")
    if set(frame.columns) != set(declared.columns):
        odd = sorted(set(frame.columns) ^ set(declared.columns))
        raise ValueError(f"the frame for kpi.{table} differs from its declaration in {', '.join(odd)}")
    keys = frame.select(declared.key)
    if keys.is_duplicated().any() or keys.null_count().sum_horizontal().item():
        raise ValueError(f"the frame for kpi.{table} has a key that is null or stands twice")
    rounded = frame.select(*declared.columns).with_columns(cs.float().round_sig_figs(SIGNIFICANT_DIGITS))
    ordered = rounded.sort(declared.key)  # noqa: F841  (named in the statement below)
    connection.execute("begin")
    try:
        _create_empty(connection, declared)
        connection.execute(f'insert into kpi."{table}" by name select * from ordered')  # noqa: S608
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    return frame.height


def _create_empty(connection: duckdb.DuckDBPyConnection, table: KpiTable) -> None:
    connection.execute("create schema if not exists kpi")
    columns = ", ".join(f'"{name}" {data_type}' for name, (data_type, _) in table.columns.items())
    connection.execute(f'create or replace table kpi."{table.name}" ({columns})')
    connection.execute(f'comment on table kpi."{table.name}" is {_quoted(table.description)}')
    for name, (_, description) in table.columns.items():
        connection.execute(f'comment on column kpi."{table.name}"."{name}" is {_quoted(description)}')


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
