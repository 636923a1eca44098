"""Foreign exports become extracts; what is broken in them is kept and named, what is equal stays equal."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from orchestration.landing import profiles
from orchestration.landing.ingest import ingest_extract, landing_files
from orchestration.landing.ledger import FileReceipt, LedgerDamagedError, read_ledger
from orchestration.landing.profiles import SourceProfileError, load_profile, translate
from orchestration.landing.quarantine import list_rows
from orchestration.landing.views import create_raw_views
from orchestration.settings import Settings

NOW = datetime(2026, 7, 1, 9)
PROFILE = """
description = "Corner shop"
reporting_time_zone = "UTC"
reporting_currency = "EUR"
[inputs]
sales = "**/sales_*.csv"
members = "**/members.jsonl"
[per_file]
orders = "sales"
"""
ORDERS = """
select receipt as order_id, 'shop' as platform, min(sold_at) as ordered_at, 'completed' as status,
    'EUR' as currency, sum(price::decimal(18, 2)) as paid_amount, min(_file_name) as payment_method
from sales group by receipt;
"""
REGISTRATIONS = """
select member as account_id, 'shop' as platform, joined as registered_at, _line_number::varchar as city
from members
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    folder = tmp_path / "sources" / "corner"
    folder.mkdir(parents=True)
    (folder / "profile.toml").write_text(PROFILE)
    (folder / "orders.sql").write_text(ORDERS)
    (folder / "registrations.sql").write_text(REGISTRATIONS)
    monkeypatch.setattr(profiles, "SOURCES_DIR", tmp_path / "sources")
    landing = tmp_path / "landing"
    landing.mkdir()
    (landing / "sales_1.csv").write_text(
        'receipt;price;Sold_At\nr1;1.50;2026-06-01\nr1;1.50;2026-06-01\n"r2;9;2026-06-01\nr3;2;2026-06-02\n'
    )
    (landing / "members.jsonl").write_text(
        '{"member": 1, "joined": "2026-01-01"}\noops\n{"member": 2, "x": 1}\n'
    )
    return Settings(home=tmp_path / "home", landing=landing, profile="corner", reporting_currency="EUR")


def run(settings: Settings) -> list[FileReceipt]:
    translate(settings=settings, batch_id="b", now=NOW)
    return [
        receipt
        for extract, files in landing_files(settings=settings).items()
        for receipt in ingest_extract(extract=extract, files=files, settings=settings, now=NOW)
    ]


