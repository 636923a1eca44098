"""What comes twice counts once, and a crash never counts at all."""

from __future__ import annotations

import gzip
import os
import warnings
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
from rich.console import Console

from orchestration.landing import ingest as ingest_module
from orchestration.landing.ledger import LedgerDamagedError, read_ledger
from orchestration.replay import replay
from orchestration.settings import EXTRACTS
from orchestration.status import quarantined_rows

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import dagster as dg

    from orchestration.resources import RunSettings

if TYPE_CHECKING:
    from conftest import Shop

HEADER = "platform,order_id,account_id,ordered_at,status,paid_amount"
EVENTS = "event_id,event_at,platform,event_type,anonymous_id"


def orders(*numbers: int, paid: str = "10.00") -> str:
    lines = [f"web,o{number},a1,2026-06-01 10:00:00,paid,{paid}" for number in numbers]
    return "\n".join([HEADER, *lines]) + "\n"


def event(number: int, kind: str = "page_view") -> str:
    return f"e{number},2026-06-01 10:00:00,web,{kind},b1"


def test_a_file_that_comes_twice_changes_nothing(shop: Shop) -> None:
    shop.drop("orders/a.csv", orders(1, 2))
    shop.ingest()
    before = shop.settings.ledger_path.read_bytes()
    shop.drop("orders/copy of a.csv", orders(1, 2))
    assert shop.ingest(now=datetime(2026, 8, 1)) == []
    assert shop.settings.ledger_path.read_bytes() == before
    assert len(list(shop.settings.raw_dir.rglob("*.parquet"))) == 1


def test_rows_that_come_again_are_counted_with_their_money(shop: Shop) -> None:
    shop.drop("orders/a.csv", orders(1, 2))
    shop.ingest()
    shop.drop("orders/b.csv.gz", gzip.compress(orders(2, 3, 3).encode()))
    (receipt,) = shop.ingest()
    assert (receipt.rows_read, receipt.rows_accepted, receipt.rows_duplicate) == (3, 1, 2)
    amounts = (
        receipt.amount_read,
        receipt.amount_accepted,
        receipt.amount_quarantined,
        receipt.amount_duplicate,
    )
    assert amounts == ("30.00", "10.00", "0.00", "20.00")
    assert shop.orders() == ["o1", "o2", "o3"]


def test_a_file_of_repeats_only_leaves_no_raw_file(shop: Shop) -> None:
    shop.drop("orders/a.csv", orders(1, 2))
    shop.drop("orders/b.csv", orders(2, 1))
    first, second = shop.ingest()
    assert (first.rows_accepted, second.rows_accepted, second.rows_duplicate) == (2, 0, 2)
    assert (second.raw_file, len(list(shop.settings.raw_dir.rglob("*.parquet")))) == (None, 1)


def test_another_state_of_an_order_is_not_a_repeat(shop: Shop) -> None:
    shop.drop("orders/a.csv", orders(1))
    shop.drop("orders/b.csv", orders(1, paid="12.00"))
    assert sum(receipt.rows_accepted for receipt in shop.ingest()) == 2


