"""Accounts that join and part again: customers keep their ids, and what was published of a day stays readable."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import md5
from pathlib import Path

import duckdb
import pytest

from tests.pipeline.commands import rapport, release_of

REGISTRATION = "account_id,platform,registered_at,updated_at,name,email,phone,status"
ORDER = "order_id,platform,account_id,ordered_at,status,paid_amount"
BYSTANDERS = 9
"""Customers of whom nothing is ever told but that they are there; a shop must not lose half of its customers in a night."""
NIGHTS = ("2026-05-31", "2026-06-01", "2026-06-02")
MONTH_END = "2026-04-30"
"""The last month end of which no release told anything."""
PHONES = ("13911112222", "18655553333", "15077774444")
"""What the younger account says on each day, no two alike; the second is the elder account's, too."""


def customer(platform: str, account: str) -> str:
    return "C" + md5(f"{platform}|{account}".encode(), usedforsecurity=False).hexdigest()[:15]


ELDER, YOUNGER = customer("web", "elder"), customer("jd", "younger")


@dataclass(frozen=True)
class Shop:
    """A home after three nights and a second run of the last day, the release of each, and what was delivered."""

    home: Path
    landing: Path
    releases: list[str]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("history")
    landing, home = folder / "landing", folder / "home"
    for extract in ("orders", "registrations"):
        (landing / extract).mkdir(parents=True)
    _drop(landing, "registrations", "elder", [f"elder,web,2025-01-01,2025-01-01,王芳,,{PHONES[1]},active"])
    _drop(
        landing,
        "orders",
        "spring",
        [
            "o1,web,elder,2026-04-10,paid,100.00",
            "o2,jd,younger,2026-04-11,paid,50.00",
            "o3,jd,younger,2026-05-02,paid,7.50",
        ],
    )
    for number in range(BYSTANDERS):
        _drop(
            landing,
            "registrations",
            f"other{number}",
            [f"other{number},web,2025-01-0{number + 1},2025-01-01,,,,active"],
        )
    releases = []
    for number, (day, phone) in enumerate(zip(NIGHTS, PHONES, strict=True)):
        _drop(landing, "registrations", day, [f"younger,jd,2025-02-01,{day},王芳,,{phone},active"])
        _drop(landing, "orders", day, [f"n{number},web,elder,{day},paid,10.00"])
        if day == NIGHTS[-1]:  # 31 May would be another day now; what was published of it stays
            _drop(landing, "orders", "late", ["late,web,elder,2026-05-20,paid,9000.00"])
        outcome = rapport("run", "--landing", landing, "--home", home)
        assert outcome.code == 0, outcome.out + outcome.err
        releases.append(release_of(home))
    folder = landing / "identity_overrides"
    folder.mkdir()
    (folder / "decided.csv").write_text(
        "decision,platform,account_id,other_platform,other_account_id,reason,author\n"
        "must_link,web,elder,jd,younger,called in,li.na\n",
        encoding="utf-8",
    )
    outcome = rapport("run", "--landing", landing, "--home", home)
    assert outcome.code == 0, outcome.out + outcome.err
    releases.append(release_of(home))
    return Shop(home=home, landing=landing, releases=releases)


def _drop(landing: Path, extract: str, name: str, lines: list[str]) -> None:
    header = ORDER if extract == "orders" else REGISTRATION
    (landing / extract / f"{name}.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")


def rows(shop: Shop, query: str, *, release: int = 2) -> list[tuple[object, ...]]:
    file = shop.home / "releases" / shop.releases[release] / "marts.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_a_merge_and_a_split_are_told_with_their_day_and_reason(shop: Shop) -> None:
    assert rows(
        shop,
        "select happened_on::varchar, change_number, event, former_customer_id, customer_id, accounts, rule"
        " from governance.identity_events order by all",
        release=3,
    ) == [
        (NIGHTS[1], 1, "merged", YOUNGER, ELDER, 1, "phone,similarity"),
        (NIGHTS[2], 1, "split", ELDER, YOUNGER, 1, "single"),
        (NIGHTS[2], 2, "merged", YOUNGER, ELDER, 1, "steward"),
    ]


def test_the_months_that_a_merge_restates_are_told_with_their_money(shop: Shop) -> None:
    assert rows(
        shop,
        "select happened_on::varchar, former_customer_id, order_month::varchar, orders, net_revenue::varchar"
        " from governance.identity_restatements order by all",
    ) == [
        (NIGHTS[1], YOUNGER, "2026-04-01", 1, "50.00"),
        (NIGHTS[1], YOUNGER, "2026-05-01", 1, "7.50"),
        (NIGHTS[2], ELDER, "2026-04-01", 1, "50.00"),
        (NIGHTS[2], ELDER, "2026-05-01", 1, "7.50"),
    ]


