"""`rapport explain` on a shop of few people, recomputed by hand, and on a simulated one without a discrepancy."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from rich.console import Console

from orchestration.explain import explain
from orchestration.run_lock import hold_off_runs, hold_run_lock
from orchestration.settings import Settings
from orchestration.summary import show
from tests.pipeline.commands import published, rapport

Copy = Callable[[Path], Path]

PHONE_ACCOUNT = "13812345671"
"""An account id of somebody who logs in with the telephone."""
LONE_PHONE_ACCOUNT = "13812345672"
MARKUP = "[red]x[/red]<b>&amp;"
COLUMNS = "platform account_id registered_at updated_at name email phone birth_date city acquisition_channel anonymous_id"
REGISTRATIONS = (
    # One person on three platforms.
    "web|w1|2025-01-10|2025-02-01|王小芳|wang.fang@163.com|13912345678|1990-05-05|上海|search|f3a9c0d1e2b7",
    "wechat|x1|2025-03-05||王小芳|WANG.FANG@163.com||1990-05-05|北京|ad|",
    f"taobao|{PHONE_ACCOUNT}|2025-06-01||王小芳|wang****@163.com|139-1234-5678|||ad|",
    # The same id on two platforms, held by two people.
    "web|1001|2025-01-01||陈大文|chen.dawen@qq.com|13612340001|1985-01-01|广州|search|",
    "wechat|1001|2025-01-02||周小武|zhou.xiaowu@qq.com|13612340002|1986-01-01|深圳|search|",
    f"web|{MARKUP}|2025-01-03||吴子安|wu.zian@qq.com|13612340003|1987-01-01|[b]成都[/b]|search|",
    f"taobao|{LONE_PHONE_ACCOUNT}|2025-01-04||郑如意|zheng.ruyi@qq.com|13612340004|1988-01-01|西安|search|",
    # A number that its operator gave to somebody else two years later.
    "web|old|2023-01-01||李明远|li.mingyuan@qq.com|13712345679|1980-01-01|武汉|search|",
    "web|new|2025-01-05||赵清扬|zhao.qingyang@qq.com|13712345679|1995-02-02|长沙|search|",
    # A mailbox behind more accounts than one person has.
    *(
        f"web|s{n}|2025-02-0{n}||员工小{n}|office@firm.cn|1351234000{n}|1990-01-0{n}|苏州|ad|"
        for n in range(1, 7)
    ),
)
ORDERS = (
    # platform, account, order, day, status, paid, refunded
    "web|w1|o1|2026-06-20|completed|1000.00|0.00",
    "wechat|x1|o2|2026-05-01|completed|500.10|100.05",
    f"taobao|{PHONE_ACCOUNT}|o3|2025-09-01|shipped|300.00|0.00",
    "web|w1|o4|2025-06-30|completed|999.00|0.00",  # the first day that is no more in the period
    "web|w1|o5|2025-07-01|completed|10.01|0.00",  # the first that is
    "web|w1|o6|2026-06-25|cancelled|77.00|0.00",
    "web|w1|o7|2026-06-26|credit_note|0.00|50.00",
    "web|1001|o8|2026-06-30|paid|20.00|0.00",
    f"taobao|{LONE_PHONE_ACCOUNT}|o9|2026-06-29|paid|30.00|0.00",
    "wechat|1001|o10|2026-06-28|paid|40.00|0.00",
)
WHOLE = re.compile(r"wang\.fang|13912345678|139-1234-5678|王小芳|1990-05-05|138123456", re.IGNORECASE)
"""What must not be seen of the one person, in whatever spelling."""


def write_csv(file: Path, columns: list[str], rows: list[list[str]]) -> None:
    file.parent.mkdir(parents=True)
    with file.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([columns, *rows])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one release of the shop above."""
    folder = tmp_path_factory.mktemp("few")
    landing = folder / "landing"
    people = [row.split("|") for row in REGISTRATIONS]
    write_csv(landing / "registrations" / "all.csv", COLUMNS.split(), people)
    sales = [row.split("|") for row in ORDERS]
    write_csv(
        landing / "orders" / "all.csv",
        ["platform", "account_id", "order_id", "ordered_at", "status", "paid_amount", "refunded_amount"],
        [[*row[:3], f"{row[3]} 04:00:00", *row[4:]] for row in sales],
    )
    write_csv(
        landing / "browse_events" / "all.csv",
        ["event_id", "event_at", "anonymous_id", "account_id", "platform", "event_type"],
        [["e1", "2025-07-15 04:00:00", "f3a9c0d1e2b7", PHONE_ACCOUNT, "taobao", "login"]],
    )
    outcome = rapport("run", "--landing", landing, "--home", folder / "home")
    assert outcome.code == 0, outcome.out + outcome.err
    return folder / "home"


