"""Running the query files of `orchestration/explanations/` on the opened warehouse.

What belongs here: parameters, and the macros that the queries share. What does not: which queries there are and what
becomes of their rows (`explain.py`, `explanation_subject.py`).
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from expectations.personal_data import is_personal_id, without_contacts

QUERIES_DIR = Path(__file__).resolve().parent / "explanations"
NAMED_PARAMETER = re.compile(r"\$(\w+)")

Row = dict[str, Any]


class Query:
    """Runs the query files.

    Parameters are written into them as literals: binding one makes DuckDB import pandas and pyarrow, which takes
    0.4 s of the two that a person waits for.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, **parameters: Any) -> None:
        """Define the macros that the queries share.

        Args:
            connection: the warehouse; it may be opened for reading only.
            parameters: by the name that queries use, without the dollar.
        """
        self.connection = connection
        self.parameters: dict[str, Any] = parameters
        define_macros(connection)

    def rows(self, name: str, **more: Any) -> list[Row]:
        """Return a query's rows by column name."""
        cursor = self.run(_text(name), **more)
        columns = [column[0] for column in cursor.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]

    def keep(self, name: str) -> None:
        """Keep the rows of a query below `subject/` as a temporary table of its name."""
        self.run(f"create or replace temporary table {name} as " + _text(f"subject/{name}"))

    def run(self, statement: str, **more: Any) -> duckdb.DuckDBPyConnection:
        """Execute a statement with its named parameters."""
        known = self.parameters | more
        return self.connection.execute(
            NAMED_PARAMETER.sub(lambda name: sql_literal(known[name[1]]), statement)
        )


def define_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Define the macros of `explanations/macros.sql`, and those that rest on what counts as personal data."""
    connection.execute(_text("macros"))
    for name, expression in (("is_personal_id", is_personal_id), ("without_contacts", without_contacts)):
        connection.execute(f"create or replace temporary macro {name}(value) as {expression('value')}")


def sql_literal(value: str | int | date | list[Any]) -> str:
    """Return a value as SQL text that cannot be read as anything else."""
    if isinstance(value, list):
        return f"[{', '.join(map(sql_literal, value))}]"
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def _text(name: str) -> str:
    return (QUERIES_DIR / f"{name}.sql").read_text(encoding="utf-8")
