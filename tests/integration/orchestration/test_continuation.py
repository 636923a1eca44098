"""What a build goes on from when a file that the last one saw counts no more."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from orchestration import continuation
from orchestration.continuation import CONTINUED_MODELS, TABLES
from orchestration.settings import Settings
from orchestration.warehouse import open_warehouse

DAY = date(2026, 6, 30)


@pytest.mark.filterwarnings("ignore")  # of dbt's libraries, where the project must be parsed first
@pytest.mark.parametrize(
    ("extract", "models"),
    [
        ("orders", []),
        ("order_items", []),
        ("browse_events", []),
        ("products", list(CONTINUED_MODELS)),  # compared by content, whatever file they stood in
        ("registrations", list(CONTINUED_MODELS)),
    ],
)
def test_only_a_lost_file_of_rows_that_are_told_by_file_starts_from_nothing(
    extract: str, models: list[str], tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path, landing=tmp_path / "landing")
    definitions = continuation._definitions(settings=settings, as_of=DAY)
    with open_warehouse(settings) as connection:
        connection.execute(TABLES)
        connection.execute("insert into build.finished values (?)", [DAY])
        connection.executemany("insert into build.definitions values (?, ?)", list(definitions.items()))
        connection.execute("insert into build.seen_files values (?, 'replaced', '2026-07-01')", [extract])
        connection.execute("create schema intermediate; create schema marts")
        found = continuation.begin(connection=connection, settings=settings, as_of=DAY)
    assert found.models == models
