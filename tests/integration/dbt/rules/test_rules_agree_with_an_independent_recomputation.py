"""The models against queries written from the rules alone, for every customer of a shop on the borders."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

Order = tuple[date, int, int, int]


def read_sql(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def differences(connection: duckdb.DuckDBPyConnection, ours: str, theirs: str) -> list[tuple[object, ...]]:
    """Rows that only one of two queries gives, with duplicates counted."""
    return connection.execute(f"""
        (select 'models', * from (({ours}) except all ({theirs})))
        union all
        (select 'expected', * from (({theirs}) except all ({ours})))
        limit 10
    """).fetchall()


def test_points_score_and_tier_agree_on_every_customer(warehouse: duckdb.DuckDBPyConnection) -> None:
    ours = "select customer_id, r_points, f_points, m_points, rfm_score, rfm_tier from marts.rfm_scores"
    assert differences(warehouse, ours, read_sql("expected_scores.sql")) == []


def test_category_value_activity_and_lifecycle_agree_on_every_customer(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    ours = """
        select customer_id, customer_category, value_level, activity_level, lifecycle_stage
        from marts.customer_360
    """
    assert differences(warehouse, ours, read_sql("expected_segments.sql")) == []


@pytest.mark.parametrize(
    ("column", "kinds"),
    [
        ("customer_category", 6),
        ("rfm_tier", 4),
        ("value_level", 4),
        ("activity_level", 5),
        ("lifecycle_stage", 7),
    ],
)
def test_the_shop_holds_every_kind(warehouse: duckdb.DuckDBPyConnection, column: str, kinds: int) -> None:
    row = warehouse.execute(f"select count(distinct {column}) from marts.customer_360").fetchone()
    assert row == (kinds,)


def test_every_point_of_every_measure_occurs(warehouse: duckdb.DuckDBPyConnection) -> None:
    row = warehouse.execute("""
        select count(distinct r_points), count(distinct f_points), count(distinct m_points)
        from marts.rfm_scores
    """).fetchone()
    assert row == (5, 5, 5)


def year_before(day: date) -> date:
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if is_leap_day else day.day)


def is_earned(orders: list[Order], day: date) -> bool:
    window = [order for order in orders if year_before(day) < order[0] <= day]
    sales, items, cents = (sum(order[place] for order in window) for place in (1, 2, 3))
    return sales >= 3 and items >= 10 and cents >= 1_000_000


def vip_until(orders: list[Order], as_of: date) -> date | None:
    """Walk through the days: earned, valid until the earning day leaves the 12 months, evaluated again."""
    until = None
    day = min(order[0] for order in orders)
    while day <= as_of:
        if is_earned(orders, day):
            until = day + timedelta(days=1)
            while year_before(until) < day:
                until += timedelta(days=1)
            day = until
        else:
            day += timedelta(days=1)
    return until if until and until > as_of else None


def test_vip_agrees_with_a_walk_through_the_days(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute("""
        select
            customer_id, order_date, is_sale::int,
            case when is_sale then coalesce(item_count, 0) else 0 end,
            (net_revenue * 100)::bigint
        from marts.orders
        where customer_id is not null
    """).fetchall()
    orders: dict[str, list[Order]] = {}
    for customer, *order in rows:
        orders.setdefault(customer, []).append(tuple(order))
    # Nobody else can ever earn it; the walk through the days is slow.
    spenders = {c: own for c, own in orders.items() if sum(max(order[3], 0) for order in own) >= 1_000_000}
    expected = {c: until for c, own in spenders.items() if (until := vip_until(own, date(2024, 3, 31)))}
    ours = dict(
        warehouse.execute("select customer_id, vip_until from marts.customer_360 where is_vip").fetchall()
    )
    assert len(expected) > 50
    assert ours == expected
