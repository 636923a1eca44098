"""The rules of customers written a second time, and compared with what the models say of every customer.

What belongs here: plain SQL from the rules as people state them, with their numbers; nothing is read from `seeds/` but
the words that stand for no browser, and nothing from the intermediate models. What does not: a rule of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

FROM_RAW_ROWS = "facts_of_raw_rows.sql"
FROM_MARTS = "facts_of_marts.sql"

RULES = {
    "expected_scores.sql": """
        select
            coalesce(scores.customer_id, customers.customer_id) as customer_id, r_points, f_points, m_points,
            customers.rfm_score, customers.rfm_tier, recency_days, frequency, is_provisional, points_to_next_tier
        from marts.rfm_scores as scores
        full join (from marts.customer_360 where rfm_tier is not null or rfm_score is not null) as customers
            on scores.customer_id = customers.customer_id
            and scores.rfm_tier = customers.rfm_tier and scores.rfm_score = customers.rfm_score
    """,
    "expected_segments.sql": """
        select customer_id, customer_category, value_level, activity_level, lifecycle_stage from marts.customer_360
    """,
    "expected_vip.sql": "select customer_id, is_vip, vip_until from marts.customer_360",
}
"""Each recomputation beside what the models say."""

PAST_STATES = """
    select customer_id, customer_category, value_level, activity_level, lifecycle_stage, rfm_tier, is_vip
    from marts.customer_history
    where not is_published and valid_from <= as_of() and as_of() <= valid_to
"""
"""What the models say of a month end before the first release, and the days of which they say it."""
PAST_DAYS = "select told_on from intermediate.int_told_days where not is_published order by told_on desc"


@dataclass(frozen=True)
class Comparison:
    """A rule compared with its recomputation.

    Attributes:
        customers: rows of the recomputation.
        differing: up to ten rows that only one of the two has, with the side that has it.
    """

    customers: int
    differing: list[tuple[Any, ...]]


def read_sql(name: str) -> str:
    """Text of a query beside this file."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def define_days(
    connection: duckdb.DuckDBPyConnection, *, as_of: date, time_zone: str = "Asia/Shanghai"
) -> None:
    """Let the queries call `as_of()` and `local_day(instant)`."""
    set_as_of(connection, as_of)
    connection.execute(
        "create or replace temp macro local_day(instant) as "
        f"timezone('{time_zone}', timezone('UTC', instant))::date"
    )


def set_as_of(connection: duckdb.DuckDBPyConnection, day: date) -> None:
    """Let `as_of()` be the day; the facts stay as they are."""
    connection.execute(f"create or replace temp macro as_of() as date '{day}'")


def gather_facts(connection: duckdb.DuckDBPyConnection, facts: str) -> None:
    """Fill `shop_orders`, `shop_customers` and `shop_visits` up to `as_of()`; what stood in them goes."""
    for table in ("all_orders", "orders", "registrations", "customers", "events", "browsers", "visits"):
        connection.execute(f"drop table if exists shop_{table}")
    connection.execute(read_sql(facts))


def compare(connection: duckdb.DuckDBPyConnection, rule: str) -> Comparison:
    """Compare what the models say with a recomputation, duplicates counted."""
    return _compare(connection, ours=RULES[rule], theirs=read_sql(rule))


def compare_past_days(connection: duckdb.DuckDBPyConnection) -> dict[date, Comparison]:
    """Compare the month ends before the first release, from the last to the first, with what is known now of them.

    The facts must be those of the as-of date. What came after each day is taken out of them, and stays out.
    """
    days = [row[0] for row in connection.execute(PAST_DAYS).fetchall()]
    theirs = f"""
        select segments.*, scores.tier, vip.is_vip
        from ({read_sql("expected_segments.sql")}) as segments
        left join ({read_sql("expected_scores.sql")}) as scores using (customer_id)
        left join ({read_sql("expected_vip.sql")}) as vip using (customer_id)
    """
    compared = {}
    for day in days:
        _forget_what_came_after(connection, day)
        compared[day] = _compare(connection, ours=PAST_STATES, theirs=theirs)
    return compared


def _forget_what_came_after(connection: duckdb.DuckDBPyConnection, day: date) -> None:
    """Let `as_of()` be the day; nothing later is left in the facts, nor anybody who was not seen by then."""
    set_as_of(connection, day)
    connection.execute("""
        delete from shop_orders where order_date > as_of();
        delete from shop_visits where visit_date > as_of();
        update shop_customers set registered_date = null where registered_date > as_of();
        delete from shop_customers
        where registered_date is null
            and customer_id not in (select customer_id from shop_orders where is_placed)
            and customer_id not in (select customer_id from shop_visits where customer_id is not null)
    """)


def _compare(connection: duckdb.DuckDBPyConnection, *, ours: str, theirs: str) -> Comparison:
    connection.execute(f"create or replace temp table ours as {ours}")
    connection.execute(f"create or replace temp table theirs as {theirs}")
    differing = connection.execute("""
        (select 'models', * from (from ours except all from theirs))
        union all
        (select 'recomputed', * from (from theirs except all from ours))
        order by all
        limit 10
    """).fetchall()
    counted = connection.execute("select count(*) from theirs").fetchall()
    return Comparison(customers=counted[0][0], differing=differing)


def recompute_home(home: Path) -> dict[str, Comparison]:
    """Compare every rule on the private warehouse of a home, from the rows as they came in."""
    with facts_of(home) as connection:
        compared = {rule: compare(connection, rule) for rule in RULES}
        shown = connection.execute("select count(*) from marts.customer_360").fetchall()[0][0]
    assert compared["expected_segments.sql"].customers == compared["expected_vip.sql"].customers == shown
    return compared


def recompute_past_days(home: Path) -> dict[date, Comparison]:
    """Compare the month ends before a home's first release, from the rows as they came in."""
    with facts_of(home) as connection:
        return compare_past_days(connection)


@contextmanager
def facts_of(home: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Connect to the private warehouse of a home, with the facts of its rows up to its as-of date."""
    zone = json.loads((home / "source.json").read_text(encoding="utf-8"))["reporting_time_zone"]
    with duckdb.connect(str(home / "current" / "marts.duckdb"), read_only=True) as connection:
        as_of = connection.execute("select as_of_date from governance.release").fetchall()[0][0]
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        define_days(connection, as_of=as_of, time_zone=zone)
        gather_facts(connection, FROM_RAW_ROWS)
        yield connection
