"""What is due to be bought again: cases by hand, and a random shop recomputed in SQL of another shape."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import polars as pl
import pytest

from models.next_order.next_order_settings import NextOrderSettings
from models.next_order.next_order_table import REPURCHASE_SCHEMA
from models.setting_rows import parse_settings
from orchestration.kpi.next_orders import read_repurchases
from tests.integration.models.conftest import SEEDS
from tests.recomputation.repurchases import expected_repurchases

AS_OF = date(2025, 6, 30)

TABLES = """
create schema marts;
create table marts.order_items (
    customer_id varchar, order_date date, category varchar, product_id varchar, quantity integer default 1,
    refunded_quantity integer default 0, is_sale boolean default true
);
create table marts.orders (customer_id varchar, order_date date, is_sale boolean default true);
"""

# 40 customers buy tea on day 0 and day 20: the category's gap. Of 40 who buy a fridge four buy another one.
CATEGORIES = """
insert into marts.order_items by name
select 'T' || n as customer_id, date '2024-06-01' + 20 * half as order_date, 'tea' as category, 'green' as product_id
from range(40) as numbers(n), (values (0), (1)) as halves(half);
insert into marts.order_items by name
select 'F' || n as customer_id, date '2024-06-01' + 30 * half as order_date, 'fridge' as category, 'big' as product_id
from range(40) as numbers(n), (values (0), (1)) as halves(half) where half = 0 or n < 4;
"""


@pytest.fixture
def shop() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(TABLES)
        yield connection


@pytest.fixture(scope="module")
def order_settings() -> NextOrderSettings:
    return parse_settings(NextOrderSettings, rows=pl.read_csv(SEEDS / "model_settings.csv"))


def bought(
    connection, customer: str, category: str | None, *days: str, product: str = "p", **others: object
) -> None:
    for day in days:
        row = {
            "customer_id": customer,
            "order_date": day,
            "category": category,
            "product_id": product,
        } | others
        marks = ", ".join("?" for _ in row)
        connection.execute(
            f"insert into marts.order_items ({', '.join(row)}) values ({marks})", list(row.values())
        )


def due(connection, settings: NextOrderSettings) -> dict[str, tuple[object, ...]]:
    connection.execute(
        "insert into marts.orders by name select customer_id, order_date, is_sale from marts.order_items"
    )
    found = read_repurchases(connection=connection, as_of=AS_OF, settings=settings)
    assert set(found.columns) == set(REPURCHASE_SCHEMA)
    return {
        row["customer_id"]: tuple(row[name] for name in REPURCHASE_SCHEMA if name != "customer_id")
        for row in found.to_dicts()
    }


NOTHING = (None, None, None, None, None, False)


# Gaps of 10, 20 and 31 days: the median is 20, and the last purchase on 9 June makes 29 June.
def test_an_own_rhythm_is_the_median_of_the_own_gaps(shop, order_settings):
    bought(shop, "A", "tea", "2025-04-09", "2025-04-19", "2025-05-09", "2025-06-09")
    assert due(shop, order_settings)["A"] == ("tea", "p", 20, "own_gap", date(2025, 6, 29), True)


# Gaps of 10 and 21 days: after 15.5 days nobody is reminded before the sixteenth.
def test_half_a_day_is_a_day_later(shop, order_settings):
    bought(shop, "A", "tea", "2025-05-15", "2025-05-25", "2025-06-15")
    assert due(shop, order_settings)["A"] == ("tea", "p", 16, "own_gap", date(2025, 7, 1), False)


def test_with_one_gap_the_category_counts_if_it_is_bought_again_at_all(shop, order_settings):
    shop.execute(CATEGORIES)
    bought(shop, "A", "tea", "2025-05-01", "2025-06-20")
    bought(shop, "B", "tea", "2025-06-01")
    bought(shop, "C", "fridge", "2025-06-10")
    found = due(shop, order_settings)
    assert found["A"] == ("tea", "p", 20, "category_gap", date(2025, 7, 10), False)
    assert found["B"] == ("tea", "p", 20, "category_gap", date(2025, 6, 21), True)
    assert found["C"] == NOTHING


# The gap is 20 days: on the fortieth day something is due, on the forty-first it has been given up.
@pytest.mark.parametrize(("last", "is_due"), [("2025-05-21", True), ("2025-05-20", False)])
def test_what_was_let_pass_twice_is_given_up(shop, order_settings, last, is_due):
    shop.execute(CATEGORIES)
    bought(shop, "A", "tea", last)
    assert due(shop, order_settings)["A"][-1] == is_due
    assert (due(shop, order_settings)["A"] == NOTHING) != is_due


# Tea is due, milk not yet, bread is due by the category only, coffee later than tea.
def test_of_several_the_most_pressing_is_told(shop, order_settings):
    shop.execute(CATEGORIES.replace("'tea'", "'bread'"))
    bought(shop, "A", "milk", "2025-06-20", "2025-06-23", "2025-06-29")
    bought(shop, "A", "bread", "2025-06-01")
    bought(shop, "A", "coffee", "2025-04-28", "2025-05-28", "2025-06-01")
    bought(shop, "A", "tea", "2025-04-25", "2025-05-25", "2025-06-01")
    bought(shop, "B", "bread", "2025-06-01")
    bought(shop, "B", "milk", "2025-06-20", "2025-06-24", "2025-06-28")
    found = due(shop, order_settings)
    assert found["A"][0] == "coffee"
    assert found["B"][0] == "bread"


def test_the_product_is_the_one_bought_on_most_days(shop, order_settings):
    bought(shop, "A", "tea", "2025-04-09", "2025-04-19", product="green")
    bought(shop, "A", "tea", "2025-05-09", "2025-06-09", product="black")
    bought(shop, "A", "tea", "2025-06-09", product="white")
    assert due(shop, order_settings)["A"][1] == "black"


# Given back, never successful, after the as-of date, of nobody: none of it is a purchase.
def test_only_what_was_kept_is_a_purchase(shop, order_settings):
    bought(shop, "A", "tea", "2025-04-09", "2025-05-09", "2025-06-08")
    before = due(shop, order_settings)["A"]
    bought(shop, "A", "tea", "2025-06-20", refunded_quantity=1)
    bought(shop, "A", "tea", "2025-06-21", is_sale=False)
    bought(shop, "A", "tea", "2025-07-01")
    assert due(shop, order_settings)["A"] == before == ("tea", "p", 30, "own_gap", date(2025, 7, 8), False)
    bought(shop, "A", "tea", "2025-06-20", quantity=2, refunded_quantity=1)
    assert due(shop, order_settings)["A"] != before


def test_without_categories_it_is_not_known_whether_anything_is_due(shop, order_settings):
    bought(shop, "A", None, "2025-04-09", "2025-05-09", "2025-06-08")
    assert due(shop, order_settings)["A"] == (None, None, None, None, None, None)


def test_a_random_shop_agrees_with_a_second_computation(shop, order_settings):
    shop.execute("""
        insert into marts.order_items by name
        select
            case when hash(n, 'guest') % 20 > 0 then 'C' || (hash(n, 'who') % 120) end as customer_id,
            date '2024-06-01' + (hash(n, 'day') % 420)::integer as order_date,
            case when hash(n, 'none') % 9 > 0 then ['tea', 'milk', 'fridge', 'sofa'][(1 + hash(n, 'what') % 4)::bigint] end
                as category,
            'P' || (hash(n, 'product') % 9) as product_id,
            (1 + hash(n, 'pieces') % 3)::integer as quantity,
            (hash(n, 'back') % 3 // 2 * hash(n, 'kept') % 3)::integer as refunded_quantity,
            hash(n, 'sale') % 10 > 0 as is_sale
        from range(2200) as numbers(n)
        where category is distinct from 'sofa' or n < 500
    """)
    ours = [(name, *row) for name, row in sorted(due(shop, order_settings).items())]
    theirs = expected_repurchases(connection=shop, as_of=AS_OF)
    assert ours == theirs
    assert {row[4] for row in ours} == {"own_gap", "category_gap", None}
    assert {row[6] for row in ours} == {True, False}
