"""Which version of a row holds does not depend on which file came first.

Three files in all six orders of arrival, a run per file and a day between, against all three in one run. The
naive rules fail here: the latest arrival, a hash of the file, a row that counts as a repeat of an old version.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from orchestration.landing.ingest import ingest_extract, landing_files
from orchestration.landing.views import create_raw_views
from orchestration.settings import SEEDS_DIR, Settings

DBT_PROJECT = Path(__file__).resolve().parents[4] / "dbt_project"
FIRST_RUN = datetime(2026, 7, 1, 9)


class Case(NamedTuple):
    """Files in the order of their names, and the latest rows that they leave."""

    header: str
    files: tuple[list[str], list[str], list[str]]
    models: list[str]
    latest: str
    expected: list[tuple[Any, ...]]


CASES = {
    "orders": Case(
        "platform,order_id,ordered_at,status,paid_amount,refunded_amount",
        (
            ["web,o1,2026-06-01,paid,9,", "web,o2,2026-06-01,completed,9,0", "web,o3,2026-06-01,paid,9,0"],
            [
                "web,o1,2026-06-01,shipped,9,",
                "web,o2,2026-06-01,completed,9,4",
                "web,o3,2026-06-01,已取消,9,0",
            ],
            ["web,o1,2026-06-01,paid,9,", "web,o2,2026-06-01,shipped,9,0", "web,o4,2026-06-01,pending,9,0"],
        ),
        ["stg_order_versions", "stg_orders"],
        "order_id, status, refunded_amount::integer",
        [("o1", "shipped", 0), ("o2", "completed", 4), ("o3", "cancelled", 0), ("o4", "pending", 0)],
    ),
    "order_items": Case(
        "platform,order_id,line_no,quantity,unit_price,refunded_quantity",
        (
            ["web,o1,1,3,9,0", "web,o1,2,3,9,"],
            ["web,o1,1,3,9,2", "web,o1,2,3,9,0"],
            ["web,o1,1,3,9,0", "web,o1,1,3,9,1", "web,o1,3,1,9,"],
        ),
        ["stg_order_item_versions", "stg_order_items"],
        "line_no, refunded_quantity",
        [(1, 2), (2, 0), (3, 0)],
    ),
    "products": Case(
        "product_id,name,list_price",
        (["p1,Cup,10", "p2,Jug,20"], ["p1,Cup,12", "p2,Jug,18"], ["p1,Cup,10", "p2,Jug,20"]),
        ["stg_products"],
        "product_id, list_price::integer",
        [("p1", 10), ("p2", 20)],
    ),
    "campaigns": Case(
        "campaign_id,variant,cost",
        (["c1,a,10"], ["c1,a,12", "c1,a,14", "c1,a,12"], ["c2,a,5"]),
        ["stg_campaigns"],
        "campaign_id, cost::integer",
        [("c1", 12), ("c2", 5)],
    ),
    "tickets": Case(
        "platform,ticket_id,created_at,status,escalation_level",
        (
            ["web,t1,2026-06-01,open,1", "web,t2,2026-06-01,open,3"],
            ["web,t1,2026-06-01,pending,2", "web,t2,2026-06-01,resolved,1"],
            ["web,t1,2026-06-01,open,1", "web,t2,2026-06-01,pending,3"],
        ),
        ["stg_tickets"],
        "ticket_id, status, escalation_level",
        [("t1", "pending", 2), ("t2", "resolved", 1)],
    ),
    "registrations": Case(
        "platform,account_id,registered_at,status",
        (["web,a1,2026-06-01,active"], ["web,a1,2026-06-01,blocked"], ["web,a1,2026-06-01,"]),
        ["stg_registrations"],
        "account_id, is_blocked",
        [("a1", True)],
    ),
    "feedback": Case(
        "platform,feedback_id,created_at,score",
        (["web,f1,2026-06-01,4"], ["web,f1,2026-06-02,2", "app,f1,2026-06-01,3"], ["web,f1,2026-06-01,5"]),
        ["stg_feedback"],
        "platform, feedback_id, score",
        [("app", "f1", 3), ("web", "f1", 2)],
    ),
}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the SQL of the staging models, as dbt would run it."""
    home = tmp_path_factory.mktemp("compiled")
    command = [
        str(Path(sys.executable).with_name("dbt")), "compile", "--no-use-colors", "--quiet", "--select", "staging",
        "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT),
        "--target-path", str(home / "target"), "--log-path", str(home / "logs"),
    ]  # fmt: skip
    environment = {**os.environ, "RAPPORT_WAREHOUSE": str(home / "warehouse.duckdb")}
    done = subprocess.run(
        command, cwd=DBT_PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return home / "target" / "compiled" / "rapport" / "models" / "staging"


def latest(home: Path, *, extract: str, runs: list[list[int]], compiled: Path) -> list[tuple[Any, ...]]:
    """Staged rows after the files (by number) have been dropped, the ones of a run together."""
    case = CASES[extract]
    settings = Settings(home=home, landing=home / "landing")
    folder = settings.landing / extract
    folder.mkdir(parents=True)
    for day, files in enumerate(runs):
        for number in files:
            (folder / f"{number}.csv").write_text("\n".join([case.header, *case.files[number]]) + "\n")
        found = landing_files(settings=settings)[extract]
        ingest_extract(extract=extract, files=found, settings=settings, now=FIRST_RUN + timedelta(days=day))
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        create_raw_views(connection, settings)
        connection.execute("create schema seeds; create schema staging")
        connection.execute(
            f"create table seeds.order_statuses as from read_csv('{SEEDS_DIR}/order_statuses.csv')"
        )
        for model in case.models:
            query = (compiled / f"{model}.sql").read_text(encoding="utf-8")
            connection.execute(f"create table staging.{model} as {query}")
        return connection.execute(
            f"select {case.latest} from staging.{case.models[-1]} order by all"
        ).fetchall()


@pytest.mark.parametrize("extract", CASES)
def test_files_in_any_order_leave_the_rows_that_they_leave_at_once(
    tmp_path: Path, compiled: Path, extract: str
) -> None:
    at_once = latest(tmp_path / "at_once", extract=extract, runs=[[0, 1, 2]], compiled=compiled)
    assert at_once == CASES[extract].expected
    for order in permutations(range(3)):
        home = tmp_path / "".join(map(str, order))
        one_by_one = latest(home, extract=extract, runs=[[number] for number in order], compiled=compiled)
        assert (order, one_by_one) == (order, at_once)
