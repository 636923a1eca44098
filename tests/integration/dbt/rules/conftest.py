"""A small shop on the borders of the rules, built by the rules alone: no landing, identity or Python KPIs."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest

PROJECT_ROOT = Path(__file__).resolve().parents[4]
# A month end after a leap day: one month before it is 29 February, twelve months before it is not special.
AS_OF = date(2024, 3, 31)
LAST_MONTH = date(2024, 2, 29)
CORE_MARTS = ("+orders", "+order_items", "+sessions", "+tickets", "+int_customers")


def read_sql(name: str) -> str:
    """Text of a query beside this file."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def define_as_of(connection: duckdb.DuckDBPyConnection, day: date) -> None:
    """Let the queries beside this file call `as_of()`."""
    connection.execute(f"create or replace temp macro as_of() as date '{day}'")


def run_rules(*, warehouse: Path, scratch: Path, as_of: date) -> None:
    """Build the seeds and models of the rules on core marts that already stand in the warehouse."""
    project = str(PROJECT_ROOT / "dbt_project")
    command = [
        str(Path(sys.executable).with_name("dbt")), "build", "--no-use-colors", "--quiet",
        "--select", "+customer_360", "+segments", "+rfm_tier_history",
        "--exclude", *CORE_MARTS, "source:*", "test_type:generic",
        "--exclude-resource-type", "unit_test",
        "--project-dir", project, "--profiles-dir", project,
        "--target-path", str(scratch / "target"), "--log-path", str(scratch / "logs"),
        "--vars", f"{{as_of_date: '{as_of}'}}",
    ]  # fmt: skip
    environment = {
        **os.environ,
        "RAPPORT_WAREHOUSE": str(warehouse),
        "RAPPORT_TEMP": str(scratch / "tmp"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
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
        define_as_of(connection, AS_OF)
        connection.execute(read_sql("shop_on_the_borders.sql"))
    run_rules(warehouse=warehouse, scratch=scratch, as_of=AS_OF)
    return warehouse


@pytest.fixture(scope="session")
def built_last_month(scratch: Path) -> Path:
    """Warehouse of the same shop as it stood a month earlier: nothing later, and nobody who came later."""
    warehouse = scratch / "last_month.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        define_as_of(connection, AS_OF)
        connection.execute(read_sql("shop_on_the_borders.sql"))
        define_as_of(connection, LAST_MONTH)
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


@pytest.fixture
def warehouse(built: Path) -> duckdb.DuckDBPyConnection:
    """Read-only connection to the shop on the as-of date, with `as_of()` defined."""
    connection = duckdb.connect(str(built), read_only=True)
    define_as_of(connection, AS_OF)
    return connection
