"""A gate that must refuse does: exit code 3, its name, and the last release still in place."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb

from tests.pipeline.commands import PROJECT_ROOT, Outcome, rapport, release_of

Copy = Callable[[Path], Path]


def assert_refused(outcome: Outcome, *, home: Path, before: str, gates: Iterable[str]) -> None:
    assert outcome.code == 3, outcome.out + outcome.err
    assert any(gate in outcome.err for gate in gates), outcome.err
    assert "Traceback" not in outcome.err
    assert release_of(home) == before


def rewrite(file: Path, change: Callable[[dict[str, str]], dict[str, str] | None]) -> None:
    """Write a CSV anew; a row that `change` gives as None is dropped."""
    with file.open(encoding="utf-8", newline="") as source:
        reader = csv.DictReader(source)
        rows = [changed for row in reader if (changed := change(row)) is not None]
        columns = list(reader.fieldnames or [])
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, columns)
        writer.writeheader()
        writer.writerows(rows)


def test_a_month_of_orders_missing_is_refused(clean_shop: Path, copy_of: Copy, tmp_path: Path) -> None:
    landing, home = copy_of(clean_shop), tmp_path / "home"
    first_year = tmp_path / "first year"
    for extract in ("orders", "order_items"):
        (first_year / extract).mkdir(parents=True)
        for file in sorted((landing / extract).iterdir())[:4]:
            shutil.copy(file, first_year / extract)
    assert rapport("run", "--landing", first_year, "--home", home).code == 0
    before = release_of(home)
    for file in (landing / "orders").iterdir():
        rewrite(file, lambda row: None if row["ordered_at"].startswith("2025-09") else row)
    outcome = rapport("run", "--landing", landing, "--home", home)
    assert_refused(outcome, home=home, before=before, gates=["orders_month_missing"])


def test_thirty_percent_empty_emails_are_refused(clean_shop: Path, clean_home: Path, copy_of: Copy) -> None:
    landing, home = copy_of(clean_shop), copy_of(clean_home)
    for file in (landing / "registrations").iterdir():
        rewrite(file, lambda row: row | {"email": ""} if int(row["account_id"][-2:]) < 30 else row)
    outcome = rapport("run", "--landing", landing, "--home", home, "--full-refresh")
    assert_refused(outcome, home=home, before=release_of(clean_home), gates=["registrations_email_empty"])


def test_a_doubled_join_is_refused(clean_shop: Path, clean_home: Path, copy_of: Copy, tmp_path: Path) -> None:
    project = tmp_path / "project"
    for folder in ("orchestration", "models", "expectations", "simulator", "dbt_project", "seeds"):
        ignored = shutil.ignore_patterns("target", "logs", "__pycache__")
        shutil.copytree(PROJECT_ROOT / folder, project / folder, ignore=ignored)
    model = project / "dbt_project" / "models" / "marts" / "orders.sql"
    text = model.read_text()
    assert text.rstrip().endswith("select * from final")
    model.write_text(
        text.rstrip().removesuffix("select * from final")
        + "select final.* from final cross join (values (1), (2)) as doubled (side)\n"
    )
    home = copy_of(clean_home)
    outcome = rapport("run", "--landing", clean_shop, "--home", home, project=project)
    assert_refused(
        outcome, home=home, before=release_of(clean_home), gates=["key_is_unique_orders", "orders_reconcile"]
    )


POISONED, POISON = 1000, "13912345678"


def poison(landing: Path) -> None:
    """Add persons who have nothing in common but the telephone of the counter where they registered."""
    columns = ("platform", "account_id", "registered_at", "name", "email", "phone", "birth_date")
    with (landing / "registrations" / "poisoned.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for number in range(POISONED):
            born = f"{1950 + number % 50}-{1 + number // 50 % 12:02}-{1 + number // 600:02}"
            contacts = (f"person{number}@mail.cn", POISON)
            writer.writerow(
                ("shop", f"poisoned{number}", "2025-06-01 10:00:00", f"Person {number}", *contacts, born)
            )


def poisoned_accounts(file: Path) -> tuple[int, int]:
    """Return how many accounts with that telephone a file has, and of how many customers."""
    with duckdb.connect(str(file), read_only=True) as connection:
        (found,) = connection.execute(
            "select count(*), count(distinct customer_id) from marts.identity_map where account_id like 'poisoned%'"
        ).fetchall()
    return found[0], found[1]


def test_a_phone_on_a_thousand_accounts_joins_nobody_and_is_refused(
    clean_shop: Path, clean_home: Path, copy_of: Copy
) -> None:
    landing, home = copy_of(clean_shop), copy_of(clean_home)
    poison(landing)
    outcome = rapport("run", "--landing", landing, "--home", home)
    assert_refused(outcome, home=home, before=release_of(clean_home), gates=["accounts_of_an_identifier"])
    assert poisoned_accounts(home / "warehouse.duckdb") == (POISONED, POISONED)


def test_a_phone_that_is_known_to_name_nobody_is_published(
    clean_shop: Path, clean_home: Path, copy_of: Copy, tmp_path: Path
) -> None:
    landing, home = copy_of(clean_shop), copy_of(clean_home)
    poison(landing)
    seeds = Path(shutil.copytree(PROJECT_ROOT / "seeds", tmp_path / "seeds"))
    with (seeds / "placeholders.csv").open("a", encoding="utf-8") as rows:
        rows.write(f"phone,{POISON},placeholder,The counter's telephone,1970-01-01\n")
    outcome = rapport("run", "--landing", landing, "--home", home, variables={"RAPPORT_SEEDS": str(seeds)})
    assert outcome.code == 0, outcome.out + outcome.err
    assert poisoned_accounts(home / "current" / "marts.duckdb") == (POISONED, POISONED)


def test_a_customer_of_a_thousand_accounts_is_refused(
    clean_shop: Path, clean_home: Path, copy_of: Copy, tmp_path: Path
) -> None:
    landing, home = copy_of(clean_shop), copy_of(clean_home)
    poison(landing)
    seeds = Path(shutil.copytree(PROJECT_ROOT / "seeds", tmp_path / "seeds"))
    rules = seeds / "identity_rules.csv"
    rewrite(rules, lambda row: row | {"value": "2000"} if row["rule"] == "max_accounts_phone" else row)
    outcome = rapport("run", "--landing", landing, "--home", home, variables={"RAPPORT_SEEDS": str(seeds)})
    assert_refused(
        outcome,
        home=home,
        before=release_of(clean_home),
        gates=["accounts_of_a_customer", "accounts_of_an_identifier"],
    )
