"""Two tiny healthy warehouses, made by hand: one before the build, one before the release."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

FOLDER = Path(__file__).resolve().parent


@pytest.fixture
def arrived() -> Iterator[duckdb.DuckDBPyConnection]:
    """Schema raw of a shop with 40 orders and 50 registrations in each month of 2024."""
    with duckdb.connect() as connection:
        connection.execute((FOLDER / "arrived.sql").read_text(encoding="utf-8"))
        yield connection


@pytest.fixture
def built(arrived: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The same shop with seeds, marts, kpi and governance, built by SQL that shares nothing with dbt."""
    arrived.execute((FOLDER / "built.sql").read_text(encoding="utf-8"))
    return arrived
