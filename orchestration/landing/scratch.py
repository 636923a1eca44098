"""One DuckDB in memory for the vectorised steps that Polars lacks: stable hashes, JSON of any shape.

What belongs here: the connection. What does not: data; nothing is kept between calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import duckdb


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """Opening one costs more than reading a small file; so it stays open."""
    return duckdb.connect()


@contextmanager
def scratch() -> Iterator[duckdb.DuckDBPyConnection]:
    """Lend a connection whose registered frames vanish afterwards."""
    connection = _database().cursor()
    try:
        yield connection
    finally:
        connection.close()
