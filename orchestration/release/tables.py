"""The tables inside the published file: copied from the warehouse, typed, commented, counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import duckdb

from orchestration.release.content_hash import content_hash
from orchestration.release.dictionary import Column, Table
from orchestration.release.pseudonyms import pseudonyms

FLOAT_TYPES = frozenset({"DOUBLE", "FLOAT"})
SIGNIFICANT_DIGITS = 9


class MissingColumnError(Exception):
    """A table of the warehouse lacks a column that is described, and so promised."""


def write_tables(*, connection: duckdb.DuckDBPyConnection, tables: Iterable[Table], salt: str) -> None:
    """Create every table in the attached database `published`, with comments.

    Tables that the warehouse holds are copied with their described columns, floats rounded and personal
    account ids hashed; tables that it does not hold, and those that the release fills itself, are created
    empty and typed.

    Args:
        connection: the warehouse, with the database `published` attached.
        tables: all published tables.
        salt: the home's secret, which the hashes are keyed with.

    Raises:
        MissingColumnError: a described column is not there.
    """
    present = _warehouse_columns(connection)
    stand_ins = pseudonyms(connection=connection, salt=salt, columns=present)
    for schema in sorted({table.schema_in_file for table in tables}):
        connection.execute(f"create schema if not exists published.{schema}")
    for table in tables:
        types = present.get(table.warehouse_name)
        if types is None or table.is_written_by_release:
            listed = ", ".join(f'"{column.name}" {column.data_type or "varchar"}' for column in table.columns)
            connection.execute(f"create table published.{table.name_in_file} ({listed})")
        else:
            listed = ", ".join(_expression(table, column, types, stand_ins) for column in table.columns)
            connection.execute(
                f"create table published.{table.name_in_file} as select {listed} from {table.warehouse_name}"  # noqa: S608
            )
        _comment(connection, table)


def describe_release(
    *, connection: duckdb.DuckDBPyConnection, tables: Iterable[Table], release: Mapping[str, Any]
) -> None:
    """Fill governance.gate_results, data_dictionary and release.

    Args:
        connection: with the database `published` attached.
        tables: all published tables.
        release: the columns of governance.release, and `batch_id`, whose gate results are published.
    """
    # A gate that was evaluated twice shows its worst result.
    connection.execute(
        """
        insert into published.governance.gate_results by name
        select gate, layer, table_name, severity, is_passed, observed, threshold, checked_at
        from gate.evaluations
        where batch_id = ?
        qualify row_number() over (partition by gate order by is_passed, severity, checked_at desc) = 1
        """,
        [release["batch_id"]],
    )
    described = [
        (table.schema, table.schema_in_file, table.name, column.name, column.description, column.unit)
        for table in tables
        for column in table.columns
    ]
    connection.execute(
        """
        insert into published.governance.data_dictionary by name
        select
            described.published_as as schema_name, table_name, column_name, columns.data_type,
            described.description, described.unit
        from (
            select
                unnest(?) as published_as, unnest(?) as schema_name, unnest(?) as table_name,
                unnest(?) as column_name, unnest(?) as description, unnest(?::varchar[]) as unit
        ) as described
        inner join duckdb_columns() as columns using (schema_name, table_name, column_name)
        where columns.database_name = 'published'
        """,
        [list(values) for values in zip(*described, strict=True)],
    )
    columns = {name: value for name, value in release.items() if name != "batch_id"}
    listed = ", ".join(f"{_typed(value)} as {name}" for name, value in columns.items())
    connection.execute(
        f"insert into published.governance.release by name select {listed}",
        list(columns.values()),
    )


def measure_tables(
    *, connection: duckdb.DuckDBPyConnection, tables: Iterable[Table]
) -> dict[str, dict[str, Any]]:
    """Return rows and content hash of every published table."""
    measured = {}
    for table in tables:
        counted = connection.execute(f"select count(*) from published.{table.name_in_file}").fetchone()  # noqa: S608
        measured[table.full_name] = {
            "rows": counted[0] if counted else 0,
            "hash": content_hash(connection=connection, database="published", table=table.name_in_file),
        }
    return measured


def _warehouse_columns(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    rows = connection.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
        "where database_name = current_database()"
    ).fetchall()
    columns: dict[str, dict[str, str]] = {}
    for table, column, data_type in rows:
        columns.setdefault(table, {})[column] = data_type
    return columns


def _expression(table: Table, column: Column, types: Mapping[str, str], stand_ins: Mapping[str, str]) -> str:
    if column.name not in types:
        raise MissingColumnError(
            f"{table.warehouse_name} has no column {column.name}, which {table.full_name} promises."
        )
    expression = stand_ins.get(column.name, f'"{column.name}"')
    if types[column.name] in FLOAT_TYPES:
        # Printed and read back: the only rounding to significant digits that is exact for every magnitude.
        expression = f"cast(printf('%.{SIGNIFICANT_DIGITS - 1}e', cast({expression} as double)) as double)"
    return f'cast({expression} as {column.data_type or types[column.name]}) as "{column.name}"'


def _comment(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    target = f"published.{table.name_in_file}"
    connection.execute(f"comment on table {target} is {_quoted(table.description)}")
    for column in table.columns:
        connection.execute(f'comment on column {target}."{column.name}" is {_quoted(column.description)}')


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _typed(value: object) -> str:
    if isinstance(value, datetime):
        return "cast(? as timestamp)"
    return "cast(? as date)" if isinstance(value, date) else "cast(? as varchar)"