@pytest.fixture(scope="module")
def found(home: Path) -> dict[str, Any]:
    """What is told of the one person with three accounts."""
    outcome = rapport("explain", "web/w1", "--home", home, "--json")
    assert outcome.code == 0, outcome.err
    assert not WHOLE.search(outcome.out + outcome.err)
    return outcome.json()


def pseudonym_of(home: Path, platform: str, order_id: str) -> tuple[str, str]:
    """Account and customer of an order as outsiders read them."""
    with published(home) as connection:
        rows = connection.execute(
            "select account_id, customer_id from marts.orders where platform = ? and order_id = ?",
            [platform, order_id],
        ).fetchall()
    return rows[0][0], rows[0][1]


def test_the_accounts_are_listed_and_a_personal_id_as_it_is_published(
    home: Path, found: dict[str, Any]
) -> None:
    hashed, customer = pseudonym_of(home, "taobao", "o3")
    assert found["customer_id"] == customer
    assert [(row["platform"], row["account_id"], row["registered_on"]) for row in found["accounts"]] == [
        ("web", "w1", "2025-01-10"),
        ("wechat", "x1", "2025-03-05"),
        ("taobao", hashed, "2025-06-01"),
    ]


def test_each_link_has_rule_masked_evidence_and_the_later_of_both_days(
    home: Path, found: dict[str, Any]
) -> None:
    hashed, _ = pseudonym_of(home, "taobao", "o3")
    links = {
        (row["rule"], frozenset([row["left_account_id"], row["right_account_id"]])): (
            row["evidence"],
            row["known_since"],
        )
        for row in found["links"]
    }
    assert links == {
        ("email", frozenset(["w1", "x1"])): ("w***@163.com", "2025-03-05"),
        ("phone", frozenset(["w1", hashed])): ("139****5678", "2025-06-01"),
        ("browser", frozenset(["w1", hashed])): ("f3a9…", "2025-07-15"),
    }


def test_what_does_not_link_says_why(home: Path, found: dict[str, Any]) -> None:
    def reasons(asked: str) -> set[tuple[str, str]]:
        told = explain(settings=Settings(home=home, landing=home), asked=asked)
        return {(row["kind"], row["reason"]) for row in told["unlinked_identifiers"]}

    assert {(row["kind"], row["reason"]) for row in found["unlinked_identifiers"]} == {("email", "masked")}
    assert reasons("old") == {("email", "unshared"), ("phone", "reused")}
    assert reasons("new") == {("email", "unshared"), ("phone", "reused")}
    assert reasons("s3") == {("email", "shared"), ("phone", "unshared")}


def test_each_attribute_names_the_statement_that_it_comes_from(found: dict[str, Any]) -> None:
    told = {
        row["attribute"]: (row["value"], row["rule"], row["account_id"], row["stated_on"])
        for row in found["attributes"]
    }
    assert told["first_registered_at"] == ("2025-01-10 00:00:00", "oldest", "w1", "2025-01-10")
    # The account of June says neither city nor birth date, so that of March has the last word.
    assert told["city"] == ("北京", "most_recent", "x1", "2025-03-05")
    assert told["age_band"] == ("35-44", "most_recent", "x1", "2025-03-05")
    assert told["acquisition_channel"] == ("search", "oldest", "w1", "2025-01-10")
    assert told["is_phone_valid"][1] == "any_account"
    assert told["gender"] == (None, "most_recent", None, None)
    assert all(row["agrees"] for row in found["attributes"])


def test_the_score_rests_on_the_orders_of_the_period_to_the_cent(found: dict[str, Any]) -> None:
    rfm = found["rfm"]
    # 1000.00 + 400.05 + 300.00 + 10.01 - 50.00 of the credit note, which is no order.
    assert [row["order_id"] for row in rfm["orders"]] == ["o7", "o1", "o2", "o3", "o5"]
    total = sum(Decimal(row["net_revenue"]) for row in rfm["orders"])
    assert total == Decimal(rfm["net_revenue"]) == Decimal("1660.06")
    assert [(row["measure"], row["fact"], row["points"], row["threshold"]) for row in rfm["points"]] == [
        ("recency", "2026-06-20", 5, "1.00"),
        ("frequency", "4", 4, "4.00"),
        ("monetary", "415.02", 2, "300.00"),
    ]
    assert (rfm["rfm_score"], rfm["rfm_tier"], rfm["points_to_next_tier"]) == (25, "Silver", 1)
    assert rfm["agrees"]
    assert not rfm["is_provisional"]


