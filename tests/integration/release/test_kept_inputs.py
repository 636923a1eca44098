"""What a release on disk was built from stays in raw until the release goes."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from orchestration.landing import compaction, ledger
from orchestration.landing.commit import place_of_reading, sweep
from orchestration.landing.compaction import compact
from orchestration.landing.limits import load_limits
from orchestration.release.inputs import Input, kept_inputs
from orchestration.release.manifest import _inputs
from orchestration.release.registry import MANIFEST_FILE, MARTS_FILE
from orchestration.settings import Settings
from tests.integration.landing.conftest import Shop, order_line, orders_csv

JUNE, JULY, AUGUST = datetime(2026, 6, 30), datetime(2026, 7, 1), datetime(2026, 8, 1)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Three days of orders, one row of each refused."""
    limits = replace(load_limits(), max_small_raw_files=1)
    monkeypatch.setattr(compaction, "load_limits", lambda: limits)
    shop = Shop(Settings(home=tmp_path / "home", landing=tmp_path / "landing"))
    for day in range(3):
        shop.drop(f"orders/{day}.csv", orders_csv(order_line(day), order_line(100 + day, paid="-1")))
    shop.ingest(now=JUNE)
    return shop


def release(shop: Shop, name: str) -> Path:
    folder = shop.settings.releases_dir / name
    folder.mkdir(parents=True)
    (folder / MARTS_FILE).touch()
    manifest = {
        "as_of": "2026-06-30",
        "built_at": "2026-07-01T00:00:00",
        "tables": {},
        "inputs": _inputs(shop.settings.ledger_path),
    }
    (folder / MANIFEST_FILE).write_text(json.dumps(manifest))
    return folder


def go(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def rows_on_disk(shop: Shop, *, now: datetime) -> list[str]:
    """Keys of the rows that were read at a moment, wherever in raw they lie now."""
    files = sorted((shop.settings.raw_dir / "orders").glob("*.parquet"))
    rows = pl.concat(pl.read_parquet(path) for path in files)
    return sorted(rows.filter(pl.col("_ingested_at") == now)["order_id"].unique())


def test_the_inputs_of_all_releases_are_kept(shop: Shop) -> None:
    hashes = {item.file_hash for item in ledger.read_ledger(shop.settings.ledger_path)}
    assert kept_inputs(shop.settings) == set()
    folder = release(shop, "r1")
    assert kept_inputs(shop.settings) == {Input("orders", h, JUNE.isoformat()) for h in hashes}
    go(folder)
    assert kept_inputs(shop.settings) == set()


def test_a_reading_is_found_wherever_its_rows_went(shop: Shop) -> None:
    before = ledger.read_ledger(shop.settings.ledger_path)
    release(shop, "r1")
    assert place_of_reading(before[0], settings=shop.settings) == before[0].raw_file
    compact(extract="orders", settings=shop.settings, fresh=[])
    shop.ingest(now=JULY, full_refresh=True)
    places = {place_of_reading(item, settings=shop.settings) for item in before}
    assert [str(place)[:6] for place in places] == ["month-"]
    assert place_of_reading(replace(before[0], ingested_at="2020-01-01"), settings=shop.settings) is None


def test_the_manifest_says_where_in_raw_an_input_lies(shop: Shop) -> None:
    inputs = _inputs(shop.settings.ledger_path)
    assert {entry["raw_file"] for entry in inputs} == {f"{entry['file_hash']}.parquet" for entry in inputs}


def test_a_full_refresh_leaves_what_a_release_was_built_from(shop: Shop) -> None:
    folder = release(shop, "r1")
    shop.ingest(now=JULY, full_refresh=True)
    assert shop.orders() == ["o0", "o1", "o2"]
    assert rows_on_disk(shop, now=JUNE) == ["o0", "o1", "o2"]
    assert len(list((shop.settings.quarantine_dir / "orders").iterdir())) == 6
    go(folder)
    shop.ingest(now=JULY)
    assert rows_on_disk(shop, now=JUNE) == []
    assert len(list((shop.settings.quarantine_dir / "orders").iterdir())) == 3


def test_without_a_release_a_replaced_file_goes_at_once(shop: Shop) -> None:
    shop.ingest(now=JULY, full_refresh=True)
    assert rows_on_disk(shop, now=JUNE) == []


def test_small_files_go_although_a_release_names_them_because_the_merged_one_has_their_rows(
    shop: Shop,
) -> None:
    release(shop, "r1")
    compact(extract="orders", settings=shop.settings, fresh=[])
    assert len(list((shop.settings.raw_dir / "orders").iterdir())) == 1
    assert rows_on_disk(shop, now=JUNE) == ["o0", "o1", "o2"]


def test_a_merged_file_stays_while_a_release_needs_rows_that_were_read_again_since(shop: Shop) -> None:
    folder = release(shop, "r1")
    compact(extract="orders", settings=shop.settings, fresh=[])
    (shop.settings.landing / "orders/0.csv").unlink()
    shop.ingest(now=JULY, full_refresh=True)
    compact(extract="orders", settings=shop.settings, fresh=[])
    assert shop.orders() == ["o0", "o1", "o2"]
    assert rows_on_disk(shop, now=JUNE) == ["o0", "o1", "o2"]
    go(folder)
    shop.ingest(now=AUGUST)
    assert rows_on_disk(shop, now=JUNE) == ["o0"]
    assert shop.orders() == ["o0", "o1", "o2"]


def test_leftovers_of_a_crash_go_although_releases_are_kept(shop: Shop) -> None:
    release(shop, "r1")
    folder = shop.settings.raw_dir / "orders"
    (folder / "torn.parquet").write_bytes(b"PAR1 and no more")
    (folder / "empty.parquet").touch()
    shop.ingest(now=JULY)
    assert not (folder / "torn.parquet").exists()
    assert not (folder / "empty.parquet").exists()


def test_what_a_replay_replaced_stays_for_the_release_that_held_it(shop: Shop) -> None:
    built = release(shop, "20260630T000000-aaaaaa")
    receipts = ledger.read_ledger(shop.settings.ledger_path)
    old = next(item for item in receipts if item.extract == "orders" and item.raw_file)
    folder = shop.settings.raw_dir / "orders"
    shutil.copyfile(folder / str(old.raw_file), folder / "replayed.parquet")
    new = replace(old, raw_file="replayed.parquet", replayed_at=AUGUST.isoformat())
    now = [new if item == old else item for item in receipts]
    ledger.replace(shop.settings.ledger_path, now)
    sweep(extract="orders", receipts=now, settings=shop.settings)
    assert place_of_reading(old, settings=shop.settings) == old.raw_file
    go(built)
    sweep(extract="orders", receipts=now, settings=shop.settings)
    assert not (folder / str(old.raw_file)).exists()