def query(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        create_raw_views(connection, settings)
        return connection.execute(sql).fetchall()


def test_rows_of_a_foreign_export_become_extracts(settings: Settings) -> None:
    run(settings)
    assert query(
        settings, "select order_id, paid_amount::varchar, payment_method from raw.orders order by 1"
    ) == [
        ("r1", "3.00", "sales_1.csv"),
        ("r3", "2.00", "sales_1.csv"),
    ]
    assert query(settings, "select account_id, city from raw.registrations") == [("1", "1")]
    assert query(settings, "select _file_name from raw.registrations")[0][0].startswith(
        "corner/registrations/"
    )


def test_broken_foreign_lines_are_quarantined_under_the_input(settings: Settings) -> None:
    run(settings)
    receipts = {item.extract: item for item in read_ledger(settings.ledger_path)}
    sales = receipts["corner.sales"]
    assert (sales.rows_read, sales.rows_accepted, sales.rows_quarantined, sales.rows_duplicate) == (
        4,
        3,
        1,
        0,
    )
    found = list_rows(settings=settings)
    assert found.select("extract", "line_number").rows() == [
        ("corner.members", 2),
        ("corner.sales", 4),
        ("registrations", 2),
    ]


def test_a_second_run_changes_nothing_and_a_new_day_only_adds(settings: Settings) -> None:
    run(settings)
    before = {path: path.stat().st_mtime_ns for path in settings.home.rglob("*") if path.is_file()}
    assert run(settings) == []
    assert {path: path.stat().st_mtime_ns for path in settings.home.rglob("*") if path.is_file()} == before
    (settings.landing / "sales_2.csv").write_text("receipt,price,Sold_At\nr4,4,2026-06-03\n")
    (receipt,) = run(settings)
    assert (receipt.extract, receipt.rows_accepted) == ("orders", 1)


def test_a_changed_select_replaces_what_it_gave_before(settings: Settings, tmp_path: Path) -> None:
    run(settings)
    (tmp_path / "sources" / "corner" / "orders.sql").write_text(ORDERS.replace("'completed'", "'cancelled'"))
    run(settings)
    assert query(settings, "select distinct status from raw.orders") == [("cancelled",)]
    assert query(settings, "select count(*) from raw.ingested_files where extract = 'orders'") == [(1,)]


def test_foreign_lines_stay_when_the_landing_folder_is_cleared(settings: Settings) -> None:
    run(settings)
    (settings.landing / "sales_1.csv").unlink()
    assert run(settings) == []
    assert query(settings, "select count(*) from raw.orders") == [(2,)]


def test_lost_foreign_lines_are_read_again_or_named(settings: Settings) -> None:
    run(settings)
    kept = next((settings.raw_dir / "_foreign" / "corner" / "sales").glob("*.parquet"))
    kept.unlink()
    assert run(settings) == []
    assert kept.exists()
    kept.unlink()
    (settings.landing / "sales_1.csv").unlink()
    with pytest.raises(LedgerDamagedError, match=r"names it for sales_1\.csv"):
        run(settings)


def test_a_refused_foreign_file_is_forgotten_once_it_has_left(settings: Settings) -> None:
    (settings.landing / "sales_2.csv").write_bytes(b"")
    run(settings)
    (settings.landing / "sales_2.csv").unlink()
    run(settings)
    assert not [item for item in read_ledger(settings.ledger_path) if item.refused_reason]


def test_a_full_refresh_gives_the_same(settings: Settings) -> None:
    run(settings)
    before = query(settings, "select order_id, paid_amount, _row_hash from raw.orders order by all")
    run(replace(settings, full_refresh=True))
    assert query(settings, "select order_id, paid_amount, _row_hash from raw.orders order by all") == before


def test_equal_inputs_give_equal_files_whatever_order_the_select_gives(
    settings: Settings, tmp_path: Path
) -> None:
    numbers = (
        "select range::varchar as order_id, receipt as platform from sales, range(500) order by random()"
    )
    (tmp_path / "sources" / "corner" / "orders.sql").write_text(numbers)
    contents = []
    for _ in range(2):
        root = translate(settings=replace(settings, full_refresh=True), now=NOW)
        contents.append([path.read_bytes() for path in sorted(root.glob("orders/*"))])
    assert contents[0] == contents[1]


def test_an_extract_whose_input_is_absent_is_left_out(settings: Settings) -> None:
    (settings.landing / "members.jsonl").unlink()
    run(settings)
    assert query(settings, "select count(*) from raw.registrations") == [(0,)]
    assert query(settings, "select count(*) from raw.orders") == [(2,)]


@pytest.mark.parametrize(
    "query_text",
    [
        "select * from read_csv('{secret}')",
        "select * from read_text('{secret}')",
        "select * from sales, '{secret}'",
        "select a.* from sales as b, (from glob('{secret}')) as a",
    ],
)
def test_the_sql_of_a_profile_sees_nothing_but_its_inputs(
    settings: Settings, tmp_path: Path, query_text: str
) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("order_id\n1\n")
    (tmp_path / "sources" / "corner" / "orders.sql").write_text(query_text.format(secret=secret))
    with pytest.raises(SourceProfileError, match=r"orders\.sql does not fit"):
        translate(settings=settings, now=NOW)


def test_mistakes_in_a_profile_are_told(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(SourceProfileError, match="Available: corner"):
        load_profile("nobody")
    folder = tmp_path / "sources" / "corner"
    (folder / "invoices.sql").write_text("select 1")
    with pytest.raises(SourceProfileError, match="names no extract"):
        load_profile("corner")
    (folder / "invoices.sql").unlink()
    (folder / "profile.toml").write_text("description = 1\n[inputs]\n")
    with pytest.raises(SourceProfileError, match="not valid"):
        load_profile("corner")


@pytest.mark.parametrize("name", ["olist", "online_retail", "thelook"])
def test_shipped_profiles_load(name: str) -> None:
    profile = load_profile(name)
    assert {"orders", "order_items"} <= set(profile.queries)


@pytest.mark.parametrize(
    ("name", "folder", "orders", "foreign"),
    [("olist", "olist", 20_000, 114_869), ("thelook", "thelook", 24_801, 564_860)],
)
def test_real_exports_lose_nothing(
    shared_data: Path, tmp_path: Path, name: str, folder: str, orders: int, foreign: int
) -> None:
    profile = load_profile(name)
    settings = Settings(
        home=tmp_path / "home",
        landing=shared_data / folder,
        profile=name,
        reporting_currency=profile.reporting_currency,
    )
    receipts = run(settings)
    assert sum(item.rows_quarantined for item in receipts) == 0
    assert sum(item.rows_accepted for item in receipts if item.extract == "orders") == orders
    kept = [item for item in read_ledger(settings.ledger_path) if "." in item.extract]
    assert sum(item.rows_read for item in kept) == sum(item.rows_accepted for item in kept) == foreign
    assert pl.DataFrame(query(settings, "select platform from raw.orders limit 1")).height == 1
