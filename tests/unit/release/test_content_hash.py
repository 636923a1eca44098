"""The hash follows the content of a table, not its order or the moment of the build."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from orchestration.release.content_hash import content_hash

BASE = "select i as id, 'x' || i % 3 as name, timestamp '2026-01-01' as built_at from range(1000) as t (i)"


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("create schema marts; create schema governance")
        yield opened


def hash_of(connection: duckdb.DuckDBPyConnection, query: str, table: str = "marts.t") -> str:
    connection.execute(f"create or replace table {table} as {query}")
    return content_hash(connection=connection, database="memory", table=table)


@pytest.mark.parametrize(
    "same",
    [
        f"select * from ({BASE}) order by id desc",
        f"select built_at, name, id from ({BASE})",
        f"select * replace (now()::timestamp as built_at) from ({BASE})",
    ],
    ids=["other row order", "other column order", "other build time"],
)
def test_equal_content_has_an_equal_hash(connection: duckdb.DuckDBPyConnection, same: str) -> None:
    assert hash_of(connection, same) == hash_of(connection, BASE)


@pytest.mark.parametrize(
    "other",
    [
        f"select * replace (if(id = 7, 'y', name) as name) from ({BASE})",
        f"select * from ({BASE}) where id <> 7",
        f"({BASE}) union all (select * from ({BASE}) limit 1)",
        f"({BASE}) union all (select * from ({BASE}) limit 1) union all (select * from ({BASE}) limit 1)",
        f"select * replace (if(id = 7, null, name) as name) from ({BASE})",
        f"select * rename (name as title) from ({BASE})",
        f"select * replace (if(id < 2, 'x' || (1 - id), name) as name) from ({BASE})",
    ],
    ids=["changed", "lost", "doubled", "tripled", "emptied", "renamed", "swapped between rows"],
)
def test_other_content_has_another_hash(connection: duckdb.DuckDBPyConnection, other: str) -> None:
    assert hash_of(connection, other) != hash_of(connection, BASE)


def test_an_empty_table_has_a_hash(connection: duckdb.DuckDBPyConnection) -> None:
    assert len(hash_of(connection, f"select * from ({BASE}) where false")) == 32


def test_what_a_gate_observed_may_differ_between_equal_builds(connection: duckdb.DuckDBPyConnection) -> None:
    query = "select 'orders_fell' as gate, '{}' as observed"
    first = hash_of(connection, query.format("0"), "governance.gate_results")
    assert hash_of(connection, query.format("0.01"), "governance.gate_results") == first
