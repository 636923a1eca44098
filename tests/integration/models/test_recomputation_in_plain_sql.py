"""Cohorts and retention of a random shop, recomputed straight from the definition in SQL of another shape."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from models.cohorts import build_cohort_retention
from models.retention import build_repeat_purchase, build_rolling_retention
from orchestration.kpi_inputs import read_activity_gaps, read_cohort_activity, read_first_purchases

AS_OF = date(2025, 5, 20)

SHOP = """
insert into marts.orders by name
select
    n::varchar as order_id,
    case when hash(n, 'guest') % 20 > 0 then 'C' || (hash(n, 'who') % 150) end as customer_id,
    date '2024-06-03' + (hash(n, 'day') % 352)::integer as order_date,
    hash(n, 'sale') % 10 > 1 as is_sale,
    case when hash(n, 'sale') % 10 > 1 then (hash(n, 'money') % 100000) / 100
        when hash(n, 'sale') % 10 = 0 then -5.55 else 0 end as net_revenue
from range(900) as numbers(n);
insert into marts.sessions by name
select
    case when hash(n, 'known') % 3 > 0 then 'C' || (hash(n, 'visitor') % 170) end as customer_id,
    date '2024-06-03' + (hash(n, 'when') % 352)::integer as session_date
from range(600) as numbers(n);
insert into marts.rfm_scores
select 'C' || n, ['Gold', 'Silver', 'Bronze'][1 + n % 3] from range(140) as numbers(n);
insert into intermediate.int_customers
select 'C' || n, case when n % 4 > 0 then ['ad', 'social', 'email'][n % 4] end from range(170) as numbers(n);
"""


@pytest.fixture
def shop(warehouse):
    warehouse.execute(SHOP)
    return warehouse


def test_cohorts_agree(shop):
    activity = read_cohort_activity(connection=shop, as_of=AS_OF)
    ours = build_cohort_retention(activity=activity, as_of=AS_OF, confidence=0.95)
    assert ours.height == 12 * 13 / 2
    for row in ours.filter(pl.col("active_customers").is_not_null()).to_dicts():
        theirs = shop.execute(
            """
            with members as (
                select customer_id from marts.orders where is_sale and customer_id is not null
                group by 1 having date_trunc('month', min(order_date)) = $cohort
            ), month as (select $cohort + to_months($period) as starts)
            select
                (select count(*) from members),
                (select count(distinct customer_id) from marts.orders, month where is_sale
                    and customer_id in (from members) and date_trunc('month', order_date) = starts),
                (select coalesce(sum(net_revenue), 0) from marts.orders, month
                    where customer_id in (from members) and date_trunc('month', order_date) = starts),
                (select sum(net_revenue) / (select count(*) from members) from marts.orders, month
                    where customer_id in (from members) and order_date >= $cohort
                    and order_date < starts + interval 1 month)
            """,
            {"cohort": row["cohort_month"], "period": row["period_number"]},
        ).fetchone()
        assert (row["cohort_size"], row["active_customers"], row["net_revenue"]) == theirs[:3]
        per_customer = row["cumulative_net_revenue_per_customer"]
        assert (per_customer is None) == (theirs[3] is None or row["cohort_size"] == 0)
        if per_customer is not None:
            assert float(per_customer) == pytest.approx(theirs[3], abs=0.005 + 1e-9)


@pytest.mark.parametrize("days", [30, 90])
@pytest.mark.parametrize("segment", ["all", "tier:Gold", "channel:email"])
def test_repeat_purchase_agrees(shop, days, segment):
    firsts = read_first_purchases(connection=shop, as_of=AS_OF, longest_window_days=90)
    ours = build_repeat_purchase(first_purchases=firsts, as_of=AS_OF, windows_days=[30, 90], confidence=0.95)
    row = ours.filter(pl.col("metric") == f"repeat_purchase_{days}", pl.col("segment") == segment)
    theirs = shop.execute(
        f"""
        with buyers as (
            select customer_id, min(order_date) as born from marts.orders where is_sale group by 1
        )
        select count(*) filter (where exists (
            from marts.orders as o where o.is_sale and o.customer_id = buyers.customer_id
            and o.order_date between born + 1 and born + {days}
        )), count(*)
        from buyers
        left join marts.rfm_scores using (customer_id)
        left join intermediate.int_customers using (customer_id)
        where customer_id is not null and born + {days} <= $as_of
        and $segment in ('all', 'tier:' || rfm_tier, 'channel:' || acquisition_channel)
        """,
        {"as_of": AS_OF, "segment": segment},
    ).fetchone()
    assert row.select("numerator", "denominator").row(0) == theirs
    assert theirs[0] > 0


@pytest.mark.parametrize("days", [30, 90])
@pytest.mark.parametrize("evaluated_on", [AS_OF, date(2025, 2, 28), date(2025, 4, 30)])
@pytest.mark.parametrize("segment", ["all", "tier:Silver", "channel:social"])
def test_rolling_retention_agrees(shop, days, evaluated_on, segment):
    gaps = read_activity_gaps(connection=shop, as_of=AS_OF, longest_window_days=90)
    ours = build_rolling_retention(
        activity_gaps=gaps, as_of=AS_OF, windows_days=[30, 90], history_months=36, confidence=0.95
    )
    metric = f"retention_{days}" if evaluated_on == AS_OF else f"retention_{days}_by_month"
    row = ours.filter(
        pl.col("metric") == metric, pl.col("period_end") == evaluated_on, pl.col("segment") == segment
    )
    theirs = shop.execute(
        f"""
        with active as (
            select customer_id, session_date as day from marts.sessions
            union all select customer_id, order_date from marts.orders where is_sale
        ), earlier as (
            select distinct customer_id from active
            where day > $until::date - 2 * {days} and day <= $until::date - {days}
        ), later as (
            select distinct customer_id from active where day > $until::date - {days} and day <= $until::date
        )
        select count(later.customer_id), count(*)
        from earlier
        left join later using (customer_id)
        left join marts.rfm_scores using (customer_id)
        left join intermediate.int_customers using (customer_id)
        where customer_id is not null
        and $segment in ('all', 'tier:' || rfm_tier, 'channel:' || acquisition_channel)
        """,
        {"until": evaluated_on, "segment": segment},
    ).fetchone()
    assert row.select("numerator", "denominator").row(0) == theirs
    assert theirs[0] > 0


def test_without_sessions_orders_alone_make_active(shop):
    shop.execute("delete from marts.sessions")
    gaps = read_activity_gaps(connection=shop, as_of=AS_OF, longest_window_days=90)
    order_days = shop.sql(
        "select count(distinct (customer_id, order_date)) from marts.orders"
        " where is_sale and customer_id is not null"
    ).fetchone()
    assert gaps.filter(pl.col("segment") == "all")["customer_days"].sum() == order_days[0]
