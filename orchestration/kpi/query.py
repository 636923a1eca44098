"""Runs the query files of `orchestration/kpi/queries/`.

Belongs here: how a file is run. Does not belong here: which query gives which frame (the files beside).
"""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import polars as pl

QUERIES_DIR = Path(__file__).resolve().parent / "queries"
NAMED_PARAMETER = re.compile(r"\$(\w+)")


def read_query(connection: duckdb.DuckDBPyConnection, query: str, **parameters: object) -> pl.DataFrame:
    """Run one query file with those parameters that it names; DuckDB refuses a surplus of them."""
    statement = statement_of(query)
    named = set(NAMED_PARAMETER.findall(statement))
    return connection.execute(statement, {name: parameters[name] for name in named}).pl()


def statement_of(query: str) -> str:
    """Give the text of a query file, named by its path below `queries/` without the ending."""
    return (QUERIES_DIR / f"{query}.sql").read_text(encoding="utf-8")
