"""A fingerprint of a table's content that does not depend on the order of its rows."""

from __future__ import annotations

import hashlib

import duckdb

VOLATILE_COLUMNS = frozenset(
    {"checked_at", "built_at", "ingested_at", "first_seen", "last_seen", "release_id", "code_version"}
)
"""Columns that say when or by which release something was seen; they differ between equal builds."""

VOLATILE_IN = {"governance.gate_results": frozenset({"observed"})}
"""Columns that are volatile in one table only: gates on volume compare with the previous release."""


def content_hash(*, connection: duckdb.DuckDBPyConnection, database: str, table: str) -> str:
    """Return a hash over the rows of a table, volatile columns left out.

    Rows are hashed by DuckDB (64 bits) and combined by count, sum and exclusive or, all of which commute,
    so one pass without a sort is enough at any size. Comparable between builds of one DuckDB version.

    Args:
        connection: where the database is attached.
        database: its name there.
        table: schema and table.

    Returns:
        32 hexadecimal digits.
    """
    schema, name = table.split(".")
    columns = [
        column
        for (column,) in connection.execute(
            "select column_name from duckdb_columns() "
            "where database_name = ? and schema_name = ? and table_name = ? order by column_name",
            [database, schema, name],
        ).fetchall()
        if column not in VOLATILE_COLUMNS | VOLATILE_IN.get(table, frozenset())
    ]
    listed = ", ".join(f'"{column}"' for column in columns)
    totals = connection.execute(
        f'select count(*), sum(hash({listed})), bit_xor(hash({listed})) from "{database}".{table}'  # noqa: S608
    ).fetchone()
    return hashlib.sha256(repr((columns, totals)).encode()).hexdigest()[:32]
