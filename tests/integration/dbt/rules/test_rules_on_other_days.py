"""What the rules say about other days than the as-of date."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from tests.recomputation.recomputation import FROM_MARTS, define_days, gather_facts, read_sql

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
