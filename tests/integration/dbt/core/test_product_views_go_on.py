"""Looks at products from night to night: what a build that goes on keeps, forgets, and takes in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

DBT_PROJECT = Path(__file__).resolve().parents[4] / "dbt_project"
# The first night knows 29 June 2026 and keeps 30 days: in Shanghai both end at 16:00 UTC. Products by what becomes of them.
EVENTS = """
create schema staging; create schema seeds;
create table seeds.browsing_rules as select 'kept' as rule, 30 as value, date '1970-01-01' as valid_from;
create table staging.stg_browse_events as
select
    'web' as platform, 'b' as anonymous_id, 'a' as account_id, product_id, event_at, event_type,
    'onsite_recommendation' as traffic_source, is_new
from (values
    ('seen before', timestamp '2026-06-10 10:00:00', 'product_view', true),
    ('grows too old', timestamp '2026-05-31 15:59:59', 'product_view', true),
    ('just young enough', timestamp '2026-05-31 16:00:00', 'product_view', true),
    ('its day comes', timestamp '2026-06-29 16:00:00', 'product_view', true),
    ('its day comes later', timestamp '2026-06-30 16:00:00', 'product_view', true)
) as events (product_id, event_at, event_type, is_new);
"""
SECOND_NIGHT = """
update staging.stg_browse_events set is_new = false;
insert into staging.stg_browse_events
select 'web', 'b', null, product_id, event_at, 'add_to_cart', null, true
from (values
    ('comes late', timestamp '2026-06-03 10:00:00'),
    ('comes too late', timestamp '2026-05-31 15:59:59'),
    ('comes of today', timestamp '2026-06-30 15:59:59'),
    ('comes too early', timestamp '2026-06-30 16:00:00')
) as events (product_id, event_at);
"""
LOOKS = """
select product_id, account_id, is_cart_addition, is_recommended from intermediate.int_product_views order by viewed_at, product_id
"""


def build(*, warehouse: Path, as_of: str, previous: str | None = None) -> None:
    """Build the table, anew or from where the build of an earlier day left off."""
    scratch = warehouse.parent
    known = {"continued": ["int_product_views"], "previous_as_of_date": previous} if previous else {}
    command = [
        str(Path(sys.executable).with_name("dbt")), "run", "--no-use-colors", "--quiet", "--select", "int_product_views",
        "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT),
        "--target-path", str(scratch / "target"), "--log-path", str(scratch / "logs"),
        "--vars", json.dumps({"as_of_date": as_of, **known}),
    ]  # fmt: skip
    environment = {
        **os.environ,
        "RAPPORT_WAREHOUSE": str(warehouse),
        "RAPPORT_TEMP": str(scratch / "tmp"),
    }
    done = subprocess.run(
        command, cwd=DBT_PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def looks(warehouse: Path, change: str = "") -> list[tuple[object, ...]]:
    """Read the table, after a change of what it is made from."""
    with duckdb.connect(str(warehouse)) as connection:
        found = connection.execute(LOOKS).fetchall()
        connection.execute(change or "select 1")
    return found


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[object, ...]]]:
    """Looks after the first night, after the second one that goes on, and after a build of it at once."""
    warehouse = tmp_path_factory.mktemp("looks") / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(EVENTS)
    build(warehouse=warehouse, as_of="2026-06-29")
    first = looks(warehouse, SECOND_NIGHT)
    build(warehouse=warehouse, as_of="2026-06-30", previous="2026-06-29")
    second = looks(warehouse)
    build(warehouse=warehouse, as_of="2026-06-30")
    return {"first": first, "second": second, "at once": looks(warehouse)}


def test_a_night_that_goes_on_forgets_the_old_and_takes_in_the_new_and_the_late(
    nights: dict[str, list[tuple[object, ...]]],
) -> None:
    assert nights["first"] == [
        ("grows too old", "a", False, True),
        ("just young enough", "a", False, True),
        ("seen before", "a", False, True),
    ]
    assert nights["second"] == [
        ("just young enough", "a", False, True),
        ("comes late", None, True, False),
        ("seen before", "a", False, True),
        ("its day comes", "a", False, True),
        ("comes of today", None, True, False),
    ]


def test_it_equals_a_build_at_once_that_leaves_nothing_of_the_last_one(
    nights: dict[str, list[tuple[object, ...]]],
) -> None:
    assert nights["at once"] == nights["second"]
