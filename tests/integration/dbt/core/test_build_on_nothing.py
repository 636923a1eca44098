"""The whole dbt project on extracts that are all absent, with every unit test of the rules.

A shop may lack any optional extract; then its tables are empty and typed, and nothing may fail on them.
dbt's unit tests read the types of their inputs from the warehouse, so they run here too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

DBT_PROJECT = Path(__file__).resolve().parents[4] / "dbt_project"


@pytest.fixture(scope="module")
def built(manifest: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Warehouse built from empty sources, and the status of everything that dbt ran."""
    home = tmp_path_factory.mktemp("nothing")
    warehouse = home / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        for source in manifest["sources"].values():
            if source["source_name"].startswith("last_build"):  # there was none
                continue
            columns = ", ".join(f'"{c["name"]}" {c["data_type"]}' for c in source["columns"].values())
            connection.execute(f"create schema if not exists {source['schema']}")
            connection.execute(f"create table {source['schema']}.{source['name']} ({columns})")
    command = [
        str(Path(sys.executable).with_name("dbt")), "build", "--no-use-colors", "--quiet",
        "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT),
        "--target-path", str(home / "target"), "--log-path", str(home / "logs"),
    ]  # fmt: skip
    environment = {**os.environ, "RAPPORT_WAREHOUSE": str(warehouse), "RAPPORT_TEMP": str(home / "tmp")}
    done = subprocess.run(
        command, cwd=DBT_PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    results = json.loads((home / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    assert results, done.stdout + done.stderr
    return warehouse, {result["unique_id"]: result["status"] for result in results}


def test_models_and_tests_hold_on_empty_extracts(built: tuple[Path, dict[str, str]]) -> None:
    _, statuses = built
    failed = {
        name: s
        for name, s in statuses.items()
        if not name.startswith("unit_test.") and s not in {"success", "pass"}
    }
    assert failed == {}


def test_all_unit_tests_of_the_rules_pass(
    manifest: dict[str, Any], built: tuple[Path, dict[str, str]]
) -> None:
    _, statuses = built
    unit_tests = {name: s for name, s in statuses.items() if name.startswith("unit_test.")}
    assert {name: s for name, s in unit_tests.items() if s != "pass"} == {}
    assert unit_tests.keys() == manifest["unit_tests"].keys()
    assert len(unit_tests) > 20


def test_facts_are_empty_and_typed(built: tuple[Path, dict[str, str]]) -> None:
    warehouse, _ = built
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for fact in ("identity_map", "orders", "order_items", "sessions", "tickets"):
            assert connection.execute(f"select count(*) from marts.{fact}").fetchone() == (0,)
        revenue = connection.execute(
            "select data_type from duckdb_columns() where table_name = 'orders' and column_name = 'net_revenue'"
        ).fetchone()
    assert revenue == ("DECIMAL(18,2)",)
