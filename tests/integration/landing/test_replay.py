"""Quarantine as work: what is repaired or tried again ends as if it had been right at once."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from orchestration.landing import compaction, ledger, quarantine
from orchestration.landing import replay as replay_module
from orchestration.landing.corrections import Corrections, read_corrections
from orchestration.landing.ledger import FileReceipt, read_ledger
from orchestration.landing.limits import known_values, load_limits
from orchestration.landing.repairs import read_decisions, repairs_path
from orchestration.landing.replay import replay_quarantine
from orchestration.landing.worksheet import WorksheetError, export

if TYPE_CHECKING:
    from conftest import Shop

LATER = datetime(2026, 7, 2, 9, 30, 0, 5)
TIMES = ("ingested_at", "replayed_at", "seconds", "size_bytes", "raw_file", "quarantine_file", "file_hash")
ORDERS = "platform,order_id,account_id,ordered_at,status,paid_amount,refunded_amount\n"
ITEMS = "platform,order_id,line_no,product_id,quantity,unit_price,discount_amount\n"
PEOPLE = "platform,account_id,registered_at,name,email,phone\n"
EVENTS = "event_id,event_at,platform,event_type,anonymous_id,search_term\n"
TICKETS = "ticket_id,platform,account_id,created_at,resolved_at,status,message\n"

# Per file: the right text, and what was broken in it (right line → broken line).
FILES: dict[str, tuple[str, dict[str, str]]] = {
    "orders/a.csv": (
        ORDERS + "web,o1,a1,2026-06-01 10:00:00,paid,10.10,0\n"
        "web,o2,a1,2026-06-02 10:00:00,paid,20.02,0\n"
        "web,o3,a2,2026-06-03 10:00:00,paid,30.00,1.00\n"
        "web,o3,a2,2026-06-03 10:00:00,paid,30.00,1.00\n"
        "web,o4,a2,2026-06-04 10:00:00,paid,40.00,0\n",
        {
            "web,o2,a1,2026-06-02 10:00:00,paid,20.02,0": "web,o2,a1,2026-06-02 10:00:00,paid,-20.02,0",
            "web,o4,a2,2026-06-04 10:00:00,paid,40.00,0": "web,o4,a2,2026-06-04 10:00:00,paid,40.00,0,,",
        },
    ),
    "orders/b.csv": (
        ORDERS + "web,o2,a1,2026-06-02 10:00:00,paid,20.02,0\nweb,o5,a1,2026-06-05 10:00:00,paid,5.00,0\n",
        {},
    ),
    "order_items/a.csv": (
        ITEMS + "web,o1,1,p1,2,5.05,0\nweb,o2,1,p1,1,20.02,0\n",
        {"web,o2,1,p1,1,20.02,0": "web,o2,1,p1,one,20.02,0"},
    ),
    "registrations/a.csv": (
        PEOPLE + "web,a1,2026-01-01 08:00:00,王小明,=cmd()@x.cn,138\n"
        'web,a2,2026-01-02 08:00:00,"李, ""雷""",li@x.cn,-1\n',
        {
            'web,a2,2026-01-02 08:00:00,"李, ""雷""",li@x.cn,-1': 'web,a2,gestern,"李, ""雷""",li@x.cn,-1',
        },
    ),
    "browse_events/a.csv": (
        EVENTS + "e1,2026-06-01 10:00:00,web,search,b1,手机\ne2,2026-06-01 10:01:00,web,page_view,b1,\n",
        {"e1,2026-06-01 10:00:00,web,search,b1,手机": "e1,2026-06-01 10:00:00,web,looked,b1,手机"},
    ),
    "browse_events/b.csv": (
        EVENTS + "e1,2026-06-01 10:00:00,web,search,b1,手机\ne2,2026-06-01 10:01:00,web,login,b1,\n",
        {},
    ),
    "tickets/a.csv": (
        TICKETS + 't1,web,a1,2026-06-01 10:00:00,2026-06-02 10:00:00,resolved,"快递\n没到, ""急"""\n'
        "t2,web,a1,2026-06-03 10:00:00,,open,=1+1\n",
        {
            't1,web,a1,2026-06-01 10:00:00,2026-06-02 10:00:00,resolved,"快递\n没到, ""急"""': (
                't1,web,a1,2026-06-01 10:00:00,2026-05-02 10:00:00,resolved,"快递\n没到, ""急"""'
            ),
            "t2,web,a1,2026-06-03 10:00:00,,open,=1+1": "t2,web,a1,2026-06-03 10:00:00,,what,=1+1",
        },
    ),
}
EXTRACTS = ("registrations", "orders", "order_items", "browse_events", "tickets")
REPAIRS: dict[tuple[str, int], dict[str, str]] = {
    ("orders/a.csv", 3): {"paid_amount": "20.02"},
    ("orders/a.csv", 6): {"raw_row": "web,o4,a2,2026-06-04 10:00:00,paid,40.00,0"},
    ("order_items/a.csv", 3): {"quantity": "1"},
    ("registrations/a.csv", 3): {"registered_at": "2026-01-02 08:00:00"},
    ("browse_events/a.csv", 2): {"event_type": "search"},
    ("tickets/a.csv", 2): {"resolved_at": "2026-06-02 10:00:00"},
    ("tickets/a.csv", 4): {"status": "open"},
}