def test_equal_hashes_are_confirmed_by_all_columns(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a hash that always collides, only equal rows may count as repeats."""
    from orchestration.landing import raw_files

    monkeypatch.setattr(
        raw_files,
        "row_hashes",
        lambda rows: raw_files.pl.Series("_row_hash", [7] * rows.height, dtype=raw_files.pl.UInt64),
    )
    shop.drop("orders/a.csv", orders(1, 2))
    shop.ingest()
    shop.drop("orders/b.csv", orders(2, 3))
    (receipt,) = shop.ingest()
    assert (receipt.rows_accepted, receipt.rows_duplicate) == (1, 1)
    assert shop.orders() == ["o1", "o2", "o3"]


def test_an_event_id_with_other_content_is_quarantined(shop: Shop) -> None:
    shop.drop("browse_events/a.csv", "\n".join([EVENTS, event(1), event(2), event(1), event(2, "search")]))
    (receipt,) = shop.ingest("browse_events")
    assert (receipt.rows_accepted, receipt.rows_duplicate, receipt.rows_quarantined) == (2, 1, 1)
    shop.drop("browse_events/b.csv", "\n".join([EVENTS, event(1, "login"), event(2), event(3), "broken"]))
    (receipt,) = shop.ingest("browse_events")
    assert (receipt.rows_accepted, receipt.rows_duplicate, receipt.rows_quarantined) == (1, 1, 2)
    assert shop.query("select count(*), count(distinct event_id) from raw.browse_events") == [(3, 3)]
    found = shop.refused_rows()
    assert found.filter(found["reasons"].list.first().str.starts_with("event_id")).height == 2
    assert found["line_number"].to_list() == [5, 2, 5]


def test_an_event_id_belongs_to_its_platform(shop: Shop) -> None:
    shop.drop("browse_events/a.csv", "\n".join([EVENTS, event(1), event(1).replace("web", "app")]))
    (receipt,) = shop.ingest("browse_events")
    assert (receipt.rows_accepted, receipt.rows_duplicate, receipt.rows_quarantined) == (2, 0, 0)


PRODUCTS = "product_id,name,list_price\n"


def prices(shop: Shop) -> list[tuple[str, int, str]]:
    return shop.query(
        "select _file_name, _line_number, list_price::varchar from raw.products order by _ingested_at, 1, 2"
    )


def test_a_product_that_goes_back_to_what_it_was_stays_as_a_further_version(shop: Shop) -> None:
    for day, price in (("1", "10.00"), ("2", "12.00"), ("3", "10.00")):
        shop.drop(f"products/{day}.csv", f"{PRODUCTS}p1,Cup,{price}\n")
        (receipt,) = shop.ingest("products")
        assert (receipt.rows_accepted, receipt.rows_duplicate) == (1, 0)
    assert [price for _, _, price in prices(shop)] == ["10.00", "12.00", "10.00"]
    assert shop.ingest("products") == []


def test_a_product_file_that_is_replaced_and_put_back_is_read_again(shop: Shop) -> None:
    """The third content is the first one's, so its receipt and its Parquet take the place of the first."""
    for number, price in enumerate(["10.00", "12.00", "10.00"], start=1):
        shop.drop("products/all.csv", f"{PRODUCTS}p1,Cup,{price}\n")
        assert len(shop.ingest("products", now=datetime(2026, 7, number))) == 1
    assert [price for _, _, price in prices(shop)] == ["12.00", "10.00"]
    assert shop.ingest("products") == []


def test_of_equal_products_in_one_file_the_last_stays(shop: Shop) -> None:
    shop.drop("products/a.csv", PRODUCTS + "p1,Cup,10\np1,Cup,12\np1,Cup,10\n")
    (receipt,) = shop.ingest("products")
    assert (receipt.rows_accepted, receipt.rows_duplicate) == (2, 1)
    assert [line for _, line, _ in prices(shop)] == [3, 4]


def test_money_is_told_apart_by_what_became_of_it(shop: Shop) -> None:
    bad = "web,o9,a1,2026-06-01 10:00:00,gone,7.50\nweb,o8,a1,2026-06-01 10:00:00,paid,x\n"
    shop.drop("orders/a.csv", orders(1, 1, 2) + bad)
    (receipt,) = shop.ingest()
    assert (receipt.amount_read, receipt.amount_quarantined) == ("37.50", "7.50")
    assert shop.query("select sum(paid_amount) from raw.orders") == [(Decimal("20.00"),)]
    assert shop.query("select sum(amount) from raw.quarantined_rows") == [(Decimal("7.50"),)]


def test_a_crash_before_the_ledger_line_leaves_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.drop("orders/a.csv", orders(1) + "broken\n")
    with monkeypatch.context() as patch:
        patch.setattr(
            ingest_module, "commit", lambda *_, **__: (_ for _ in ()).throw(RuntimeError("power cut"))
        )
        with pytest.raises(RuntimeError, match="power cut"):
            shop.ingest()
    assert len(list(shop.settings.raw_dir.rglob("*.parquet"))) == 1
    assert shop.orders() == []
    shop.settings.ledger_path.write_bytes(b"")
    (receipt,) = shop.ingest()
    assert (receipt.rows_accepted, receipt.rows_quarantined, receipt.raw_file) == (
        1,
        1,
        f"{receipt.file_hash}.parquet",
    )
    assert shop.orders() == ["o1"]
    assert not any(shop.settings.temp_dir.iterdir())


def test_a_lost_ledger_stops_everything(shop: Shop) -> None:
    shop.drop("orders/a.csv", orders(1))
    shop.ingest()
    shop.settings.ledger_path.unlink()
    with pytest.raises(LedgerDamagedError, match="gone"):
        shop.ingest()
    assert len(list(shop.settings.raw_dir.rglob("*.parquet"))) == 1


def test_a_lost_raw_file_is_made_again_from_the_landing_folder(shop: Shop) -> None:
    """Its rows, and those that had counted as repeats of them, in one of the two files."""
    shop.drop("orders/a.csv", orders(1, 2) + "broken\n")
    shop.drop("orders/b.csv", orders(2, 3))
    shop.ingest()
    for path in [*shop.settings.raw_dir.rglob("*.parquet"), *shop.settings.quarantine_dir.rglob("*.parquet")]:
        path.unlink()
    receipts = shop.ingest(now=datetime(2026, 8, 1))
    assert [receipt.file_name for receipt in receipts] == ["orders/a.csv", "orders/b.csv"]
    assert shop.orders() == ["o1", "o2", "o3"]
    assert shop.refused_rows().height == 1
    assert shop.ingest() == []


def test_a_lost_raw_file_that_cannot_be_made_again_stops_with_its_name(shop: Shop) -> None:
    source = shop.drop("orders/a.csv", orders(1))
    shop.drop("orders/b.csv", orders(2))
    lost, _ = shop.ingest()
    before = shop.settings.ledger_path.read_bytes()
    (shop.settings.raw_dir / "orders" / str(lost.raw_file)).unlink()
    content = source.read_bytes()
    source.unlink()
    with pytest.raises(LedgerDamagedError, match=r"names it for orders/a\.csv.*put orders/a\.csv back"):
        shop.ingest()
    assert shop.settings.ledger_path.read_bytes() == before
    source.write_bytes(content)
    assert shop.ingest()[0].rows_accepted == 1
    assert shop.orders() == ["o1", "o2"]


def test_names_are_on_disk_before_the_ledger_counts_them(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    shop.drop("orders/a.csv", orders(1) + "broken\n")
    shop.ingest()
    home = shop.settings.home
    ledger_at = synced.index(shop.settings.ledger_path)
    for folder in (home, shop.settings.raw_dir, shop.settings.raw_dir / "orders"):
        assert folder in synced[:ledger_at]
    assert shop.settings.quarantine_dir / "orders" in synced[:ledger_at]
    assert home in synced[ledger_at:]
    synced.clear()
    shop.ingest(full_refresh=True)
    assert synced.index(home / ".ledger.jsonl.new") < max(i for i, path in enumerate(synced) if path == home)


def test_what_holds_personal_data_belongs_to_its_owner_alone(shop: Shop) -> None:
    shop.settings.home.mkdir(mode=0o755)
    shop.drop("orders/a.csv", orders(1) + "broken\n")
    refused, repaired = (shop.settings.landing / name for name in ("refused.csv", "repaired.csv"))
    before = os.umask(0o022)
    try:
        with RunSettings.of(shop.settings).yield_for_execution(dg.build_init_resource_context()):
            shop.ingest()
        quarantined_rows(settings=shop.settings, extract=None, export=refused)
        given_up = {"action": pl.lit("drop"), "action_reason": pl.lit("torn")}
        pl.read_csv(refused, infer_schema=False).with_columns(**given_up).write_csv(repaired)
        replay(settings=shop.settings, repaired=repaired, console=Console(quiet=True))
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
    private = [*shop.settings.home.rglob("*"), refused]
    assert {"raw", "tmp", "ledger.jsonl", "repairs.jsonl", "run.lock"} < {path.name for path in private}
    assert [path for path in private if path.stat().st_mode & 0o077] == []
    assert shop.settings.home.stat().st_mode & 0o777 == 0o755


def test_a_full_refresh_reads_again_what_is_there_and_keeps_what_is_gone(shop: Shop) -> None:
    kept = shop.drop("orders/gone.csv", orders(1, 2))
    shop.drop("orders/here.csv", orders(2, 3) + "broken\n")
    shop.ingest()
    kept.unlink()
    before = shop.query("select order_id, _row_hash from raw.orders order by all")
    (receipt,) = shop.ingest(full_refresh=True, now=datetime(2026, 8, 1))
    assert (receipt.rows_accepted, receipt.rows_duplicate, receipt.rows_quarantined) == (1, 1, 1)
    assert shop.query("select order_id, _row_hash from raw.orders order by all") == before
    assert len(read_ledger(shop.settings.ledger_path)) == 2
    assert len(list(shop.settings.raw_dir.rglob("*.parquet"))) == 2
    assert len(list(shop.settings.quarantine_dir.rglob("*.parquet"))) == 1


def test_a_refused_file_counts_as_new_under_another_name(shop: Shop) -> None:
    path = shop.drop("orders/a.txt", orders(1))
    assert shop.ingest()[0].refused_reason
    assert shop.ingest() == []
    path.rename(path.with_suffix(".csv"))
    assert shop.ingest()[0].rows_accepted == 1
    assert shop.query("select count(*), max(refused_reason) from raw.ingested_files") == [(1, None)]


def test_two_equal_refused_files_are_refused_once(shop: Shop) -> None:
    """Else they would take turns, and each run would warn of a new delivery."""
    shop.drop("orders/a.csv", "")
    shop.drop("orders/b.csv", "")
    (receipt,) = shop.ingest()
    assert shop.ingest() == []
    (shop.settings.landing / receipt.file_name).unlink()
    assert [item.file_name for item in shop.ingest()] == ["orders/b.csv"]
    assert shop.ingest() == []


def test_a_file_that_changes_while_it_is_read_is_read_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration.landing import staging

    path = shop.drop("orders/a.csv", orders(1))
    read = staging._read

    def read_and_append(*arguments: object, **keywords: object) -> None:
        read(*arguments, **keywords)  # type: ignore[arg-type]
        with path.open("a") as file:
            file.write("web,o2,a1,2026-06-01 10:00:00,paid,10.00\n")

    with monkeypatch.context() as patch:
        patch.setattr(staging, "_read", read_and_append)
        assert "changed while" in str(shop.ingest()[0].refused_reason)
    assert shop.orders() == []
    assert shop.ingest()[0].rows_accepted == 2


def test_views_are_empty_and_typed_without_any_file(shop: Shop) -> None:
    tables = shop.query(
        "select table_name from information_schema.tables where table_schema = 'raw' order by 1"
    )
    assert len(tables) == len(EXTRACTS) + 2  # files and refused rows
    types = dict(
        shop.query(
            "select column_name, data_type from information_schema.columns where table_name = 'orders'"
        )
    )
    assert (types["paid_amount"], types["ordered_at"], types["_row_hash"]) == (
        "DECIMAL(18,2)",
        "TIMESTAMP",
        "UBIGINT",
    )


def test_views_over_files_have_the_same_types_as_empty_ones(shop: Shop) -> None:
    sql = """
        select table_name, column_name, data_type from information_schema.columns
        where table_schema = 'raw' order by all
    """
    before = shop.query(sql)
    shop.drop("orders/a.csv", orders(1) + "broken\n")
    shop.drop(
        "registrations/a.csv", "platform,account_id,registered_at,birth_date\nweb,1,2026-06-01,1990-01-01\n"
    )
    shop.drop("browse_events/a.csv", "\n".join([EVENTS, event(1)]))
    for extract in ("orders", "registrations", "browse_events"):
        shop.ingest(extract)
    assert shop.query(sql) == before


def test_progress_is_told_in_sentences(shop: Shop) -> None:
    shop.drop("orders/a.csv", orders(1, 2))
    shop.ingest()
    assert shop.messages == ["orders: orders/a.csv (1 of 1), 2 rows read"]
