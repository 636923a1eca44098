"""`rapport explain` on a shop of few people, recomputed by hand, and on a simulated one without a discrepancy."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from rich.console import Console
from rich.text import Text

from orchestration.explain import explain
from orchestration.explanation_queries import Query
from orchestration.explanation_subject import find_customer, take_subject
from orchestration.release.pseudonyms import find_salt
from orchestration.run_lock import hold_off_runs, hold_run_lock
from orchestration.settings import Settings
from orchestration.summary import show
from orchestration.warehouse import open_warehouse
from tests.pipeline.commands import published, rapport

Copy = Callable[[Path], Path]
Account = tuple[str, str]

PHONE_ACCOUNT = "13812345671"
"""An account id of somebody who logs in with the telephone."""
LONE_PHONE_ACCOUNT = "13812345672"
UNKNOWN_PHONE = "13812345673"
MARKUP = "[red]x[/red]<b>&amp;"
COLUMNS = "platform account_id registered_at updated_at name email phone birth_date city acquisition_channel anonymous_id"
REGISTRATIONS = (
    # One person on three platforms.
    "web|w1|2025-01-10|2025-02-01|王小芳|wang.fang@163.com|13912345678|1990-05-05|上海|search|f3a9c0d1e2b7",
    # The e-mail was taken back and came again, and a city after that.
    "wechat|x1|2025-03-05||王小芳|WANG.FANG@163.com||1990-05-05|天津|ad|",
    "wechat|x1|2025-03-05|2025-03-12|王小芳|||1990-05-05|天津|ad|",
    "wechat|x1|2025-03-05|2025-03-20|王小芳|WANG.FANG@163.com||1990-05-05|天津|ad|",
    "wechat|x1|2025-03-05|2025-04-02|王小芳|WANG.FANG@163.com||1990-05-05|北京|ad|",
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
    # A mailbox of two who live together.
    "web|h1|2025-01-06||孙一凡|family@126.com||1970-03-03|南京|ad|",
    "web|h2|2025-01-07||马二娘|family@126.com||1972-04-04|南京|ad|",
    # Two of one name and city whose numbers differ in a digit, born two years apart.
    "web|r1|2025-01-11||何一凡||13712340021|1970-03-03|长春|ad|",
    "taobao|r2|2025-01-12||何一凡||13712340022|1972-04-04|长春|ad|",
    # Two numbers of three accounts each, of which a steward keeps some apart: k1 from k3, j1 and j2 from j3.
    *(
        f"{platform}|{letter}{number}|2025-01-08|||{letter}.{number}@21cn.com|{phone}||||"
        for letter, phone in (("k", "13712340009"), ("j", "13712340019"))
        for number, platform in ((1, "web"), (2, "wechat"), (3, "taobao"))
    ),
    # Two that nothing links but a steward.
    "web|m1|2025-01-09||林三思|lin.sansi@qq.com||1960-01-01|昆明|ad|",
    "wechat|m2|2025-01-10||||13612340010||||",
)
OVERRIDE_COLUMNS = "decision platform account_id other_platform other_account_id reason author decided_at"
OVERRIDES = (
    "must_link|web|m1|wechat|m2|Showed one card, rang from 139 0000 1111|li.na@shop.cn|2026-06-01 04:00:00",
    f"must_link|web|m1|nowhere|{UNKNOWN_PHONE}|mistyped|li.na|",
    "cannot_link|web|k1|taobao|k3|Two sisters|li.na|2026-06-02 04:00:00",
    "must_link|taobao|k3|web|k1|As in the old system|wang|",
    "cannot_link|web|j1|taobao|j3|Neighbours|li.na|",
    "cannot_link|wechat|j2|taobao|j3|Neighbours|li.na|",
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
    "web|ghost|o11|2026-06-27|paid|15.00|0.00",  # of an account that never registered
    "web||o12|2026-06-27|paid|16.00|0.00",  # of a guest
)
WHOLE = re.compile(
    r"wang\.fang|13912345678|139-1234-5678|王小芳|1990-05-05|138123456|139 0000 1111|li\.na@", re.IGNORECASE
)
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
    write_csv(
        landing / "identity_overrides" / "2026-06-30.csv",
        OVERRIDE_COLUMNS.split(),
        [row.split("|") for row in OVERRIDES],
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


def test_each_link_has_rule_masked_evidence_and_the_day_from_which_both_accounts_have_it(
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
        ("email", frozenset(["w1", "x1"])): ("w***@163.com", "2025-03-20"),
        ("phone", frozenset(["w1", hashed])): ("139****5678", "2025-06-01"),
        ("browser", frozenset(["w1", hashed])): ("f3a9…", "2025-07-15"),
        ("similarity", frozenset(["w1", "x1"])): (None, "2025-04-02"),
        ("similarity", frozenset(["w1", hashed])): (None, "2025-06-01"),
    }


def test_a_likeness_tells_how_likely_it_is_and_which_attributes_agree(
    home: Path, found: dict[str, Any]
) -> None:
    hashed, _ = pseudonym_of(home, "taobao", "o3")
    alike = {
        next(iter({row["left_account_id"], row["right_account_id"]} - {"w1"})): row
        for row in found["links"]
        if row["rule"] == "similarity"
    }
    assert alike["x1"]["likeness"] == {
        "name": "exact", "birth_date": "exact", "phone": "unknown", "email": "exact", "city": "different",
    }  # fmt: skip
    assert alike[hashed]["likeness"] == {
        "name": "exact", "birth_date": "unknown", "phone": "exact", "email": "unknown", "city": "unknown",
    }  # fmt: skip
    assert {Decimal(row["match_probability"]) > Decimal("0.95") for row in alike.values()} == {True}


def told_of(home: Path, asked: str) -> dict[str, Any]:
    return explain(settings=Settings(home=home, landing=home), asked=asked)


def test_a_stewards_link_has_reason_author_and_date(home: Path) -> None:
    told = told_of(home, "m2")
    (link,) = told["links"]
    assert (link["rule"], link["left_account_id"], link["right_account_id"]) == ("steward", "m1", "m2")
    assert (link["reason"], link["author"]) == ("Showed one card, rang from ***", "l***@shop.cn")
    assert str(link["known_since"]) == "2026-06-01"
    assert told["broken_links"] == []
    decisions = [(row["outcome"], row["other_account_id"], row["line_number"]) for row in told["decisions"]]
    assert decisions == [("holds", "m2", 2), ("unknown_account", "138****5673", 3)]


def test_links_that_a_steward_cuts_name_the_decision(home: Path) -> None:
    alone, pair = told_of(home, "k1"), told_of(home, "k2")
    # The number reaches the smaller account first (taobao), so k2 stays with k3.
    assert [row["account_id"] for row in alone["accounts"]] == ["k1"]
    assert {row["account_id"] for row in pair["accounts"]} == {"k2", "k3"}
    assert alone["links"] == []
    broken = {
        (row["rule"], row["account_id"], row["other_account_id"]): row["evidence"]
        for row in alone["broken_links"]
    }
    assert broken == {
        ("phone", "k1", "k2"): "137****0009",
        ("phone", "k1", "k3"): "137****0009",
        ("steward", "k1", "k3"): None,
    }
    assert {row["other_customer_id"] for row in alone["broken_links"]} == {pair["customer_id"]}
    assert {(row["kept_account_id"], row["kept_from_account_id"]) for row in alone["broken_links"]} == {
        ("k1", "k3")
    }
    assert {row["other_account_id"] for row in pair["broken_links"]} == {"k1"}
    decisions = [
        (row["decision"], row["other_account_id"], row["outcome"], row["author"], row["line_number"])
        for row in alone["decisions"]
    ]
    assert decisions == [
        ("cannot_link", "k3", "holds", "li.na", 4),
        ("must_link", "k3", "overruled", "wang", 5),
    ]
    assert alone["discrepancies"] == pair["discrepancies"] == []


def test_a_star_without_its_centre_still_links_the_others(home: Path) -> None:
    told = told_of(home, "j2")
    assert [(row["rule"], row["left_account_id"], row["right_account_id"]) for row in told["links"]] == [
        ("phone", "j1", "j2")
    ]
    assert {row["other_account_id"] for row in told["broken_links"]} == {"j3"}
    assert told["discrepancies"] == []


def test_a_pair_that_waits_for_a_steward_is_told_on_both_sides(home: Path) -> None:
    one, other = told_of(home, "r1"), told_of(home, "r2")
    for told, others in ((one, other), (other, one)):
        (pair,) = told["review"]
        assert pair["other_customer_id"] == others["customer_id"]
        assert pair["likeness"] == {
            "name": "exact", "birth_date": "different", "phone": "similar", "email": "unknown", "city": "exact",
        }  # fmt: skip
        assert Decimal("0.5") < pair["match_probability"] < Decimal("0.95")
        assert told["links"] == told["broken_links"] == []
    outcome = rapport("explain", "r1", "--home", home)
    assert f"accounts web/r1 and taobao/r2 of {other['customer_id']} · likeness probability 0." in outcome.out


def test_a_customer_of_the_past_leads_to_the_one_that_has_its_accounts(home: Path, copy_of: Copy) -> None:
    copied = copy_of(home)
    with duckdb.connect(str(copied / "warehouse.duckdb")) as connection:
        now = told_of_customer(connection, "x1")
        others = [told_of_customer(connection, account) for account in ("h1", "h2")]
        events = [("C00", "C01"), ("C01", now), ("C02", others[0]), ("C02", others[1])]
        connection.executemany(
            "insert into governance.identity_events values (date '2026-01-01', 1, ?, ?, 'merged', 1, 'email')",
            events,
        )
    told = told_of(copied, "C00")
    assert {row["account_id"] for row in told["accounts"]} >= {"w1", "x1"}
    assert told["is_former_id"]
    assert not told_of(copied, "x1")["is_former_id"]
    outcome = rapport("explain", "C02", "--home", copied)
    assert outcome.code == 2
    assert "its accounts belong to 2 customers since" in outcome.err


def told_of_customer(connection: duckdb.DuckDBPyConnection, account: str) -> str:
    rows = connection.execute(
        "select customer_id from intermediate.int_account_customers where account_id = ?", [account]
    ).fetchall()
    return str(rows[0][0])


def test_what_does_not_link_says_why(home: Path, found: dict[str, Any]) -> None:
    def reasons(asked: str) -> set[tuple[str, str]]:
        return {(row["kind"], row["reason"]) for row in told_of(home, asked)["unlinked_identifiers"]}

    assert {(row["kind"], row["reason"]) for row in found["unlinked_identifiers"]} == {("email", "masked")}
    assert reasons("old") == {("email", "unshared"), ("phone", "reused")}
    assert reasons("new") == {("email", "unshared"), ("phone", "reused")}
    assert reasons("s3") == {("email", "shared"), ("phone", "unshared")}
    assert reasons("h1") == reasons("h2") == {("email", "household")}


def test_each_attribute_names_the_statement_that_it_comes_from(found: dict[str, Any]) -> None:
    told = {
        row["attribute"]: (row["value"], row["rule"], row["account_id"], row["stated_on"])
        for row in found["attributes"]
    }
    assert told["first_registered_at"] == ("2025-01-10 00:00:00", "oldest", "w1", "2025-01-10")
    # The account of June says neither city nor birth date, so that of April has the last word.
    assert told["city"] == ("北京", "most_recent", "x1", "2025-04-02")
    assert told["age_band"] == ("35-44", "most_recent", "x1", "2025-04-02")
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


def test_an_account_that_never_registered_states_nothing(home: Path) -> None:
    told = told_of(home, "web/ghost")
    assert [(row["account_id"], row["registered_on"]) for row in told["accounts"]] == [("ghost", None)]
    valued = {row["attribute"] for row in told["attributes"] if row["value"] not in (None, "false")}
    assert valued == set()
    assert [row["order_id"] for row in told["rfm"]["orders"]] == ["o11"]
    assert told["discrepancies"] == told["links"] == told["unlinked_identifiers"] == []
    outcome = rapport("explain", "ghost", "--home", home)
    assert "Nothing links this account to others." in outcome.out


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
    assert "rule email · accounts web/w1 and wechat/x1 · evidence w***@163.com" in outcome.out
    assert "same name, birth date, email; other city; not stated by both: phone" in outcome.out
    assert "1·5 + 3·4 + 4·2 = 25: Silver 银牌 (17 to 25), 1 more for the next tier" in outcome.out
    assert "4 successful orders, net revenue 1,660.06 CNY, as the score counts" in outcome.out


def test_a_figure_that_does_not_add_up_is_told(home: Path, copy_of: Copy) -> None:
    copied = copy_of(home)
    with duckdb.connect(str(copied / "warehouse.duckdb")) as connection:
        connection.execute("update marts.orders set net_revenue = 1000.01 where order_id = 'o1'")
    outcome = rapport("explain", "web/w1", "--home", copied)
    assert "An error of Rapport, please report it. RFM: 4 orders with a net revenue of 1660.07" in outcome.out
    assert "which is not what the score counts" in outcome.out


def test_accounts_that_no_link_explains_are_told(home: Path, copy_of: Copy) -> None:
    copied = copy_of(home)
    with duckdb.connect(str(copied / "warehouse.duckdb")) as connection:
        connection.execute(
            "delete from intermediate.int_identity_edges where kind in ('email', 'similarity') "
            "and right_account = (select account_number from intermediate.int_accounts where account_id = 'x1')"
        )
        connection.execute(
            "update intermediate.int_account_customers set customer_id = ("
            "select customer_id from intermediate.int_account_customers where account_id = 'k3'"
            ") where account_id = 'k1'"
        )
    assert told_of(copied, "w1")["discrepancies"] == [
        "wechat/x1: no link that is shown joins it with the customer's first account."
    ]
    assert (
        "web/k1 and taobao/k3 are one customer, and a steward keeps them apart."
        in told_of(copied, "k2")["discrepancies"]
    )


def test_shared_evidence_of_two_customers_needs_a_decision(home: Path, copy_of: Copy) -> None:
    copied = copy_of(home)
    with duckdb.connect(str(copied / "warehouse.duckdb")) as connection:
        connection.execute(
            "update intermediate.int_account_customers set customer_id = 'C00' where account_id = 'm2'"
        )
    assert told_of(copied, "m2")["discrepancies"][0] == (
        "wechat/m2 and web/m1 share evidence and are two customers, and no steward keeps them apart."
    )


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


def linked_to(account: Account, links: list[dict[str, Any]]) -> set[Account]:
    """The accounts that links lead to, by labelling: each link makes two labels one."""
    label: dict[Account, int] = {}
    for number, row in enumerate(links):
        pair = [(row[f"{side}_platform"], row[f"{side}_account_id"]) for side in ("left", "right")]
        merged = {label[end] for end in pair if end in label}
        label |= {end: number for end, old in label.items() if old in merged} | dict.fromkeys(pair, number)
    return {end for end, number in label.items() if number == label.get(account)} | {account}


@pytest.mark.parametrize("name", ["home", "demo_home"])
def test_the_links_that_are_shown_lead_to_exactly_the_accounts_of_the_customer(
    name: str, request: pytest.FixtureRequest
) -> None:
    home: Path = request.getfixturevalue(name)
    with published(home) as connection:
        customers: dict[str, dict[Account, str]] = {}
        for customer, platform, account, rule in connection.execute(
            "select customer_id, platform, account_id, rule from marts.identity_map where customer_id in ("
            "select customer_id from marts.customer_360 where account_count > 1)"
        ).fetchall():
            customers.setdefault(customer, {})[platform, account] = rule
    assert len(customers) > (2 if name == "home" else 50)
    settings = Settings(home=home, landing=home)
    with open_warehouse(settings, read_only=True) as connection:
        query = Query(connection, as_of=date(2026, 6, 30), reporting_time_zone="Asia/Shanghai")
        for shown, accounts in customers.items():
            platform, account = min(accounts)
            salt = find_salt(home)
            customer_id, _ = find_customer(query, asked=f"{platform}/{account}", salt=salt)
            assert take_subject(query, customer_id=customer_id, salt=salt) == shown
            links = query.rows("links")
            assert linked_to((platform, account), links) == set(accounts), shown
            rules: dict[Account, set[str]] = {end: set() for end in accounts}
            for row in links:
                for side in ("left", "right"):
                    rules[row[f"{side}_platform"], row[f"{side}_account_id"]].add(row["rule"])
            assert {end: ",".join(sorted(found)) for end, found in rules.items()} == accounts, shown


@pytest.mark.parametrize("width", [80, 160])
def test_the_terminal_shows_tables_that_fit_and_cut_no_id(home: Path, width: int) -> None:
    for asked, shown in (("w1", "Orders behind the score"), ("k1", "Links that do not hold")):
        console = Console(
            file=io.StringIO(), width=width, force_terminal=True, color_system=None, markup=False, emoji=False
        )
        show(kind="explanation", result=told_of(home, asked), console=console)
        text = console.file.getvalue()  # type: ignore[attr-defined]
        assert shown in text
        assert "┃" in text
        assert "…" not in text.replace("f3a9…", "")
        assert max(Text(line).cell_len for line in text.splitlines() if "│" in line) <= width
        assert not WHOLE.search(text)
