"""A small shop on the borders of the rules, built by the rules alone: no landing, identity or Python KPIs."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tests.recomputation.recomputation import FROM_MARTS, define_days, gather_facts

PROJECT_ROOT = Path(__file__).resolve().parents[4]
# A month end after a leap day: one month before it is 29 February, twelve months before it is not special.
AS_OF = date(2024, 3, 31)
LAST_MONTH = date(2024, 2, 29)
CORE_MARTS = ("+orders", "+order_items", "+sessions", "+tickets", "+int_customers")


def read_sql(name: str) -> str:
    """Text of a query beside this file."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def run_rules(
    *,
    warehouse: Path,
    scratch: Path,
    as_of: date,
    project_root: Path = PROJECT_ROOT,
    select: tuple[str, ...] = (
        "+customer_360",
        "+segments",
        "+rfm_tier_history",
        "+tier_migrations",
        "+customer_tags",
        "+customer_restatements",
    ),
    exclude: tuple[str, ...] = (*CORE_MARTS, "source:*", "test_type:generic"),
    variables: Mapping[str, str] | None = None,
    seeds: Path | None = None,
) -> None:
    """Build the seeds and models of the rules on core marts that already stand in the warehouse."""
    project = str(project_root / "dbt_project")
    command = [
        str(Path(sys.executable).with_name("dbt")), "build", "--no-use-colors", "--quiet",
        "--select", *select,
        *(["--exclude", *exclude] if exclude else []),
        "--exclude-resource-type", "unit_test",
        "--project-dir", project, "--profiles-dir", project,
        "--target-path", str(scratch / "target"), "--log-path", str(scratch / "logs"),
        "--vars", json.dumps({"as_of_date": str(as_of), **(variables or {})}),
    ]  # fmt: skip
    environment = {
        **os.environ,
        "RAPPORT_WAREHOUSE": str(warehouse),
        "RAPPORT_TEMP": str(scratch / "tmp"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        **({"RAPPORT_DBT_SEEDS": str(seeds)} if seeds else {}),
    }
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the two warehouses and of dbt's leftovers."""
    return tmp_path_factory.mktemp("rules")


@pytest.fixture(scope="session")
def built(scratch: Path) -> Path:
    """Warehouse of the shop on the as-of date."""
    warehouse = scratch / "today.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        define_days(connection, as_of=AS_OF)
        connection.execute(read_sql("shop_on_the_borders.sql"))
    run_rules(warehouse=warehouse, scratch=scratch, as_of=AS_OF)
    return warehouse


@pytest.fixture(scope="session")
def built_last_month(scratch: Path) -> Path:
    """Warehouse of the same shop as it stood a month earlier: nothing later, and nobody who came later."""
    warehouse = scratch / "last_month.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        define_days(connection, as_of=AS_OF)
        connection.execute(read_sql("shop_on_the_borders.sql"))
        define_days(connection, as_of=LAST_MONTH)
        connection.execute("delete from marts.orders where order_date > as_of()")
        connection.execute("delete from marts.sessions where session_date > as_of()")
        connection.execute("""
            delete from intermediate.int_customers
            where coalesce(first_registered_at::date > as_of(), true)
                and customer_id not in (select customer_id from marts.sessions)
                and customer_id not in (
                    select customer_id from marts.orders
                    where customer_id is not null and status <> 'credit_note'
                )
        """)
    run_rules(warehouse=warehouse, scratch=scratch, as_of=LAST_MONTH)
    return warehouse


def build_history(*, scratch: Path, as_of: date) -> Path:
    """Build the tier history of the shop as a run of an earlier day saw it."""
    warehouse = scratch / f"history_{as_of}.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        define_days(connection, as_of=AS_OF)
        connection.execute(read_sql("shop_on_the_borders.sql"))
        connection.execute("delete from marts.orders where order_date > ?", [as_of])
    run_rules(warehouse=warehouse, scratch=scratch, as_of=as_of, select=("+rfm_tier_history",))
    return warehouse


@pytest.fixture(scope="session")
def built_before_an_evaluation(scratch: Path) -> Path:
    """Warehouse of the last days before the evaluation of 1 January."""
    return build_history(scratch=scratch, as_of=date(2023, 12, 28))


@pytest.fixture(scope="session")
def built_after_an_evaluation(scratch: Path) -> Path:
    """Warehouse of a week later."""
    return build_history(scratch=scratch, as_of=date(2024, 1, 4))


def append_every_set(seeds: Path) -> None:
    """Repeat all rows of each seed with a `valid_from` before the shop's last years."""
    for seed in seeds.glob("*.csv"):
        with seed.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        with seed.open("a", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, fieldnames=list(rows[0]), lineterminator="\n")
            writer.writerows({**row, "valid_from": "2020-01-01"} for row in rows)


@pytest.fixture(scope="session")
def built_on_appended_sets(scratch: Path) -> Path:
    """Warehouse of the same shop, built by a copy of the project whose seeds hold every set twice."""
    root, warehouse = scratch / "appended", scratch / "appended.duckdb"
    shutil.copytree(
        PROJECT_ROOT / "dbt_project", root / "dbt_project", ignore=shutil.ignore_patterns("target", "logs")
    )
    shutil.copytree(PROJECT_ROOT / "seeds", root / "seeds")
    append_every_set(root / "seeds")
    with duckdb.connect(str(warehouse)) as connection:
        define_days(connection, as_of=AS_OF)
        connection.execute(read_sql("shop_on_the_borders.sql"))
    run_rules(warehouse=warehouse, scratch=root, as_of=AS_OF, project_root=root)
    # The tests of the seeds and of the one rule that only the core marts read.
    run_rules(
        warehouse=warehouse, scratch=root, as_of=AS_OF, project_root=root,
        select=("resource_type:seed", "int_order_statuses"), exclude=(),
    )  # fmt: skip
    return warehouse


@pytest.fixture(scope="session")
def built_by_quantiles(scratch: Path) -> Path:
    """Warehouse of the same shop by rules that cut activity at quantiles."""
    seeds, warehouse = scratch / "quantile_seeds", scratch / "quantiles.duckdb"
    shutil.copytree(PROJECT_ROOT / "seeds", seeds)
    rules = seeds / "activity_levels.csv"
    text = rules.read_text(encoding="utf-8")
    assert "by_quantile,0," in text
    rules.write_text(text.replace("by_quantile,0,", "by_quantile,1,"), encoding="utf-8")
    with duckdb.connect(str(warehouse)) as connection:
        define_days(connection, as_of=AS_OF)
        connection.execute(read_sql("shop_on_the_borders.sql"))
    run_rules(
        warehouse=warehouse, scratch=scratch, as_of=AS_OF, seeds=seeds,
        select=("+int_customer_segments",), exclude=(*CORE_MARTS, "source:*", "resource_type:test"),
    )  # fmt: skip
    return warehouse


@pytest.fixture
def warehouse(built: Path) -> duckdb.DuckDBPyConnection:
    """Read-only connection to the shop on the as-of date, with the facts that recomputations read."""
    connection = duckdb.connect(str(built), read_only=True)
    define_days(connection, as_of=AS_OF)
    gather_facts(connection, FROM_MARTS)
    return connection
