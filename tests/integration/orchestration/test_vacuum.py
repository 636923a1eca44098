"""The warehouse's file shrinks when it is mostly free, and holds afterwards what it held before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration import vacuum
from orchestration.settings import Settings
from orchestration.vacuum import UnfaithfulCopyError, vacuum_warehouse
from orchestration.warehouse import open_warehouse

BUILT = """
create schema raw; create schema build; create schema gate; create schema marts;
create view raw.orders as select * from read_parquet(['{raw}']);
create table build.finished (as_of_date date not null);
insert into build.finished values ('2026-06-30');
create table gate.evaluations (gate varchar primary key, is_passed boolean);
insert into gate.evaluations values ('g', true);
create table marts.orders as select i as order_id, (i / 100)::decimal(18, 2) as paid from range(1000) t (i);
comment on table marts.orders is 'It''s the orders.';
comment on column marts.orders.paid is 'What was paid.';
create view marts.sum_of_raw as select sum(n) as total from raw.orders;
create table filler as select uuid() as text from range(400000);
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A warehouse that is mostly free."""
    settings = Settings(home=tmp_path / "it's 家", landing=tmp_path / "landing")
    settings.home.mkdir()
    raw = tmp_path / "orders.parquet"
    duckdb.execute(f"copy (select 7 as n) to '{raw}'")
    with open_warehouse(settings) as connection:
        connection.execute(BUILT.format(raw=raw))
    with open_warehouse(settings) as connection:
        connection.execute("drop table filler")
        connection.execute("create table last_block as select 1 as x")
    return settings


def content(settings: Settings) -> dict[str, Any]:
    with open_warehouse(settings) as connection:
        return {
            "inventory": sorted(
                map(str, connection.execute(vacuum._INVENTORY, [settings.warehouse_path.stem]).fetchall())
            ),
            "rows": [
                connection.execute(query).fetchall()
                for query in (
                    "from marts.orders order by all",
                    "from build.finished",
                    "from gate.evaluations",
                    "from marts.sum_of_raw",
                )
            ],
        }


def test_a_mostly_free_file_shrinks_and_keeps_all_that_it_held(settings: Settings) -> None:
    before = content(settings)
    mode = settings.warehouse_path.stat().st_mode
    done = vacuum_warehouse(settings=settings, min_file_bytes=0)
    assert done.free_share > 0.5
    assert done.bytes_after < done.bytes_before / 2
    assert content(settings) == before
    assert settings.warehouse_path.stat().st_mode == mode
    assert [path.name for path in settings.home.glob("warehouse*")] == ["warehouse.duckdb"]


def test_keys_still_hold_in_the_file_that_was_written_anew(settings: Settings) -> None:
    vacuum_warehouse(settings=settings, min_file_bytes=0)
    with (
        open_warehouse(settings) as connection,
        pytest.raises(duckdb.ConstraintException, match="Duplicate key"),
    ):
        connection.execute("insert into gate.evaluations values ('g', false)")


@pytest.mark.parametrize("limits", [{"max_free_share": 0.99, "min_file_bytes": 0}, {}])
def test_a_full_or_a_small_file_stays(settings: Settings, limits: dict[str, Any]) -> None:
    inode = settings.warehouse_path.stat().st_ino
    done = vacuum_warehouse(settings=settings, **limits)
    assert (done.bytes_after, done.skipped) == (done.bytes_before, None)
    assert settings.warehouse_path.stat().st_ino == inode


def test_without_room_for_a_second_file_the_first_stays_and_the_reason_is_said(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vacuum.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10}))
    done = vacuum_warehouse(settings=settings, min_file_bytes=0)
    assert done.skipped is not None
    assert done.skipped.startswith("the disk has no room")
    assert done.bytes_after == done.bytes_before


class KilledError(BaseException):
    """Stands for a kill."""


@pytest.mark.parametrize("name", ["_copy", "_inventory", "move_for_good"])
def test_a_rewrite_that_dies_leaves_the_old_file_and_the_next_one_works(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before = content(settings)

    def dies(*_: object, **__: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(vacuum, name, dies)
        patch.setattr(vacuum, "_forget", lambda _: None)
        with pytest.raises(KilledError):
            vacuum_warehouse(settings=settings, min_file_bytes=0)
    assert content(settings) == before
    vacuum_warehouse(settings=settings, min_file_bytes=0)
    assert content(settings) == before
    assert [path.name for path in settings.home.glob("warehouse*")] == ["warehouse.duckdb"]


def test_a_copy_that_lacks_something_is_thrown_away(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, inventory = content(settings), vacuum._inventory

    def without_a_view(connection: duckdb.DuckDBPyConnection, database: str) -> set[tuple[str | None, ...]]:
        found = inventory(connection, database)
        return found - {row for row in found if database == "fresh" and row[0] == "view"}

    monkeypatch.setattr(vacuum, "_inventory", without_a_view)
    with pytest.raises(UnfaithfulCopyError, match=r"view marts\.sum_of_raw"):
        vacuum_warehouse(settings=settings, min_file_bytes=0)
    assert content(settings) == before
