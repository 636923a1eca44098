"""Small raw files become one per month; what raw says stays the same, also when a merge dies on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest

from orchestration.landing import compaction, ledger
from orchestration.landing.compaction import compact
from orchestration.landing.limits import load_limits
from orchestration.landing.views import create_raw_views
from orchestration.settings import EXTRACTS
from tests.integration.landing.conftest import Shop, order_line, orders_csv

JUNE, JULY = datetime(2026, 6, 30, 23), datetime(2026, 7, 1, 1)
AUGUST = datetime(2026, 8, 1)


@pytest.fixture(autouse=True)
def few_files(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let three small files be too many."""

    def limit(**changes: Any) -> None:
        limits = replace(load_limits(), **({"max_small_raw_files": 2} | changes))
        monkeypatch.setattr(compaction, "load_limits", lambda: limits)

    limit()
    return limit


def ingest_days(shop: Shop, days: range, *, now: datetime = JUNE) -> None:
    for day in days:
        lines = [order_line(100 * day + line, at=f"2026-06-{30 - day} 10:0{line}:00") for line in range(3)]
        shop.drop(f"orders/day{day}.csv", orders_csv(*lines))
    shop.ingest(now=now)


def compacted(shop: Shop, extract: str = "orders") -> compaction.Compaction:
    return compact(extract=extract, settings=shop.settings, fresh=[], on_progress=shop.messages.append)


def raw_names(shop: Shop, extract: str = "orders") -> list[str]:
    return sorted(path.name for path in (shop.settings.raw_dir / extract).glob("*"))


def content(shop: Shop, extract: str = "orders") -> list[tuple[Any, ...]]:
    return shop.query(f"select * from raw.{extract} order by all")


def test_small_files_of_a_month_become_one_with_the_same_rows(shop: Shop) -> None:
    ingest_days(shop, range(1, 5))
    ingest_days(shop, range(5, 7), now=JULY)
    before = content(shop)
    done = compacted(shop)
    assert (done.files_before, done.files_after) == (6, 2)
    assert [name[:13] for name in raw_names(shop)] == ["month-2026-06", "month-2026-07"]
    assert content(shop) == before
    assert any("6 small raw files merged into 2" in message for message in shop.messages)
    assert not any(shop.settings.temp_dir.iterdir())


def test_a_file_alone_in_its_month_and_few_files_stay_as_they_are(shop: Shop) -> None:
    ingest_days(shop, range(1, 3))
    ingest_days(shop, range(3, 4), now=JULY)
    names = raw_names(shop)
    assert (compacted(shop), raw_names(shop)) == (compaction.Compaction(), names)


def test_merged_rows_are_sorted_by_date_so_that_row_groups_tell_their_days(
    shop: Shop, few_files: Callable[..., None]
) -> None:
    few_files(raw_group_rows=4)
    ingest_days(shop, range(1, 5))
    compacted(shop)
    file = pq.ParquetFile(shop.settings.raw_dir / "orders" / raw_names(shop)[0])
    column = file.schema_arrow.names.index("ordered_at")
    spans = [
        (stats.min, stats.max)
        for group in range(file.num_row_groups)
        if (stats := file.metadata.row_group(group).column(column).statistics)
    ]
    assert len(spans) == 3
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_a_merged_file_has_the_layout_of_any_raw_file(shop: Shop) -> None:
    ingest_days(shop, range(1, 5))
    before = pq.read_schema(shop.settings.raw_dir / "orders" / raw_names(shop)[0])
    compacted(shop)
    merged = shop.settings.raw_dir / "orders" / raw_names(shop)[0]
    assert pq.read_schema(merged).equals(before)


def test_merged_files_are_merged_again_with_the_next_small_ones(shop: Shop) -> None:
    ingest_days(shop, range(1, 5))
    compacted(shop)
    ingest_days(shop, range(5, 9))
    before = content(shop)
    compacted(shop)
    assert (len(raw_names(shop)), content(shop)) == (1, before)