def test_each_segment_names_the_rule_that_fired(found: dict[str, Any]) -> None:
    told = {row["segment"]: row for row in found["segments"]}
    assert {name: row["level"] for name, row in told.items()} == {
        "customer_category": "tiered",
        "value_level": "medium",
        "activity_level": "low",
        "lifecycle_stage": "mature",
        "vip": "unknown",  # no order lines came
    }
    assert told["value_level"]["rule"]["rule"] == "medium_from"
    assert told["value_level"]["facts"]["net_revenue_12m"] == "1660.06"
    assert told["activity_level"]["rule"]["rule"] == "low_without_login_months"
    assert told["activity_level"]["facts"]["last_login_date"] == "2025-07-15"
    assert told["lifecycle_stage"]["rule"]["precedence"] == 40
    assert told["lifecycle_stage"]["facts"]["days_since_last_order"] == 10
    assert found["discrepancies"] == []


def test_every_name_of_a_customer_finds_it(home: Path, found: dict[str, Any]) -> None:
    hashed, customer = pseudonym_of(home, "taobao", "o3")
    names = (customer, "w1", "wechat:x1", PHONE_ACCOUNT, hashed, f"taobao/{hashed}")
    settings = Settings(home=home, landing=home)
    assert {explain(settings=settings, asked=name)["customer_id"] for name in names} == {customer}


def test_a_customer_named_after_a_telephone_is_found_by_both_ids(home: Path) -> None:
    hashed, customer = pseudonym_of(home, "taobao", "o9")
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        private = connection.execute("select customer_id from marts.orders where order_id = 'o9'").fetchall()[
            0
        ][0]
    assert private != customer
    for name in (private, customer, hashed, LONE_PHONE_ACCOUNT):
        told = explain(settings=Settings(home=home, landing=home), asked=name)
        assert told["customer_id"] == customer
        assert told["accounts"][0]["account_id"] == hashed
        assert private not in json.dumps(told, default=str)


def test_an_id_of_two_people_lists_the_choices(home: Path) -> None:
    outcome = rapport("explain", "1001", "--home", home)
    assert outcome.code == 2
    assert "web/1001, wechat/1001" in outcome.err
    assert rapport("explain", "wechat:1001", "--home", home).code == 0


@pytest.mark.parametrize("asked", ["nobody", "web/nobody", "C000000000000000", "'; drop table x; --", ""])
def test_an_unknown_id_is_told_in_a_sentence(home: Path, asked: str) -> None:
    outcome = rapport("explain", asked, "--home", home)
    assert outcome.code == 2
    assert outcome.err.startswith("No customer and no account is called")
    assert outcome.out == ""


def test_text_of_extracts_is_shown_as_it_is(home: Path) -> None:
    outcome = rapport("explain", f"web/{MARKUP}", "--home", home)
    assert outcome.code == 0, outcome.err
    assert f"account web/{MARKUP} · registered 2025-01-03" in outcome.out
    assert "value [b]成都[/b]" in outcome.out
    assert "\x1b" not in outcome.out


def test_plain_lines_hold_no_personal_value(home: Path, found: dict[str, Any]) -> None:
    outcome = rapport("explain", "web/w1", "--home", home)
    assert outcome.code == 0, outcome.err
    assert not WHOLE.search(outcome.out)
    assert "rule email · account web/w1 · and wechat/x1 · evidence w***@163.com" in outcome.out
    assert "1·5 + 3·4 + 4·2 = 25: Silver 银牌 (17 to 25), 1 more for the next tier" in outcome.out
    assert "4 successful orders, net revenue 1,660.06 CNY, as the score counts" in outcome.out


def test_a_figure_that_does_not_add_up_is_told(home: Path, copy_of: Copy) -> None:
    copied = copy_of(home)
    with duckdb.connect(str(copied / "warehouse.duckdb")) as connection:
        connection.execute("update marts.orders set net_revenue = 1000.01 where order_id = 'o1'")
    outcome = rapport("explain", "web/w1", "--home", copied)
    assert "An error of Rapport, please report it. RFM: 4 orders with a net revenue of 1660.07" in outcome.out
    assert "which is not what the score counts" in outcome.out


