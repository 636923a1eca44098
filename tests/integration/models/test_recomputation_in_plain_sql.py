"""Cohorts and retention of a random shop, recomputed straight from the definition in SQL of another shape.

The recomputation of whole tables stands in `tests/recomputation/`; here it meets a shop with guests, credit notes,
empty attributes and every festival, and each edge of the windows in a shop of a few customers.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from models.retention.cohorts import build_cohort_retention
from models.settings import ModelSettings
from orchestration.kpi.inputs import read_cohort_activity, read_first_purchases, read_settings
from orchestration.kpi.outputs import write_kpi_table
from orchestration.kpi.retention import MeasuredRetention, measure_retention
from tests.recomputation.retention import differing_tables

AS_OF = date(2025, 5, 20)
CRM_START = date(2024, 12, 2)
ORDERS = "insert into marts.orders (order_id, customer_id, order_date, is_sale, net_revenue)"

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
insert into intermediate.int_customers by name
select
    'C' || n as customer_id, case when n % 4 > 0 then ['ad', 'social', 'email'][n % 4] end as acquisition_channel,
    case when n % 3 > 0 then '省' || n % 3 end as province
from range(170) as numbers(n);
update marts.orders as orders set order_number = numbered.order_number from (
    select order_id, row_number() over (partition by customer_id order by order_date, order_id) as order_number
    from marts.orders where is_sale and customer_id is not null
) as numbered where numbered.order_id = orders.order_id;
insert into intermediate.int_customer_acquisition
select orders.customer_id, coalesce(any_value(festivals.festival), 'none')
from marts.orders as orders
left join seeds.festivals as festivals on orders.order_date between festivals.starts_on and festivals.ends_on
where orders.order_number = 1 group by orders.customer_id;
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


def measured(connection, *, crm_start: date | None = CRM_START, as_of: date = AS_OF) -> MeasuredRetention:
    settings: ModelSettings = read_settings(ModelSettings, connection=connection, as_of=as_of)
    return measure_retention(
        connection=connection, as_of=as_of, settings=replace(settings, crm_start_date=crm_start)
    )


def test_every_table_agrees_with_an_independent_recomputation(shop):
    found = differing_tables(connection=shop, as_of=AS_OF, crm_start=CRM_START)
    assert {table: rows.differing for table, rows in found.items() if rows.differing} == {}
    assert min(rows.compared for rows in found.values()) > 20
    segments = set(measured(shop).retention["segment"])
    assert {
        "tier:Gold",
        "channel:ad",
        "province:省1",
        "festival:double_11",
        "festival:any",
        "festival:none",
    } < segments


def test_a_written_table_that_is_off_by_one_customer_is_found(shop):
    written = measured(shop).retention.with_columns(denominator=pl.col("denominator") + 1)
    write_kpi_table(connection=shop, table="retention", frame=written)
    found = differing_tables(connection=shop, as_of=AS_OF, crm_start=CRM_START, written=["retention"])
    assert found["retention"].differing


def test_without_the_day_of_the_crm_nothing_is_compared(shop):
    assert measured(shop, crm_start=None).before_after.is_empty()
    assert measured(shop, crm_start=None).retention.equals(measured(shop).retention)


# The day itself, a day after it, the two windows' edges and the last day: 30 and 90 days after 2 January.
FIRST = date(2025, 1, 2)
AFTER_DAYS = {"same day": 0, "day 1": 1, "day 30": 30, "day 31": 31, "day 90": 90, "day 91": 91}


@pytest.fixture
def edges(warehouse):
    for customer, days in AFTER_DAYS.items():
        orders = [
            (f"{customer} {n}", customer, day, True, 1)
            for n, day in enumerate((FIRST, FIRST + timedelta(days)))
        ]
        warehouse.executemany(f"{ORDERS} values (?, ?, ?, ?, ?)", orders)
    warehouse.execute(f"{ORDERS} values ('guest', null, '2025-01-01', true, 1)")
    warehouse.execute(f"{ORDERS} values ('failed', 'same day', '2025-01-05', false, 0)")
    return warehouse


def test_each_edge_of_repeat_purchase(edges):
    firsts = read_first_purchases(connection=edges, as_of=date(2025, 12, 31), windows_days=[30, 90])
    assert firsts.rows() == [("all", 30, FIRST, 6, 2), ("all", 90, FIRST, 6, 4)]


# What lies after the last day is not known, even where it stands in the table.
@pytest.mark.parametrize(("last_day", "returned"), [(29, 1), (30, 2)])
def test_an_order_after_the_last_day_counts_for_nothing(edges, last_day, returned):
    firsts = read_first_purchases(
        connection=edges, as_of=FIRST + timedelta(days=last_day), windows_days=[30, 90]
    )
    assert firsts.filter(pl.col("window_days") == 30).rows() == [("all", 30, FIRST, 6, returned)]


# As of 30 April: later window 1–30 April, earlier window 2–31 March.
VISITS = {
    "starts the data": ["2023-12-01"],
    "stays": ["2024-03-02", "2024-03-20", "2024-04-30"],
    "stays from the last day": ["2024-03-31", "2024-04-01"],
    "leaves": ["2024-03-31"],
    "too early": ["2024-03-01", "2024-04-15"],
    "new": ["2024-04-15"],
    "comes too late": ["2024-03-15", "2024-05-01"],
}


def test_each_edge_of_both_windows_of_retention(warehouse):
    visits = [(customer, day) for customer, days in VISITS.items() for day in days]
    warehouse.executemany("insert into marts.sessions (customer_id, session_date) values (?, ?)", visits)
    as_of = date(2024, 4, 30)
    table = measured(warehouse, crm_start=date(2024, 3, 2), as_of=as_of)
    rows = table.retention.select("metric", "period_end", "numerator", "denominator").iter_rows()
    found = {(metric, end): tuple(counts) for metric, end, *counts in rows}
    assert found["retention_30", as_of] == (2, 4)
    assert found["retention_90", as_of] == (None, None)
    assert found["retention_30_by_month", date(2024, 3, 31)] == (0, 1)
    assert found["retention_30_by_month", date(2023, 12, 31)] == (None, None)
    (around,) = table.before_after.filter(pl.col("metric") == "retention_30").to_dicts()
    assert (around["after_returned"], around["after_customers"]) == (2, 4)
    assert (around["before_returned"], around["before_customers"]) == (0, 0)
    assert around["difference"] is None


def test_a_day_with_a_visit_and_an_order_is_one_and_orders_alone_make_active(warehouse):
    order = f"{ORDERS} values (?, 'a', ?, true, 1)"
    warehouse.executemany(order, [("1", "2024-01-01"), ("2", "2024-03-05"), ("3", "2024-04-05")])
    alone = measured(warehouse, as_of=date(2024, 4, 30)).retention
    warehouse.execute(
        "insert into marts.sessions (customer_id, session_date) values ('a', '2024-03-05'), (null, '2024-01-01')"
    )
    assert measured(warehouse, as_of=date(2024, 4, 30)).retention.equals(alone)
    row = alone.filter(pl.col("metric") == "retention_30").select("numerator", "denominator").row(0)
    assert row == (1, 1)


# Sixty comparisons share a word of bits; three years hold more than two words.
def test_three_years_of_comparisons_agree_month_by_month(warehouse):
    warehouse.execute("""
        insert into marts.sessions by name
        select
            'C' || hash(n, 'who') % 40 as customer_id,
            date '2022-01-01' + (hash(n, 'day') % 1200)::integer as session_date
        from range(1500) as numbers(n)
    """)
    as_of = date(2025, 4, 14)
    found = differing_tables(connection=warehouse, as_of=as_of, crm_start=date(2023, 6, 1))
    assert found["retention"].differing == []
    assert found["retention_before_after"].differing == []
    assert found["retention"].compared == 2 * (1 + 36)
