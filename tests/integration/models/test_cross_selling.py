"""The share of net revenue after a click on a recommendation: each edge by hand, and a random shop recomputed."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from orchestration.kpi.query import read_query
from tests.recomputation.cross_selling import recompute_cross_selling

FIRST, LAST = date(2024, 7, 1), date(2025, 6, 30)

# One order of 100 CNY of P by the customer C, at noon of 10 June; what follows is one click each, and whether it counts.
SHOP = """
insert into marts.orders by name
select
    'shop' as platform, 'O' as order_id, 'C' as customer_id, timestamp '2025-06-10 12:00' as ordered_at,
    date '2025-06-10' as order_date, true as is_sale;
insert into marts.order_items by name
select
    'shop' as platform, 'O' as order_id, date '2025-06-10' as order_date, true as is_sale, 'P' as product_id,
    100 as net_revenue
union all by name
select 'shop' as platform, 'O' as order_id, date '2025-06-10' as order_date, true as is_sale, 'Q' as product_id,
    300 as net_revenue;
insert into intermediate.int_account_customers values ('shop', 'A', 'C'), ('shop', 'B', 'D');
insert into intermediate.int_browser_customers values ('known', 'C'), ('other', 'D');
"""
CLICKS = {
    "a week before to the second": ("'known', 'A', 'P', '2025-06-03 12:00:00', false, true", 100),
    "a second more than a week before": ("'known', 'A', 'P', '2025-06-03 11:59:59', false, true", 0),
    "in the second of the order": ("'known', 'A', 'P', '2025-06-10 12:00:00', false, true", 100),
    "after the order": ("'known', 'A', 'P', '2025-06-10 12:00:01', false, true", 0),
    "before any log-in": ("'known', null, 'P', '2025-06-09 12:00', false, true", 100),
    "with another's account": ("'known', 'B', 'P', '2025-06-09 12:00', false, true", 0),
    "in another's browser": ("'other', null, 'P', '2025-06-09 12:00', false, true", 0),
    "on another product": ("'known', 'A', 'R', '2025-06-09 12:00', false, true", 0),
    "a cart, but no click": ("'known', 'A', 'P', '2025-06-09 12:00', true, true", None),
    "a look from elsewhere": ("'known', 'A', 'P', '2025-06-09 12:00', false, false", None),
}


def measured(connection: duckdb.DuckDBPyConnection) -> tuple[float, float] | None:
    frame = read_query(
        connection, "measures/cross_sell_revenue_share", period_start=FIRST, period_end=LAST, as_of=LAST
    )
    rows = frame.select("numerator", "denominator").rows()
    return (float(rows[0][0]), float(rows[0][1])) if rows else None


@pytest.mark.parametrize("click", CLICKS)
def test_a_click_counts_within_a_week_before_the_order_of_its_product(warehouse, click):
    values, counted = CLICKS[click]
    warehouse.execute(SHOP)
    warehouse.execute(f"insert into intermediate.int_product_views values ('shop', {values})")
    expected = None if counted is None else (counted, 400)
    assert measured(warehouse) == expected
    assert recompute_cross_selling(warehouse, first=FIRST, last=LAST) == expected


def test_several_clicks_count_a_line_once(warehouse):
    warehouse.execute(SHOP)
    for hour in range(5):
        warehouse.execute(
            "insert into intermediate.int_product_views values "
            f"('shop', 'known', 'A', 'P', '2025-06-09 0{hour}:00', false, true)"
        )
    assert measured(warehouse) == (100, 400)


RANDOM_SHOP = """
insert into marts.orders by name
select
    'shop' as platform, n::varchar as order_id, case when n % 9 > 0 then 'C' || hash(n, 'who') % 60 end as customer_id,
    timestamp '2024-05-01' + to_minutes((hash(n, 'when') % 612000)::bigint) as ordered_at,
    (ordered_at + interval 8 hour)::date as order_date, hash(n, 'sale') % 10 > 0 as is_sale
from range(1500) as numbers(n);
insert into marts.order_items by name
select
    platform, order_id, order_date, is_sale, 'P' || hash(order_id, line) % 8 as product_id,
    case when is_sale then hash(order_id, line, 'money') % 50000 / 100 else 0 end as net_revenue
from marts.orders, range(1, 4) as lines(line);
insert into intermediate.int_account_customers select 'shop', 'A' || n, 'C' || n % 60 from range(70) as numbers(n);
insert into intermediate.int_browser_customers select 'B' || n, 'C' || n from range(40) as numbers(n);
insert into intermediate.int_product_views by name
select
    'shop' as platform, case when n % 3 > 0 then 'B' || hash(n, 'browser') % 50 end as anonymous_id,
    case when n % 3 <> 1 then 'A' || hash(n, 'account') % 80 end as account_id, 'P' || hash(n, 'product') % 8 as product_id,
    timestamp '2024-05-01' + to_minutes((hash(n, 'seen') % 612000)::bigint) as viewed_at,
    hash(n, 'cart') % 4 = 0 as is_cart_addition, hash(n, 'from') % 3 = 0 as is_recommended
from range(4000) as numbers(n);
"""


def test_a_random_shop_agrees_with_an_independent_recomputation(warehouse):
    warehouse.execute(RANDOM_SHOP)
    expected = recompute_cross_selling(warehouse, first=FIRST, last=LAST)
    assert measured(warehouse) == pytest.approx(expected, abs=1e-9)
    after_click, all_of_it = expected
    assert 0.02 < after_click / all_of_it < 0.5


# A window of 14 days from June on: an earlier as-of date keeps the week.
@pytest.mark.parametrize(("valid_from", "counted"), [("2025-06-30", 100), ("2025-07-01", 0)])
def test_the_window_is_a_row_of_the_seed(warehouse, valid_from, counted):
    warehouse.execute(SHOP)
    warehouse.execute(
        "insert into intermediate.int_product_views values ('shop', 'known', 'A', 'P', '2025-05-28 12:00', false, true)"
    )
    warehouse.execute(
        "insert into seeds.browsing_rules by name select 'click_to_purchase' as rule, 14 as value,"
        f" date '{valid_from}' as valid_from"
    )
    assert measured(warehouse) == (counted, 400)
