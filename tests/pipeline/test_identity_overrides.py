"""A steward's list, from the landing folder to the release: it holds, costs no order, and can be taken back."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.pipeline.commands import published, rapport, release_of

COLUMNS = ("decision", "platform", "account_id", "other_platform", "other_account_id", "reason", "author")
Account = tuple[str, str]
TOTALS = """
    select
        (select count(*) from marts.orders),
        (select sum(net_revenue) from marts.orders),
        (select sum(lifetime_net_revenue) from marts.customer_360),
        (select count(*) from marts.identity_map),
        (select count(*) from marts.sessions)
"""


@dataclass(frozen=True)
class ThreeNights:
    """One home: a night without a list, one with, and one with a list that says nothing.

    Attributes:
        home: the home.
        releases: of the three nights.
        strangers: two accounts that the list joins.
        twins: two accounts of one customer that the list keeps apart.
    """

    home: Path
    releases: list[str]
    strangers: tuple[Account, Account]
    twins: tuple[Account, Account]

    def ask(self, night: int, query: str, *values: object) -> list[tuple[Any, ...]]:
        file = self.home / "releases" / self.releases[night] / "marts.duckdb"
        with duckdb.connect(str(file), read_only=True) as connection:
            return connection.execute(query, list(values)).fetchall()

    def identity(self, night: int, account: Account) -> tuple[str, str, str | None]:
        (found,) = self.ask(
            night,
            "select customer_id, rule, linked_through from marts.identity_map where platform = ? and account_id = ?",
            *account,
        )
        return found

    def tables(self, night: int) -> dict[str, Any]:
        manifest = self.home / "releases" / self.releases[night] / "manifest.json"
        tables: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))["tables"]
        return tables


def write_list(landing: Path, name: str, lines: list[tuple[str, Account, Account]]) -> None:
    folder = landing / "identity_overrides"
    folder.mkdir(exist_ok=True)
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows((decision, *one, *other, "called in", "li.na") for decision, one, other in lines)


def chosen_accounts(home: Path) -> tuple[list[Account], list[Account]]:
    """Two customers' only accounts that buy, and the two accounts of one customer."""
    with published(home) as connection:
        lonely = connection.execute(
            """select platform, account_id from marts.identity_map inner join marts.customer_360 using (customer_id)
            where account_count = 1 and lifetime_orders > 1 order by all limit 2"""
        ).fetchall()
        pair = connection.execute(
            """select platform, account_id from marts.identity_map where customer_id = (
                select min(customer_id) from marts.customer_360 where account_count = 2 and lifetime_orders > 1
            ) order by all"""
        ).fetchall()
    return lonely, pair


@pytest.fixture(scope="module")
def nights(clean_shop: Path, clean_home: Path, tmp_path_factory: pytest.TempPathFactory) -> ThreeNights:
    folder = tmp_path_factory.mktemp("overrides")
    landing = Path(shutil.copytree(clean_shop, folder / "landing"))
    home = Path(shutil.copytree(clean_home, folder / "home", symlinks=True))
    strangers, twins = chosen_accounts(home)
    releases = [release_of(home)]
    lists: list[list[tuple[str, Account, Account]]] = [
        [
            ("must_link", strangers[0], strangers[1]),
            ("cannot_link", twins[1], twins[0]),
            ("must_link", strangers[0], ("nowhere", "nobody")),
            ("must_link", twins[0], twins[1]),
        ],
        [],
    ]
    for number, lines in enumerate(lists):
        write_list(landing, f"2026-07-0{number + 1}.csv", lines)
        outcome = rapport("run", "--landing", landing, "--home", home)
        assert outcome.code == 0, outcome.out + outcome.err
        releases.append(release_of(home))
    return ThreeNights(
        home=home, releases=releases, strangers=(strangers[0], strangers[1]), twins=(twins[0], twins[1])
    )


def test_a_must_link_joins_and_says_so(nights: ThreeNights) -> None:
    before = [nights.identity(0, account) for account in nights.strangers]
    after = [nights.identity(1, account) for account in nights.strangers]
    assert before[0][0] != before[1][0]
    assert {rule for _, rule, _ in before} == {"single"}
    assert after[0] == after[1]
    assert after[0][0] in {customer for customer, _, _ in before}
    assert after[0][1] == "steward"


def test_a_cannot_link_parts_and_leaves_no_link_behind(nights: ThreeNights) -> None:
    before = [nights.identity(0, account) for account in nights.twins]
    after = [nights.identity(1, account) for account in nights.twins]
    assert before[0] == before[1]
    assert after[0][0] != after[1][0]
    assert [found[1:] for found in after] == [("single", None), ("single", None)]


def test_no_order_and_no_cent_is_lost_by_merging_and_splitting(nights: ThreeNights) -> None:
    first, second, third = (nights.ask(night, TOTALS) for night in range(3))
    assert first == second == third
    assert first[0][1] == first[0][2]


def test_what_a_list_cannot_have_is_told_by_its_line(nights: ThreeNights) -> None:
    told = dict(
        nights.ask(
            1,
            "select gate, observed from governance.gate_results where gate like 'overrides%' and not is_passed",
        )
    )
    assert told == {
        "overrides_of_unknown_accounts": "1 (lines 4 of identity_overrides/2026-07-01.csv)",
        "overrides_contradicted": "1 (lines 5 of identity_overrides/2026-07-01.csv)",
    }


def test_a_night_with_a_list_equals_a_build_at_once(nights: ThreeNights) -> None:
    outcome = rapport("verify", nights.releases[1], "--home", nights.home)
    assert outcome.code == 0, outcome.err


def test_a_list_that_says_nothing_gives_the_tables_back_byte_for_byte(nights: ThreeNights) -> None:
    first, second, third = (nights.tables(night) for night in range(3))
    assert first["marts.identity_map"] != second["marts.identity_map"]
    of_files = {"governance.ingested_files", "governance.gate_results"}
    assert {name for name in first if first[name] != third[name]} <= of_files
    assert first.keys() == third.keys()
