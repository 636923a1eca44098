"""Each arrival gate passes on a healthy shop and refuses exactly its own defect."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from expectations import arrival
from expectations.runner import GateResult, evaluate

CHECKED_AT = datetime(2025, 1, 2, 3, 4, 5)

NEW_BAD_FILE = """
    insert into raw.registrations
    select platform, 'new' || account_id, registered_at, updated_at, status,
        case when _line_number <= 15 then null else email end,
        'hash-bad', 'registrations-bad.csv', _line_number, timestamp '2025-01-02', _row_hash
    from raw.registrations where _file_hash = 'hash-1'
"""
WITHOUT_LINES = "; delete from raw.order_items where order_id not in (select order_id from raw.orders)"
FILE = "insert into raw.ingested_files values ('h', '{}', 'f.csv', {}, {}, {}, {}, 0, {}, timestamp '2025-01-02')"

DEFECTS = {
    "no order at all": ("delete from raw.orders", {"orders_absent", "order_items_without_order"}),
    "a month of orders missing": (
        "delete from raw.orders where month(ordered_at) = 5" + WITHOUT_LINES,
        {"orders_month_missing"},
    ),
    "three months in a row missing": (
        "delete from raw.orders where month(ordered_at) in (5, 6, 7)" + WITHOUT_LINES,
        {"orders_month_missing"},
    ),
    "a quarter missing but for a few late updates": (
        "delete from raw.orders where month(ordered_at) in (5, 6, 7) and order_id not like '%-1_'"
        + WITHOUT_LINES,
        {"orders_month_missing"},
    ),
    "the fourth month missing": (
        "delete from raw.orders where month(ordered_at) = 4" + WITHOUT_LINES,
        {"orders_month_missing"},
    ),
    "the last but one month missing": (
        "delete from raw.orders where month(ordered_at) = 11" + WITHOUT_LINES,
        {"orders_month_missing"},
    ),
    "orders end a month before browsing does": (
        "delete from raw.orders where ordered_at >= '2024-11-20'" + WITHOUT_LINES,
        {"orders_stopped", "orders_stale"},
    ),
    "orders end a week before browsing does": (
        "delete from raw.orders where ordered_at >= '2024-12-17'" + WITHOUT_LINES,
        {"orders_stale"},
    ),
    "30 % of all e-mails empty": (
        "update raw.registrations set email = '  ' where _line_number <= 15",
        {"registrations_email_empty", "registrations_email_empty_in_delivery"},
    ),
    "30 % of the e-mails empty in one new file": (NEW_BAD_FILE, {"registrations_email_empty_in_delivery"}),
    "all e-mails empty in one new file": (
        NEW_BAD_FILE.replace("_line_number <= 15", "true"),
        {"registrations_email_empty_in_delivery"},
    ),
    "a tenth of the e-mails broken": (
        "update raw.registrations set email = 'a b@c.de' where _line_number <= 5",
        {"registrations_email_invalid"},
    ),
    "5 % in quarantine": (FILE.format("tickets", 1000, 950, 50, 0, "null"), {"quarantined_share"}),
    "30 % in quarantine": (
        FILE.format("tickets", 1000, 700, 300, 0, "null"),
        {"quarantined_share", "quarantined_in_delivery"},
    ),
    "30 % in quarantine, and a good delivery after": (
        FILE.format("tickets", 1000, 700, 300, 0, "null")
        + ";"
        + FILE.format("tickets", 90000, 90000, 0, 0, "null")
        .replace("-02'", "-03'")
        .replace("f.csv", "g.csv"),
        {"quarantined_in_delivery"},
    ),
    "30 % of a foreign export in quarantine": (
        FILE.format("olist.orders", 1000, 700, 300, 0, "null"),
        {"quarantined_share", "quarantined_in_delivery"},
    ),
    "a small file all in quarantine": (FILE.format("tickets", 20, 0, 20, 0, "null"), {"quarantined_share"}),
    "a refused file": (FILE.format("tickets", 0, 0, 0, 0, "'is not text'"), {"files_refused"}),
    "rows that nobody accounts for": (FILE.format("tickets", 100, 98, 0, 0, "null"), {"files_unaccounted"}),
    "orders of unknown accounts": (
        "delete from raw.registrations where account_id in ('a1', 'a2', 'a3', 'a4')",
        {"orders_account_unknown"},
    ),
    "lines without order": (
        "update raw.order_items set order_id = 'nowhere' where order_id = 'o3-7'",
        {"order_items_without_order"},
    ),
}

HARMLESS = {
    "no e-mail column was delivered": "update raw.registrations set email = null",
    "one platform never gives e-mails": """
        insert into raw.registrations by name select * replace (
            'store' as platform, null as email, 'hash-store' as _file_hash
        ) from raw.registrations""",
    "no registrations were delivered": "delete from raw.registrations",
    "a thin start with an empty month, as in Olist": """
        insert into raw.orders by name select * replace (
            'early' || row_number() over () as order_id,
            if(row_number() over () = 1, timestamp '2023-09-04', timestamp '2023-10-15') as ordered_at
        ) from raw.orders limit 60;
        insert into raw.orders by name select * replace (
            'december' as order_id, timestamp '2023-12-23' as ordered_at
        ) from raw.orders limit 1""",
    "a partial last month, as in Online Retail": """
        delete from raw.orders where ordered_at >= '2024-12-03';
        delete from raw.browse_events where event_at >= '2024-12-03';
        delete from raw.tickets where created_at >= '2024-12-03'""",
    "a few events from a wrong clock": """
        update raw.browse_events set event_at = '2025-09-09' where len(event_id) = 2 and event_id <> 'e0'""",
    "a corrected file heals a bad one": NEW_BAD_FILE
    + """; insert into raw.registrations by name select * replace (
            'ok@shop.example' as email, timestamp '2024-06-01' as updated_at, 'hash-good' as _file_hash
        ) from raw.registrations where _file_hash = 'hash-bad'""",
    "a bad file that came again, corrected": FILE.format("tickets", 1000, 700, 300, 0, "null")
    + ";"
    + FILE.format("tickets", 1000, 1000, 0, 0, "null").replace("2025-01-02", "2025-01-03"),
    "a bad delivery of which enough was given up": FILE.format("tickets", 1000, 700, 300, 0, "null")
    + "; update raw.ingested_files set rows_given_up = 100 where extract = 'tickets'",
    "a shop with few orders and a long pause": """
        delete from raw.orders
        where not (order_id like '%-7' and month(ordered_at) <> 5 and month(ordered_at) < 11)""",
}


def failing(connection: duckdb.DuckDBPyConnection) -> dict[str, GateResult]:
    """Evaluate the arrival suite; return the failed gates."""
    suite = arrival.suite()
    results = evaluate(connection_or_path=connection, suite=suite, batch_id="b", checked_at=CHECKED_AT)
    assert [result.gate for result in results] == [limit.gate for limit in suite.gates]
    return {result.gate: result for result in results if not result.is_passed}


def test_a_healthy_shop_passes_every_gate(arrived: duckdb.DuckDBPyConnection) -> None:
    assert failing(arrived) == {}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_fails_its_own_gates_and_no_other(arrived: duckdb.DuckDBPyConnection, defect: str) -> None:
    sabotage, expected = DEFECTS[defect]
    arrived.execute(sabotage)
    assert failing(arrived).keys() == expected


@pytest.mark.parametrize("variation", HARMLESS)
def test_what_real_shops_do_passes(arrived: duckdb.DuckDBPyConnection, variation: str) -> None:
    arrived.execute(HARMLESS[variation])
    critical = {gate for gate, result in failing(arrived).items() if result.severity == "critical"}
    assert critical == set()


def test_a_failure_names_value_month_and_limit(arrived: duckdb.DuckDBPyConnection) -> None:
    arrived.execute("delete from raw.orders where month(ordered_at) = 5")
    found = failing(arrived)["orders_month_missing"]
    assert found.observed == "1 (2024-05)"
    assert found.threshold == "at most 0.6 share of the usual orders that is missing"
    assert (found.layer, found.table_name, found.severity, found.checked_at) == (
        "raw",
        "raw.orders",
        "critical",
        CHECKED_AT,
    )


def test_the_extract_its_share_and_its_own_limit_are_named(
    arrived: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("gate_limits.csv", "gate_parameters.csv", "quarantine_limits.csv"):
        (tmp_path / name).write_text((arrival.SEEDS_DIR / name).read_text(encoding="utf-8"), encoding="utf-8")
    with (tmp_path / "quarantine_limits.csv").open("a", encoding="utf-8") as seed:
        seed.write("orders,0.01,0.05,100,because,2025-01-01\n")
    monkeypatch.setattr(arrival, "SEEDS_DIR", tmp_path)
    arrived.execute(FILE.format("orders", 1000, 900, 100, 0, "null"))
    arrived.execute(FILE.format("tickets", 1000, 900, 100, 0, "null"))
    observed = failing(arrived)["quarantined_in_delivery"].observed
    assert observed == "0.05 (orders of 2025-01-02 00:00:00: 10.0 % of 1000 rows, at most 5.0 %)"


def test_the_bad_file_is_named(arrived: duckdb.DuckDBPyConnection) -> None:
    arrived.execute(NEW_BAD_FILE)
    observed = failing(arrived)["registrations_email_empty_in_delivery"].observed
    assert "registrations-bad.csv" in observed
    assert observed.startswith("0.32")


def test_what_cannot_be_measured_fails_critically(arrived: duckdb.DuckDBPyConnection) -> None:
    arrived.execute("drop table raw.tickets")
    failed = failing(arrived)
    assert failed.keys() == {"orders_stopped", "orders_stale"}
    assert failed["orders_stale"].severity == "critical"
    assert failed["orders_stale"].observed.startswith("not measured: Catalog Error: Table with name tickets")


def test_an_error_that_could_quote_data_is_not_quoted(arrived: duckdb.DuckDBPyConnection) -> None:
    arrived.execute(
        "drop table raw.browse_events; create table raw.said as select 'wang@shop.example' as said"
    )
    arrived.execute("create view raw.browse_events as select said::timestamp as event_at from raw.said")
    failed = failing(arrived)
    assert failed["orders_stale"].observed == "not measured: ConversionException"
    assert "wang" not in str(failed)


def test_a_warehouse_file_is_opened_without_changing_it(arrived: duckdb.DuckDBPyConnection, tmp_path) -> None:
    path = tmp_path / "warehouse.duckdb"
    arrived.execute(f"attach '{path}' as copy; copy from database memory to copy; detach copy")
    before = path.read_bytes()
    results = evaluate(connection_or_path=path, suite=arrival.suite(), batch_id="b", checked_at=CHECKED_AT)
    assert all(result.is_passed for result in results)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["warehouse.duckdb"]
