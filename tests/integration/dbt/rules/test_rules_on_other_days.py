"""What the rules say about other days than the as-of date."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from tests.integration.dbt.rules.conftest import LAST_MONTH
from tests.recomputation.recomputation import (
    FROM_MARTS,
    compare_past_days,
    define_days,
    gather_facts,
    read_sql,
)

STATE = (
    *("customer_category", "rfm_tier", "evaluated_tier", "is_vip"),
    *("value_level", "activity_level", "lifecycle_stage"),
)
TIER_ON_DAY = """
    select customer_id, rfm_tier, rfm_score from marts.rfm_tier_history
    where valid_from <= $day and (valid_to is null or $day <= valid_to)
"""


def test_last_month_counts_what_a_run_of_last_month_counted(built: Path, built_last_month: Path) -> None:
    key = "value_level, activity_level, lifecycle_stage"
    with duckdb.connect(str(built), read_only=True) as connection:
        now = connection.execute(
            f"""
            select {key}, customers_last_month from marts.segments where customers_last_month > 0 order by all
            """
        ).fetchall()
    with duckdb.connect(str(built_last_month), read_only=True) as connection:
        then = connection.execute(
            f"select {key}, customers from marts.segments where customers > 0 order by all"
        ).fetchall()
    assert len(then) > 20
    assert now == then


def test_a_month_end_that_no_release_told_is_what_a_run_of_that_day_published(
    built: Path, built_last_month: Path
) -> None:
    """Nothing in this shop lacks a date but who is blocked, and both runs know that."""
    state = "customer_id, " + ", ".join(STATE)
    on_the_day = (
        f"select {state} from marts.customer_history where is_published = $published and valid_from <= $day"
    )
    with duckdb.connect(str(built), read_only=True) as connection:
        now = connection.execute(
            f"{on_the_day} and $day <= valid_to order by all", {"published": False, "day": LAST_MONTH}
        ).fetchall()
    with duckdb.connect(str(built_last_month), read_only=True) as connection:
        then = connection.execute(
            f"{on_the_day} and valid_to is null order by all", {"published": True, "day": LAST_MONTH}
        ).fetchall()
    assert len(then) > 1000
    assert now == then


def test_every_month_end_of_a_year_agrees_with_an_independent_recomputation(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    compared = compare_past_days(warehouse)
    assert {day: found.differing for day, found in compared.items() if found.differing} == {}
    assert list(compared) == [
        *(date(2024, 2, 29), date(2024, 1, 31), date(2023, 12, 31), date(2023, 11, 30), date(2023, 10, 31)),
        *(date(2023, 9, 30), date(2023, 8, 31), date(2023, 7, 31), date(2023, 6, 30), date(2023, 5, 31)),
        date(2023, 4, 30),
    ]
    assert compared[date(2023, 4, 30)].customers > 700


def test_days_that_no_release_told_are_not_held_against_today(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert warehouse.execute("select count(*) from marts.customer_restatements").fetchone() == (0,)


def test_the_tier_of_last_years_evaluation_can_be_read_on_any_day_up_to_the_next(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    define_days(warehouse, as_of=date(2022, 12, 31))
    gather_facts(warehouse, FROM_MARTS)
    expected = read_sql("expected_scores.sql")
    scored = dict(
        (row[0], (row[1], row[2]))
        for row in warehouse.execute(f"select customer_id, tier, score from ({expected})").fetchall()
    )
    assert len(scored) > 300
    for day in (date(2023, 1, 1), date(2023, 9, 1), date(2023, 12, 31)):
        held = {row[0]: row[1:] for row in warehouse.execute(TIER_ON_DAY, {"day": day}).fetchall()}
        assert {customer: held[customer] for customer in scored} == scored


def test_whoever_bought_in_the_evaluated_year_or_first_after_it_holds_a_tier(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    held = {row[0] for row in warehouse.execute(TIER_ON_DAY, {"day": date(2024, 3, 31)}).fetchall()}
    buyers = {
        row[0]
        for row in warehouse.execute("""
            select customer_id from marts.orders
            where is_sale and customer_id is not null
                and (order_date between '2023-01-01' and '2023-12-31' or order_number = 1 and order_date > '2023-12-31')
        """).fetchall()
    }
    assert held == buyers


# Anchored on the as-of date, every past evaluation would move by a week and with it all of the published history.
def test_a_run_a_week_later_tells_the_same_history(
    built_before_an_evaluation: Path, built_after_an_evaluation: Path
) -> None:
    history = (
        "select customer_id, valid_from, {}, rfm_tier, rfm_score, is_provisional from marts.rfm_tier_history"
    )
    with duckdb.connect(str(built_before_an_evaluation), read_only=True) as connection:
        then = connection.execute(history.format("valid_to") + " order by all").fetchall()
    with duckdb.connect(str(built_after_an_evaluation), read_only=True) as connection:
        # What held a week ago has ended with the evaluation in between.
        still_open = "case when valid_to < '2023-12-31' then valid_to end"
        now = connection.execute(
            history.format(still_open) + " where valid_from <= '2023-12-28' order by all"
        ).fetchall()
        set_since = connection.execute(
            "select valid_from, count(*) from marts.rfm_tier_history"
            " where valid_from > '2023-12-28' and not is_provisional group by all"
        ).fetchall()
    assert len(then) > 1000
    assert now == then
    assert [day for day, _ in set_since] == [date(2024, 1, 1)]


def test_a_new_customer_holds_a_provisional_tier_from_the_first_order(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    rows = warehouse.execute("""
        with first_orders as (
            select customer_id, min(order_date) as first_order_date
            from marts.orders where is_sale and customer_id is not null group by all
        )
        select count(*), count(history.customer_id), bool_and(history.is_provisional)
        from first_orders
        left join marts.rfm_tier_history as history
            on history.customer_id = first_orders.customer_id
            and history.valid_from = first_orders.first_order_date
    """).fetchone()
    assert rows is not None
    assert rows[0] == rows[1]
    assert rows[2]
