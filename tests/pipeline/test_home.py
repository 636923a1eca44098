"""One home through its runs: who may read it, what it refuses, and what it remembers of them."""

from __future__ import annotations

import csv
import json
import stat
from pathlib import Path

import duckdb
import pytest

from orchestration.run_lock import hold_run_lock
from tests.pipeline.commands import published, rapport, release_of
from tests.pipeline.test_gates import rewrite

PHONES = 20
"""So many accounts of the shop log in with their telephone number."""


@pytest.fixture(scope="module")
def logins() -> dict[str, str]:
    """Telephone numbers, and one e-mail, by the account id that they replace."""
    return {}


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory, logins: dict[str, str]) -> Path:
    """A tiny shop in which accounts are called after telephone numbers and an e-mail."""
    shop = tmp_path_factory.mktemp("shop") / "landing"
    assert rapport("simulate", shop, "--customers", "60", "--days", "120").code == 0
    (registrations,) = (shop / "registrations").iterdir()
    with registrations.open(encoding="utf-8", newline="") as source:
        accounts = [row["account_id"] for row in csv.DictReader(source)]
    logins |= {account: f"138{number:08d}" for number, account in enumerate(accounts[:PHONES])}
    logins[accounts[PHONES]] = "wang.fang@163.com"
    for file in shop.glob("[!_]*/*.csv"):
        if "account_id" in file.read_text(encoding="utf-8").splitlines()[0]:
            rewrite(
                file,
                lambda row: row | {"account_id": logins.get(row["account_id"], row["account_id"])},
            )
    header = "order_id,platform,account_id,ordered_at,status,paid_amount"
    odd = "O-odd,shop,X,2026-05-01 08:00:00,[/b],1.00\nO-odd2,shop,X,[red]never,paid,1.00"
    (shop / "orders" / "orders [copy].csv").write_text(f"{header}\n{odd}\n")
    return shop


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, landing: Path) -> Path:
    home = tmp_path_factory.mktemp("tiny") / "home"
    outcome = rapport("run", "--landing", landing, "--home", home)
    assert outcome.code == 0, outcome.out + outcome.err
    return home


def mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


def test_private_files_are_their_owners_alone_and_releases_everybodys(home: Path) -> None:
    shut = {path.name for path in home.iterdir() if not path.is_symlink() and mode(path).endswith("00")}
    private = {
        "raw",
        "quarantine",
        "warehouse.duckdb",
        "ledger.jsonl",
        "run.log",
        "dagster",
        "tmp",
        "private",
    }
    assert private <= shut
    assert {path.name for path in home.iterdir()} - shut == {"releases", "current"}
    inside = [path for name in ("raw", "quarantine") for path in (home / name).rglob("*")]
    assert {mode(path)[-2:] for path in inside} == {"00"}
    assert {mode(folder) for folder in (home, home / "releases", home / "current")} == {"0o755"}
    released = [path for path in (home / "current" / "").rglob("*") if path.is_file()]
    assert {mode(file) for file in released} == {"0o444"}
    assert {file.name for file in released} > {"marts.duckdb", "manifest.json"}


def test_telephone_numbers_and_emails_as_account_ids_are_not_published(
    home: Path, logins: dict[str, str]
) -> None:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        private = {row[0] for row in connection.execute("select account_id from marts.orders").fetchall()}
    assert private & set(logins.values())
    with published(home) as connection:
        found = {
            table: {row[0] for row in connection.execute(f"select account_id from {table}").fetchall()}
            for table in ("identity_map", "orders", "tickets")
        }
        customers = connection.execute(
            "select count(*) from (select distinct customer_id from identity_map) as identities "
            "full join customer_360 using (customer_id) "
            "where identities.customer_id is null or customer_360.customer_id is null"
        ).fetchone()
    assert not set(logins.values()) & set().union(*found.values())
    assert (
        sum(account.startswith("A") and len(account) == 21 for account in found["identity_map"]) == PHONES + 1
    )
    assert found["orders"] <= found["identity_map"]
    assert customers == (0,)


def test_a_prediction_that_is_not_published_has_a_card_that_says_why(home: Path) -> None:
    with published(home) as connection:
        cards = dict(
            connection.execute("select model, reason from model_cards where not is_published").fetchall()
        )
    assert set(cards) == {"cltv", "churn", "next_order", "recommendations"}
    assert cards["recommendations"].endswith("200 are needed to judge.")


def test_quarantine_shows_names_and_words_as_they_are(home: Path) -> None:
    outcome = rapport("quarantine", "orders", "--home", home)
    assert outcome.code == 0, outcome.err
    assert "orders [copy].csv" in " ".join(outcome.out.split())


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        (["run", "--landing", "{landing}"], {"RAPPORT_TIME_ZONE": "Europe/Berlin"}),
        (["run", "--landing", "{landing}"], {"RAPPORT_CURRENCY": "EUR"}),
        (["run", "--landing", "{landing}", "--source", "olist"], {}),
        (["demo", "--customers", "10"], {}),
    ],
)
def test_another_source_is_refused_in_this_home(
    home: Path, landing: Path, arguments: list[str], variables: dict[str, str]
) -> None:
    before = release_of(home)
    words = [word.format(landing=landing) for word in arguments]
    outcome = rapport(*words, "--home", home, variables=variables)
    assert outcome.code == 2, outcome.out + outcome.err
    assert outcome.err.startswith("This home holds native extracts (CNY, Asia/Shanghai)")
    assert "choose another with --home." in outcome.err
    assert release_of(home) == before


def test_a_day_before_the_first_order_is_refused_and_remembered(home: Path, landing: Path) -> None:
    before = release_of(home)
    outcome = rapport("run", "--landing", landing, "--home", home, "--as-of", "2020-01-01")
    assert outcome.code == 2, outcome.out + outcome.err
    assert "--as-of 2020-01-01 lies before the first order; orders are known from 2026-03-" in outcome.err
    assert "to 2026-06-30." in outcome.err
    assert release_of(home) == before
    status = rapport("status", "--home", home, "--json").json()
    assert status["last_run_exit_code"] == 2
    assert "lies before the first order" in status["last_run"]
    assert status["release_id"] == before


def test_status_leaves_a_working_run_alone(home: Path) -> None:
    with hold_run_lock(home / "run.lock"), duckdb.connect(str(home / "warehouse.duckdb")):
        outcome = rapport("status", "--home", home)
    assert outcome.code == 0, outcome.err


def test_an_export_that_the_profile_does_not_fit_is_unusable_input(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    for name in ("orders", "order_items", "order_payments", "customers"):
        (landing / f"olist_{name}_dataset.csv").write_text("something\nelse\n")
    outcome = rapport("run", "--landing", landing, "--source", "olist", "--home", tmp_path / "home")
    assert outcome.code == 2, outcome.out + outcome.err
    assert "does not fit the export" in outcome.err
    assert "Traceback" not in outcome.err
    assert json.loads((tmp_path / "home" / "last_run.json").read_text())["exit_code"] == 2