def test_what_arrived_in_this_run_stays_apart(shop: Shop) -> None:
    ingest_days(shop, range(1, 5))
    shop.drop("orders/new.csv", orders_csv(order_line(999)))
    fresh = shop.ingest(now=JUNE)
    compact(extract="orders", settings=shop.settings, fresh=fresh)
    assert raw_names(shop) == sorted([f"{fresh[0].file_hash}.parquet", raw_names(shop)[-1]])


def test_one_night_merges_a_bounded_amount_oldest_month_first(
    shop: Shop, few_files: Callable[..., None]
) -> None:
    ingest_days(shop, range(1, 4))
    size = sum(path.stat().st_size for path in (shop.settings.raw_dir / "orders").iterdir())
    ingest_days(shop, range(4, 7), now=JULY)
    few_files(compaction_bytes_per_run=size)
    before = content(shop)
    assert compacted(shop).files_before == 3
    assert raw_names(shop)[-1].startswith("month-2026-06")
    few_files(compaction_bytes_per_run=size, max_small_raw_files=1)
    assert compacted(shop).files_before == 3
    assert (len(raw_names(shop)), content(shop)) == (2, before)


def test_a_merged_file_stays_below_its_size(shop: Shop, few_files: Callable[..., None]) -> None:
    ingest_days(shop, range(1, 7))
    largest = max(path.stat().st_size for path in (shop.settings.raw_dir / "orders").iterdir())
    few_files(merged_raw_bytes=2 * largest)
    assert compacted(shop).files_after == 3


def test_without_room_on_the_disk_nothing_is_merged_and_the_run_goes_on(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest_days(shop, range(1, 5))
    usage = type("Usage", (), {"free": 100})
    monkeypatch.setattr(compaction.shutil, "disk_usage", lambda _: usage)
    done = compacted(shop)
    assert done.skipped == "4 small files stay apart: only 0 MB of disk are free"
    assert len(raw_names(shop)) == 4


@pytest.mark.parametrize("extract", EXTRACTS)
def test_every_extract_can_be_merged(shop: Shop, extract: str) -> None:
    from tests.soak.rows import good_rows

    for number in range(3):
        rows = pl.DataFrame(good_rows(extract=extract, rows=5, start=5 * number))
        shop.drop(f"{extract}/{number}.csv", rows.write_csv())
    assert [item.rows_accepted for item in shop.ingest(extract)] == [5, 5, 5]
    before = content(shop, extract)
    assert compacted(shop, extract).files_after == 1
    assert (len(before), content(shop, extract)) == (15, before)


class KilledError(BaseException):
    """Stands for a kill: no handler of the code may catch it."""


def _dies(*_: object, **__: object) -> None:
    raise KilledError


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (compaction, "_sorted_rows"),
        (compaction, "ParquetSink"),
        (compaction, "move_for_good"),
        (ledger, "replace"),
        (compaction, "sweep"),
    ],
)
def test_a_merge_that_dies_anywhere_loses_and_repeats_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, place: Any, name: str
) -> None:
    ingest_days(shop, range(1, 5))
    ingest_days(shop, range(5, 8), now=JULY)
    before = content(shop)
    with monkeypatch.context() as patch:
        patch.setattr(place, name, _dies)
        with pytest.raises(KilledError):
            compacted(shop)
    assert content(shop) == before
    shop.ingest(now=AUGUST)
    assert content(shop) == before
    compacted(shop)
    assert (len(raw_names(shop)), content(shop)) == (2, before)