def drop_files(shop: Shop, *, broken: bool, encoding: str = "utf-8") -> None:
    for name, (text, breaks) in FILES.items():
        for right, wrong in breaks.items() if broken else ():
            assert right in text
            text = text.replace(right, wrong)
        shop.drop(name, text.encode(encoding))


def ingest_all(shop: Shop) -> None:
    for extract in EXTRACTS:
        shop.ingest(extract)


def read_sheet(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write_sheet(path: Path, rows: list[dict[str, str]]) -> None:
    """Write as a spreadsheet does: BOM, carriage returns, and cells that show a formula's quote."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)


def corrected(
    shop: Shop, change: Callable[[dict[str, str]], dict[str, str]], extract: str | None = None
) -> Path:
    sheet = shop.settings.home.parent / "sheet.csv"
    export(settings=shop.settings, target=sheet, extract=extract)
    write_sheet(sheet, [row | change(row) for row in read_sheet(sheet)])
    return sheet


def take_up(shop: Shop, sheet: Path, *, now: datetime = LATER) -> Corrections:
    corrections = read_corrections(settings=shop.settings, corrected=sheet, now=now)
    replay_quarantine(settings=shop.settings, decisions=corrections.decisions, now=now)
    return corrections


def repair(row: dict[str, str]) -> dict[str, str]:
    return REPAIRS.get((row["file_name"], int(row["line_number"])), {})


def raw_content(shop: Shop) -> dict[str, list[Any]]:
    columns = "* exclude (_file_hash)"
    return {
        extract: shop.query(f"select {columns} from raw.{extract} order by _file_name, _line_number")
        for extract in EXTRACTS
    }


def counts(shop: Shop) -> list[dict[str, Any]]:
    receipts = [asdict(item) for item in read_ledger(shop.settings.ledger_path)]
    return [{name: value for name, value in item.items() if name not in TIMES} for item in receipts]


def ledger_adds_up(shop: Shop) -> bool:
    return all(
        item.rows_read == item.rows_accepted + item.rows_quarantined + item.rows_duplicate
        for item in read_ledger(shop.settings.ledger_path)
    )


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_repaired_in_the_sheet_equals_a_clean_load(make_shop: Callable[[str], Shop], encoding: str) -> None:
    clean, shop = make_shop("clean"), make_shop("repaired")
    drop_files(clean, broken=False, encoding=encoding)
    ingest_all(clean)
    drop_files(shop, broken=True, encoding=encoding)
    ingest_all(shop)
    assert counts(shop) != counts(clean)
    corrections = take_up(shop, corrected(shop, repair))
    assert (len(corrections.decisions), corrections.failed) == (len(REPAIRS), [])
    assert raw_content(shop) == raw_content(clean)
    assert counts(shop) == counts(clean)
    assert shop.refused_rows().equals(clean.refused_rows())


def test_files_that_were_merged_are_repaired_like_any_other(
    make_shop: Callable[[str], Shop], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = dataclasses.replace(load_limits(), max_small_raw_files=0)
    monkeypatch.setattr(compaction, "load_limits", lambda: limits)
    clean, shop = make_shop("clean"), make_shop("repaired")
    drop_files(clean, broken=False)
    ingest_all(clean)
    drop_files(shop, broken=True)
    ingest_all(shop)
    merged = [compaction.compact(extract=extract, settings=shop.settings, fresh=[]) for extract in EXTRACTS]
    assert any(found.files_after for found in merged)
    take_up(shop, corrected(shop, repair))
    assert raw_content(shop) == raw_content(clean)
    assert counts(shop) == counts(clean)


def test_a_repaired_row_that_came_first_makes_the_later_one_a_duplicate(shop: Shop) -> None:
    drop_files(shop, broken=True)
    ingest_all(shop)
    take_up(shop, corrected(shop, repair, "orders"))
    first, second = shop.query(
        "select rows_accepted, rows_quarantined, rows_duplicate, amount_duplicate::varchar "
        "from raw.ingested_files where extract = 'orders' order by file_name"
    )
    assert first == (4, 0, 1, "30.00")
    assert second == (1, 0, 1, "20.02")
    assert shop.query("select sum(paid_amount)::varchar, count(*) from raw.orders where order_id = 'o2'") == [
        ("20.02", 1)
    ]


def test_an_untouched_export_changes_nothing(shop: Shop) -> None:
    drop_files(shop, broken=True)
    ingest_all(shop)
    before = shop.settings.ledger_path.read_bytes()
    corrections = take_up(shop, corrected(shop, lambda _: {}))
    assert corrections == Corrections()
    assert shop.settings.ledger_path.read_bytes() == before
    assert not repairs_path(shop.settings).exists()


def test_a_row_given_up_stays_refused_and_is_open_no_more(shop: Shop) -> None:
    drop_files(shop, broken=True)
    ingest_all(shop)
    before = counts(shop)
    sheet = corrected(shop, lambda _: {"action": "drop", "action_reason": "a test order"})
    take_up(shop, sheet)
    assert counts(shop) == before
    assert shop.refused_rows().is_empty()
    assert sum(quarantine.count_given_up(settings=shop.settings).values()) == 8
    assert shop.query("select sum(rows_given_up), sum(rows_quarantined) from raw.ingested_files") == [(8, 8)]
    take_up(shop, corrected(shop, lambda _: {"action": ""}))
    assert shop.refused_rows().height == 8


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"action": "delete"}, "action must be empty"),
        ({"action": "drop"}, "action must be empty, or drop with a reason"),
        ({"line_number": ""}, "one of them is missing"),
        ({"line_number": "3"}, "stands there twice"),
    ],
)
def test_a_sheet_with_a_mistake_is_refused_whole(shop: Shop, change: dict[str, str], sentence: str) -> None:
    drop_files(shop, broken=True)
    ingest_all(shop)
    with pytest.raises(WorksheetError, match=sentence):
        take_up(shop, corrected(shop, lambda _: change, "orders"))
    assert not repairs_path(shop.settings).exists()


def test_a_repair_that_does_not_pass_is_told_and_not_kept(shop: Shop) -> None:
    drop_files(shop, broken=True)
    ingest_all(shop)
    before = shop.refused_rows()
    corrections = take_up(shop, corrected(shop, lambda _: {"paid_amount": "much"}, "orders"))
    told = {row["line_number"]: row["reasons"] for row in corrections.failed}
    assert told[3] == ["paid_amount is not a number"]
    assert corrections.decisions == []
    assert shop.refused_rows().equals(before)


def test_a_malformed_line_can_be_repaired_by_filling_the_columns(shop: Shop) -> None:
    shop.drop("orders/a.csv", ORDERS + 'web,"o1,a1\n')
    shop.ingest()
    cells = {"platform": "web", "order_id": "o1", "ordered_at": "2026-06-01", "status": "paid"}
    take_up(shop, corrected(shop, lambda _: cells | {"paid_amount": "7.50"}))
    assert shop.query("select order_id, paid_amount::varchar, _line_number from raw.orders") == [
        ("o1", "7.50", 2)
    ]
    (receipt,) = read_ledger(shop.settings.ledger_path)
    assert (receipt.amount_read, receipt.amount_accepted) == ("7.50", "7.50")


def test_what_a_person_changed_can_be_read_later(shop: Shop) -> None:
    drop_files(shop, broken=True)
    ingest_all(shop)
    take_up(shop, corrected(shop, repair, "order_items"))
    (decision,) = read_decisions(shop.settings).values()
    assert (decision.action, decision.line_number, decision.repaired_file) == ("repair", 3, "sheet.csv")
    assert decision.values is not None
    assert decision.values["quantity"] == "1"
    assert (decision.old_row, decision.decided_at) == ("web,o2,1,p1,one,20.02,0", LATER.isoformat())
    assert decision.decided_by


def test_a_row_from_the_future_passes_when_its_day_has_come(shop: Shop) -> None:
    shop.drop(
        "orders/a.csv", ORDERS + "web,o1,a1,2026-07-20 10:00:00,paid,1.00,0\nweb,o2,a1,2026-06-20,paid,1,0\n"
    )
    shop.ingest()
    assert [item.accepted for item in replay_quarantine(settings=shop.settings, now=LATER)] == [0]
    (told,) = replay_quarantine(settings=shop.settings, now=datetime(2026, 7, 20))
    assert (told.tried, told.accepted, told.refused) == (1, 1, 0)
    assert shop.orders() == ["o1", "o2"]
    assert shop.query("select distinct _ingested_at from raw.orders") == [(datetime(2026, 7, 1, 9),)]


def test_a_status_that_the_seed_knows_now_passes(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.drop(
        "orders/a.csv", ORDERS + "web,o1,a1,2026-06-01,bezahlt,1.00,0\nweb,o2,a1,2026-06-01,paid,-1,0\n"
    )
    shop.ingest()
    before = shop.settings.ledger_path.read_bytes()
    replay_quarantine(settings=shop.settings, now=LATER)
    assert shop.settings.ledger_path.read_bytes() == before
    monkeypatch.setitem(known_values(extract="orders", column="status"), "bezahlt", "paid")
    replay_quarantine(settings=shop.settings, now=LATER)
    assert shop.orders() == ["o1"]
    assert shop.refused_rows()["line_number"].to_list() == [3]


def test_rows_that_stay_get_the_reasons_of_today(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.drop(
        "orders/a.csv", ORDERS + "web,o1,a1,2026-06-01,bezahlt,-1.00,0\nweb,o2,a1,2026-06-01,paid,1,0\n"
    )
    shop.ingest()
    monkeypatch.setitem(known_values(extract="orders", column="status"), "bezahlt", "paid")
    replay_quarantine(settings=shop.settings, now=LATER)
    (row,) = shop.refused_rows().to_dicts()
    assert row["reasons"] == ["paid_amount is negative"]
    (receipt,) = read_ledger(shop.settings.ledger_path)
    assert receipt.replayed_at is None


def test_an_event_whose_identifier_is_taken_stays_until_it_has_another(shop: Shop) -> None:
    shop.drop("browse_events/a.csv", EVENTS + "e1,2026-06-01,web,login,b1,\ne1,2026-06-01,web,search,b1,x\n")
    shop.ingest("browse_events")
    before = shop.settings.ledger_path.read_bytes()
    replay_quarantine(settings=shop.settings, now=LATER)
    assert shop.settings.ledger_path.read_bytes() == before
    take_up(shop, corrected(shop, lambda _: {"event_id": "e9"}))
    assert shop.query("select event_id, event_type from raw.browse_events order by 1") == [
        ("e1", "login"),
        ("e9", "search"),
    ]


@pytest.mark.parametrize("step", ["move_in", "replace", "sweep"])
def test_a_crash_leaves_the_old_state_and_the_next_replay_converges(
    make_shop: Callable[[str], Shop], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    clean, shop = make_shop("clean"), make_shop("crashed")
    drop_files(clean, broken=False)
    ingest_all(clean)
    drop_files(shop, broken=True)
    ingest_all(shop)
    before, content = shop.settings.ledger_path.read_bytes(), raw_content(shop)
    sheet = corrected(shop, repair)
    calls: list[str] = []

    def crash(*args: Any, **kwargs: Any) -> None:
        calls.append(step)
        if step != "sweep" or len(calls) > len(EXTRACTS) + 4:  # the sweep after the swap
            raise KeyboardInterrupt

    target = ledger if step == "replace" else replay_module
    with monkeypatch.context() as patch:
        patch.setattr(target, step, crash)
        with pytest.raises(KeyboardInterrupt):
            take_up(shop, sheet)
    if step != "sweep":
        assert shop.settings.ledger_path.read_bytes() == before
        assert raw_content(shop) == content
    replay_quarantine(settings=shop.settings, now=LATER)
    assert raw_content(shop) == raw_content(clean)
    assert counts(shop) == counts(clean)
    named = {item.raw_file for item in read_ledger(shop.settings.ledger_path)}
    assert {path.name for path in shop.settings.raw_dir.rglob("*.parquet")} == named - {None}
    assert not list(shop.settings.temp_dir.glob("replay-*"))


def test_a_second_replay_of_the_same_sheet_changes_nothing(shop: Shop) -> None:
    drop_files(shop, broken=True)
    ingest_all(shop)
    sheet = corrected(shop, repair)
    take_up(shop, sheet)
    before = shop.settings.ledger_path.read_bytes()
    again = take_up(shop, sheet, now=datetime(2026, 8, 1))
    assert (again.decisions, again.failed, again.not_refused) == ([], [], len(REPAIRS))
    assert shop.settings.ledger_path.read_bytes() == before
    assert ledger_adds_up(shop)


def test_a_full_refresh_keeps_the_repairs(make_shop: Callable[[str], Shop]) -> None:
    clean, shop = make_shop("clean"), make_shop("repaired")
    drop_files(clean, broken=False)
    ingest_all(clean)
    drop_files(shop, broken=True)
    ingest_all(shop)
    take_up(shop, corrected(shop, repair))
    for extract in EXTRACTS:
        shop.ingest(extract, full_refresh=True)
    assert raw_content(shop) == raw_content(clean)
    assert counts(shop) == counts(clean)


def test_what_a_spreadsheet_shows_otherwise_is_no_repair(shop: Shop) -> None:
    long_number = "310110199003078888"
    line = f"web,{long_number},00123,2026-06-01 10:00:27,paid,-10.00,0"
    shop.drop("orders/a.csv", ORDERS + line + "\n")
    shop.ingest()
    shown = {"order_id": "3.1011E+17", "account_id": "123", "ordered_at": "2026/6/1 10:00"}
    take_up(shop, corrected(shop, lambda _: shown | {"paid_amount": "10"}))
    assert shop.query("select order_id, account_id, ordered_at from raw.orders") == [
        (long_number, "00123", datetime(2026, 6, 1, 10, 0, 27))
    ]


def test_refused_rows_of_json_and_parquet_can_be_repaired(shop: Shop, tmp_path: Path) -> None:
    import polars as pl

    frame = pl.DataFrame(
        {
            "platform": ["web"],
            "order_id": [7.0],
            "ordered_at": [datetime(2026, 6, 1, 10)],
            "status": ["paid"],
            "paid_amount": [-1.5],
        }
    )
    shop.settings.landing.joinpath("orders").mkdir()
    frame.write_parquet(shop.settings.landing / "orders" / "a.parquet")
    shop.drop(
        "orders/b.jsonl",
        '{"platform":"web","order_id":"o=1","ordered_at":"2026-06-01","status":"paid","paid_amount":-1.5}\n[broken\n',
    )
    shop.ingest()
    fixed = '{"platform":"web","order_id":"o2","ordered_at":"2026-06-01","status":"paid","paid_amount":3}'
    take_up(
        shop,
        corrected(shop, lambda row: {"raw_row": fixed} if row["raw_row"] else {"paid_amount": "1.50"}),
    )
    assert shop.query("select order_id, paid_amount::varchar from raw.orders order by 1") == [
        ("7", "1.50"),
        ("o2", "3.00"),
        ("o=1", "1.50"),
    ]


def test_a_file_that_a_replay_changed_says_so_and_keeps_its_time_of_arrival(shop: Shop) -> None:
    """The next build compares `replayed_at` with what the last one saw, and starts from nothing."""
    shop.drop("orders/a.csv", ORDERS + "web,o1,a1,2026-06-01,paid,1.00,0\nweb,o2,a1,2026-06-01,paid,-1,0\n")
    shop.ingest()
    take_up(shop, corrected(shop, lambda _: {"paid_amount": "1"}))
    (receipt,) = read_ledger(shop.settings.ledger_path)
    assert receipt.ingested_at == "2026-07-01T09:00:00"
    assert receipt.replayed_at == LATER.isoformat()


@pytest.mark.parametrize(
    ("name", "currency"),
    [("online_retail/orders/x.parquet", "GBP"), ("orders/online_retail/x.csv", "CNY"), ("x.csv", "CNY")],
)
def test_rows_of_a_source_profile_are_tried_in_its_currency(shop: Shop, name: str, currency: str) -> None:
    receipt = FileReceipt(file_hash="h", extract="orders", file_name=name, ingested_at="2026-07-01T09:00:00")
    assert replay_module.currency_of(receipt, settings=shop.settings) == currency


def test_a_line_of_a_foreign_export_can_be_given_up_but_not_repaired(shop: Shop) -> None:
    from orchestration.landing.foreign import ingest_input

    shop.drop("export/a.csv", "id,paid\n1,2\n3\n")
    ingest_input(name="some.lines", pattern="export/*.csv", settings=shop.settings, now=LATER)
    repaired = take_up(shop, corrected(shop, lambda _: {"raw_row": "3,4"}))
    assert [row["reasons"] for row in repaired.failed] == [
        ["lines of a foreign export are repaired in the export itself"]
    ]
    take_up(shop, corrected(shop, lambda _: {"action": "drop", "action_reason": "cut off"}))
    assert shop.refused_rows().is_empty()
    assert quarantine.count_given_up(settings=shop.settings) != {}