def test_a_pair_of_another_kind_is_shown_as_a_pair(home: Path, copy_of: Copy) -> None:
    copied = copy_of(home)
    with duckdb.connect(str(copied / "warehouse.duckdb")) as connection:
        connection.execute(
            "insert into intermediate.int_identity_edges "
            "select 'steward', '1-2', 1, min(account_number), max(account_number) "
            "from intermediate.int_accounts where account_id in ('w1', 'x1')"
        )
    told = explain(settings=Settings(home=copied, landing=copied), asked="w1")
    pair = next(row for row in told["links"] if row["rule"] == "steward")
    assert {pair["left_account_id"], pair["right_account_id"]} == {"w1", "x1"}
    assert pair["evidence"] is None
    assert pair["known_since"] is None
    assert rapport("explain", "w1", "--home", copied).code == 0


def test_without_a_finished_build_there_is_nothing_to_explain(
    home: Path, copy_of: Copy, tmp_path: Path
) -> None:
    outcome = rapport("explain", "w1", "--home", tmp_path / "empty")
    assert outcome.code == 2
    assert "No run has finished" in outcome.err
    assert not (tmp_path / "empty").exists()
    copied = copy_of(home)
    with duckdb.connect(str(copied / "warehouse.duckdb")) as connection:
        connection.execute("delete from build.finished")
    outcome = rapport("explain", "w1", "--home", copied)
    assert outcome.code == 2
    assert "the last one was cut short" in outcome.err


def test_rows_that_moved_since_the_build_are_told(home: Path, copy_of: Copy) -> None:
    copied = copy_of(home)
    with duckdb.connect(str(copied / "warehouse.duckdb")) as connection:
        view = connection.execute(
            "select sql from duckdb_views() where view_name = 'registrations'"
        ).fetchall()[0][0]
        connection.execute(
            view.replace("CREATE VIEW", "CREATE OR REPLACE VIEW").replace(str(home), str(copied))
        )
    shutil.rmtree(copied / "raw" / "registrations")
    outcome = rapport("explain", "w1", "--home", copied)
    assert outcome.code == 2, outcome.out
    assert "`rapport run` brings it up to date" in outcome.err


def test_a_run_at_work_is_named_and_a_reader_disturbs_nobody(home: Path) -> None:
    with hold_run_lock(home / "run.lock"):
        outcome = rapport("explain", "w1", "--home", home)
    assert outcome.code == 4
    assert "Another run works since" in outcome.err
    with duckdb.connect(str(home / "warehouse.duckdb")):
        outcome = rapport("explain", "w1", "--home", home)
    assert outcome.code == 4
    assert "Another program holds the warehouse" in outcome.err
    with hold_off_runs(home / "run.lock"):
        assert rapport("explain", "w1", "--home", home).code == 0


def test_a_simulated_shop_has_no_discrepancy_and_shows_nobody(clean_home: Path) -> None:
    with duckdb.connect(str(clean_home / "warehouse.duckdb"), read_only=True) as connection:
        several = connection.execute(
            "select customer_id from intermediate.int_customers order by account_count desc, customer_id limit 15"
        ).fetchall()
        others = connection.execute(
            "select min(customer_id) from marts.customer_360 "
            "group by customer_category, value_level, activity_level, lifecycle_stage, is_vip order by 1"
        ).fetchall()
        personal = connection.execute(
            "select unnest([name, email, phone]) from intermediate.int_registrations"
        ).fetchall()
    settings = Settings(home=clean_home, landing=clean_home)
    values = {value for (value,) in personal if value}
    assert len(values) > 1000
    for (customer,) in [*several, *others]:
        told = explain(settings=settings, asked=customer)
        assert told["discrepancies"] == [], customer
        shown = json.dumps(told, default=str, ensure_ascii=False)
        assert not [value for value in values if value in shown], customer


def test_the_terminal_shows_tables(home: Path) -> None:
    told = explain(settings=Settings(home=home, landing=home), asked="w1")
    console = Console(file=io.StringIO(), width=160, force_terminal=True, markup=False, emoji=False)
    show(kind="explanation", result=told, console=console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "Orders behind the score" in text
    assert "┃" in text
    assert not WHOLE.search(text)
