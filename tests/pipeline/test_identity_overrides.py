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

from tests.pipeline.commands import published, rapport, release_of, tables_that_tell_history

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


SAYS_WHAT_CAME_IN = {"governance.ingested_files", "governance.gate_results"}
SAYS_WHEN = {"governance.release", "governance.quarantine_summary"}


@dataclass(frozen=True)
class ThreeNights:
    """One home: a night without a list, one with, and one with a list that says nothing.

    Attributes:
        home: the home.
        releases: of the three nights.
        strangers: two accounts that the list joins.
        twins: two accounts of one customer that the list keeps apart.
        touched: customers of the first night whose accounts the list names.
    """

    home: Path
    releases: list[str]
    strangers: tuple[Account, Account]
    twins: tuple[Account, Account]
    touched: list[str]

    def file(self, night: int) -> Path:
        return self.home / "releases" / self.releases[night] / "marts.duckdb"

    def ask(self, night: int, query: str, *values: object) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.file(night)), read_only=True) as connection:
            return connection.execute(query, list(values)).fetchall()

    def differences(self, one: int, other: int, query: str) -> list[tuple[Any, ...]]:
        """Rows that only one of two nights gives; a column of another type or name is a mistake of the test."""
        with duckdb.connect(str(self.file(one)), read_only=True) as connection:
            connection.execute(f"attach '{self.file(other)}' as other_night (read_only)")
            connection.execute(f"create temp table ours as {query}")
            connection.execute("use other_night")
            connection.execute(f"create temp table theirs as {query}")
            ours, theirs = (
                connection.execute(f"select column_name, column_type from (describe temp.{table})").fetchall()
                for table in ("ours", "theirs")
            )
            assert ours == theirs
            return connection.execute("""
                (select 'one', * from (from temp.ours except all from temp.theirs))
                union all
                (select 'other', * from (from temp.theirs except all from temp.ours))
                limit 10
            """).fetchall()

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


LONELY = """
    select platform, account_id, customer_id
    from identity_map inner join customer_360 using (customer_id)
    where account_count = 1 and lifetime_orders > 1 order by all limit ?
"""
SHARING = """
    select min((platform, account_id)), max((platform, account_id)), customer_id
    from identity_map inner join customer_360 using (customer_id)
    where account_count = 2
    group by customer_id order by bool_or(lifetime_orders > 1) desc, customer_id
"""
JOINED = 10


def chosen_accounts(
    home: Path,
) -> tuple[list[tuple[Account, Account]], list[tuple[Account, Account]], list[str]]:
    """Pairs of customers' only accounts, pairs of accounts of one customer, and all their customers."""
    with published(home) as connection:
        lonely = connection.execute(LONELY, [2 * JOINED]).fetchall()
        sharing = connection.execute(SHARING).fetchall()
    accounts: list[Account] = [(platform, account) for platform, account, _ in lonely]
    strangers = list(zip(accounts[::2], accounts[1::2], strict=True))
    twins = [(tuple(one), tuple(other)) for one, other, _ in sharing]
    return strangers, twins, [row[2] for row in lonely + sharing]


@pytest.fixture(scope="module")
def nights(clean_shop: Path, clean_home: Path, tmp_path_factory: pytest.TempPathFactory) -> ThreeNights:
    folder = tmp_path_factory.mktemp("overrides")
    landing = Path(shutil.copytree(clean_shop, folder / "landing"))
    home = Path(shutil.copytree(clean_home, folder / "home", symlinks=True))
    strangers, twins, touched = chosen_accounts(home)
    releases = [release_of(home)]
    lists: list[list[tuple[str, Account, Account]]] = [
        [
            ("must_link", *strangers[0]),
            ("cannot_link", twins[0][1], twins[0][0]),
            ("must_link", strangers[0][0], ("nowhere", "nobody")),
            ("must_link", *twins[0]),
            *(("must_link", one, other) for one, other in strangers[1:]),
            *(("cannot_link", one, other) for one, other in twins[1:]),
        ],
        [],
    ]
    for number, lines in enumerate(lists):
        write_list(landing, f"2026-07-0{number + 1}.csv", lines)
        outcome = rapport("run", "--landing", landing, "--home", home)
        assert outcome.code == 0, outcome.out + outcome.err
        releases.append(release_of(home))
    return ThreeNights(home=home, releases=releases, strangers=strangers[0], twins=twins[0], touched=touched)


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


def test_every_customer_that_the_list_names_is_merged_or_split(nights: ThreeNights) -> None:
    before, after = (nights.ask(night, "select count(*) from customer_360")[0][0] for night in (0, 1))
    split = len(nights.touched) - 2 * JOINED
    assert split > 10
    assert after == before - JOINED + split


@pytest.mark.parametrize("night", [1, 2])
@pytest.mark.parametrize(
    ("table", "but"),
    [
        ("orders", "customer_id, order_number"),
        ("order_items", "customer_id"),
        ("sessions", "customer_id, has_order"),
        ("tickets", "customer_id"),
        ("governance.money_ledger", ""),
    ],
)
def test_facts_change_their_customer_and_nothing_else(
    nights: ThreeNights, night: int, table: str, but: str
) -> None:
    excluded = f"* exclude ({but})" if but else "*"
    assert nights.ask(0, f"select count(*) from {table}")[0][0] > 10
    assert nights.differences(0, night, f"select {excluded} from {table}") == []


# Scores of the models and the shop's median gap rest on everybody; all else is a customer's own.
def test_whoever_the_list_does_not_name_stays_as_before(nights: ThreeNights) -> None:
    before, after = (
        {row[0] for row in nights.ask(night, "select customer_id from customer_360")} for night in (0, 1)
    )
    touched = ", ".join(f"'{customer}'" for customer in [*nights.touched, *(after - before)])
    others = f"""
        select * exclude (cltv_12m, churn_probability_90d, expected_orders_12m, next_order_date, lifecycle_stage)
        from customer_360 where customer_id not in ({touched})
    """
    assert len(nights.ask(0, others)) > 500
    assert nights.differences(0, 1, others) == []


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
    assert first["marts.customer_360"] != second["marts.customer_360"]
    assert first.keys() == third.keys()
    set_apart = SAYS_WHAT_CAME_IN | tables_that_tell_history()
    assert {name for name in first if first[name] != third[name]} <= set_apart
    compared = {name.removeprefix("marts.") for name in first.keys() - set_apart - SAYS_WHEN}
    assert len(compared) > 20
    assert nights.differences(0, 1, "from customer_360") != []
    assert [table for table in sorted(compared) if nights.differences(0, 2, f"from {table}")] == []