def test_what_was_published_of_a_day_stays_although_late_orders_came(shop: Shop) -> None:
    value_levels = rows(
        shop,
        "select customer_id, valid_from::varchar, valid_to::varchar, value_level"
        " from marts.customer_history where is_published order by customer_id = '"
        + YOUNGER
        + "', valid_from",
    )
    elder = [row[1:] for row in value_levels if row[0] == ELDER]
    younger = [row[1:] for row in value_levels if row[0] == YOUNGER]
    assert elder[0][0] == NIGHTS[0]
    assert elder[0][2] == "low"
    assert elder[-1] == (NIGHTS[2], None, "high")
    assert [row[:2] for row in younger] == [(NIGHTS[0], NIGHTS[0]), (NIGHTS[2], None)]


def test_each_day_has_one_row_per_customer_as_published_or_as_computed_before(shop: Shop) -> None:
    days = ("2025-06-29", "2025-06-30", MONTH_END, "2026-05-30", *NIGHTS)
    found = rows(
        shop,
        "select day::date::varchar, is_published, count(*), count(distinct customer_id) from marts.customer_history, "
        f"unnest({list(days)}::date[]) as days (day) "
        "where valid_from <= day and (valid_to is null or day <= valid_to) group by all order by all",
    )
    assert found == [
        # A year of month ends begins here; all had registered by then.
        *((day, False, BYSTANDERS + 2, BYSTANDERS + 2) for day in days[1:4]),
        (NIGHTS[0], True, BYSTANDERS + 2, BYSTANDERS + 2),
        (NIGHTS[1], True, BYSTANDERS + 1, BYSTANDERS + 1),
        (NIGHTS[2], True, BYSTANDERS + 2, BYSTANDERS + 2),
    ]


def test_a_month_end_before_the_first_release_is_what_a_run_of_that_day_publishes(
    shop: Shop, tmp_path: Path
) -> None:
    """Both know the same of it: what arrived later, and who is one customer since a steward said so."""
    state = "customer_id, customer_category, rfm_tier, evaluated_tier, is_vip, value_level, activity_level, lifecycle_stage"
    now = rows(
        shop,
        f"select {state} from marts.customer_history"
        f" where not is_published and valid_from <= '{MONTH_END}' and valid_to >= '{MONTH_END}' order by all",
        release=3,
    )
    home = tmp_path / "home"
    outcome = rapport("run", "--landing", shop.landing, "--home", home, "--as-of", MONTH_END)
    assert outcome.code == 0, outcome.out + outcome.err
    then = Shop(home=home, landing=shop.landing, releases=[release_of(home)])
    told = rows(
        then, f"select {state} from marts.customer_history where valid_to is null order by all", release=0
    )
    assert now == told
    assert len(now) == BYSTANDERS + 1
    assert [row[1:3] for row in now if row[0] == ELDER] == [("new", "Bronze")]


def test_what_would_be_true_now_stands_beside_what_was_published(shop: Shop) -> None:
    """The last day of May that was told is a day with a release; the late order of 20 May makes it another day."""
    found = rows(
        shop,
        "select told_on::varchar, customer_id, difference, value_level, value_level_now, rfm_tier, rfm_tier_now"
        " from marts.customer_restatements order by told_on, customer_id",
    )
    assert (NIGHTS[0], ELDER, "other state", "low", "high", "Bronze", "Gold") in found


def test_a_customer_that_is_back_is_told_as_not_published_meanwhile(shop: Shop) -> None:
    """Of June the last day told before the third night is the second, on which the younger was part of the elder."""
    found = rows(
        shop,
        "select difference, customer_category, customer_category_now from marts.customer_restatements"
        f" where customer_id = '{YOUNGER}' and told_on = '{NIGHTS[1]}'",
    )
    assert found == [("not published", None, "new")]


def test_an_explanation_tells_what_was_published_and_what_would_be_true_now(shop: Shop) -> None:
    told = rapport("explain", "elder", "--home", shop.home, "--json").json()
    published = [period for period in told["history"] if period["is_published"]]
    assert [(period["valid_from"], period["value_level"]) for period in published] == [
        (NIGHTS[2], "high"),
        (NIGHTS[1], "low"),
        (NIGHTS[0], "low"),
    ]
    computed = told["history"][len(published) :]
    assert (computed[0]["valid_from"], computed[0]["valid_to"]) == (MONTH_END, "2026-05-30")
    assert not any(period["is_published"] for period in computed)
    assert {"told_on": NIGHTS[0], "attribute": "value_level", "published": "low", "now": "high"} in told[
        "restatements"
    ]
    assert [(event["event"], event["is_gain"], event["rule"]) for event in told["identity_events"]] == [
        ("merged", True, "steward"),
        ("split", False, "single"),
        ("merged", True, "phone,similarity"),
    ]
    shown = rapport("explain", "elder", "--home", shop.home)
    assert f"from {NIGHTS[0]} · to {NIGHTS[0]} · told published" in shown.out
    assert f"from {MONTH_END} · to 2026-05-30 · told computed afterwards" in shown.out


def test_a_release_with_history_is_built_again(shop: Shop) -> None:
    outcome = rapport("verify", shop.releases[1], "--home", shop.home)
    assert outcome.code == 0, outcome.out + outcome.err