def test_a_merge_that_dies_between_its_months_goes_on_the_next_night(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest_days(shop, range(1, 5))
    ingest_days(shop, range(5, 8), now=JULY)
    before, moves = content(shop), []

    def second_move_dies(source: Path, target: Path) -> None:
        if moves:
            raise KilledError
        moves.append(target)
        source.replace(target)

    with monkeypatch.context() as patch:
        patch.setattr(compaction, "move_for_good", second_move_dies)
        with pytest.raises(KilledError):
            compacted(shop)
    assert moves[0].exists()
    shop.ingest(now=AUGUST)
    assert (moves[0].exists(), content(shop)) == (False, before)


def test_a_sweep_that_dies_halfway_is_finished_by_the_next(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest_days(shop, range(1, 5))
    before, removed, unlink = content(shop), [], Path.unlink

    def third_dies(path: Path, **options: Any) -> None:
        if path.parent.name == "orders":
            removed.append(path)
            if len(removed) == 3:
                raise KilledError
        unlink(path, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", third_dies)
        with pytest.raises(KilledError):
            compacted(shop)
    assert (len(raw_names(shop)), content(shop)) == (3, before)
    shop.ingest(now=AUGUST)
    assert (len(raw_names(shop)), content(shop)) == (1, before)


def test_rows_that_came_before_are_found_in_merged_files(shop: Shop) -> None:
    ingest_days(shop, range(1, 5))
    compacted(shop)
    shop.drop("orders/again.csv", orders_csv(order_line(101, at="2026-06-29 10:01:00"), order_line(999)))
    assert [(r.rows_duplicate, r.rows_accepted) for r in shop.ingest(now=JULY)] == [(1, 1)]


def test_a_full_refresh_after_a_merge_repeats_nothing(shop: Shop) -> None:
    ingest_days(shop, range(1, 5))
    before = shop.orders()
    compacted(shop)
    receipts = shop.ingest(now=JULY, full_refresh=True)
    assert [item.rows_accepted for item in receipts] == [3] * 4
    assert (shop.orders(), len(raw_names(shop))) == (before, 4)


def test_a_file_that_is_read_again_leaves_the_others_of_its_merged_file_alone(shop: Shop) -> None:
    ingest_days(shop, range(1, 5))
    before = shop.orders()
    compacted(shop)
    for day in range(2, 5):
        (shop.settings.landing / f"orders/day{day}.csv").unlink()
    shop.ingest(now=JULY, full_refresh=True)
    assert (shop.orders(), len(raw_names(shop))) == (before, 2)
    assert len(shop.query("select distinct _ingested_at from raw.orders")) == 2
    shop.drop("orders/again.csv", orders_csv(order_line(101, at="2026-06-29 10:01:00")))
    assert [item.rows_duplicate for item in shop.ingest(now=JULY)] == [1]
    compacted(shop)
    assert shop.orders() == before
    assert pq.read_metadata(shop.settings.raw_dir / "orders" / raw_names(shop)[-1]).num_rows == 9


def test_a_lost_merged_file_is_made_again_from_the_landing_folder(shop: Shop) -> None:
    ingest_days(shop, range(1, 5))
    before = shop.orders()
    compacted(shop)
    (shop.settings.raw_dir / "orders" / raw_names(shop)[0]).unlink()
    assert len(shop.ingest(now=JULY)) == 4
    assert shop.orders() == before


def test_a_lost_merged_file_that_cannot_be_made_again_stops_with_its_name(shop: Shop) -> None:
    ingest_days(shop, range(1, 5))
    compacted(shop)
    name = raw_names(shop)[0]
    (shop.settings.raw_dir / "orders" / name).unlink()
    (shop.settings.landing / "orders/day2.csv").unlink()
    with pytest.raises(ledger.LedgerDamagedError, match=name):
        shop.ingest(now=JULY)


@pytest.mark.parametrize(("days", "new"), [((), 0), ((1,), 3), ((1, 2, 3, 4), 12)])
def test_new_rows_are_told_in_a_file_that_holds_seen_ones_too(
    shop: Shop, days: tuple[int, ...], new: int
) -> None:
    ingest_days(shop, range(1, 5))
    compacted(shop)
    receipts = ledger.read_ledger(shop.settings.ledger_path)
    unseen = {
        ("orders", item.file_hash)
        for item in receipts
        if item.file_name in {f"orders/day{day}.csv" for day in days}
    }
    with duckdb.connect() as connection:
        create_raw_views(connection, shop.settings, unseen=unseen)
        counted = connection.execute(
            "select count(*), count(*) filter (where _is_new) from raw.orders"
        ).fetchall()
    assert counted == [(12, new)]
