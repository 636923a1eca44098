"""A night reads what is new: files that nobody touched are not even hashed again."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from orchestration.landing import known_hashes
from orchestration.landing.ingest import ingest_extract, landing_files
from tests.integration.landing.conftest import NOW, Shop, order_line, orders_csv

AN_HOUR = 3600


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files whose bytes are read for their hash; the clock stands an hour later than it does."""
    names: list[str] = []
    content_hash, now = known_hashes.content_hash, time.time_ns

    def reading(path: Path) -> str:
        names.append(path.name)
        return content_hash(path)

    monkeypatch.setattr(known_hashes, "content_hash", reading)
    monkeypatch.setattr(known_hashes.time, "time_ns", lambda: now() + AN_HOUR * 10**9)
    return names


def test_an_untouched_file_is_hashed_once(shop: Shop, hashed: list[str]) -> None:
    shop.drop("orders/one.csv", orders_csv(order_line(1)))
    shop.ingest()
    shop.drop("orders/two.csv", orders_csv(order_line(2)))
    assert [item.file_name for item in shop.ingest()] == ["orders/two.csv"]
    assert shop.ingest() == []
    assert hashed == ["one.csv", "two.csv"]


def test_a_file_that_kept_its_size_and_its_date_is_read_again(shop: Shop, hashed: list[str]) -> None:
    path = shop.drop("orders/one.csv", orders_csv(order_line(1)))
    shop.ingest()
    before = path.stat()
    shop.drop("orders/one.csv", orders_csv(order_line(2)))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert [item.rows_accepted for item in shop.ingest()] == [1]
    assert hashed == ["one.csv", "one.csv"]


def test_a_file_that_was_written_a_moment_ago_is_not_trusted(
    shop: Shop, hashed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shop.drop("orders/one.csv", orders_csv(order_line(1)))
    monkeypatch.setattr(known_hashes.time, "time_ns", lambda: path.stat().st_ctime_ns + 1)
    shop.ingest()
    shop.ingest()
    assert hashed == ["one.csv", "one.csv"]


def test_a_full_refresh_and_a_damaged_memory_read_everything(shop: Shop, hashed: list[str]) -> None:
    shop.drop("orders/one.csv", orders_csv(order_line(1)))
    shop.ingest()
    shop.ingest(full_refresh=True)
    (shop.settings.raw_dir / "_hashes" / "orders.json").write_text("{")
    assert shop.ingest() == []
    assert hashed == ["one.csv"] * 3


def test_files_that_are_left_for_later_are_neither_read_nor_forgotten(shop: Shop) -> None:
    shop.drop("orders/one.csv", orders_csv(order_line(1)))
    shop.drop("orders/broken.csv", b"\x00\x01\x02")
    assert len(shop.ingest()) == 2
    two = shop.drop("orders/two.csv", orders_csv(order_line(2)))
    shop.drop("orders/three.csv", orders_csv(order_line(3)))
    files = landing_files(settings=shop.settings)["orders"]
    taken = ingest_extract(extract="orders", files=files, only={two}, settings=shop.settings, now=NOW)
    assert [item.file_name for item in taken] == ["orders/two.csv"]
    assert [item.file_name for item in shop.ingest()] == ["orders/three.csv"]
    assert shop.ingest() == []
