"""Changing a rule means appending its set with a new `valid_from`; a set appended unchanged must change nothing."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

TABLES = (
    "marts.customer_360",
    "marts.rfm_scores",
    "marts.rfm_tier_history",
    "marts.segments",
    "marts.tier_migrations",
    "marts.customer_profile",
    "marts.customer_tags",
)


@pytest.mark.parametrize("table", TABLES)
def test_a_set_appended_unchanged_changes_no_table(
    built: Path, built_on_appended_sets: Path, table: str
) -> None:
    rows = []
    for warehouse in (built, built_on_appended_sets):
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            rows.append(connection.execute(f"select * from {table} order by all").fetchall())
    assert len(rows[0]) > 5
    assert rows[0] == rows[1]
