"""Recommendations of a shop with planted tastes: published, without what was bought or cannot be had, and blind to the
future; refused where products say nothing of each other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from models.recommendations.product_neighbours import learn
from models.recommendations.recommendation_settings import RecommendationSettings
from models.setting_rows import parse_settings
from models.settings import ModelSettings
from orchestration.kpi import query as queries
from orchestration.kpi import recommendations
from orchestration.kpi.computation import Computation
from orchestration.kpi.query import QUERIES_DIR
from orchestration.kpi.recommendations import TasteReader, foretell_recommendations
from tests.integration.models.conftest import SEEDS

AS_OF = date(2025, 6, 30)
CUT = date(2025, 4, 1)
CUT_AT = datetime(2025, 4, 1, 16)
"""The end of that day in Shanghai, as UTC."""
ZONE = "Asia/Shanghai"

# 400 customers of eight tastes: four of five lines are among the ten products of the customer's taste. Nobody has bought
# or carted the products of OLD since the year before; one of NEW is in carts only.
SHOP = f"""
create schema marts; create schema intermediate; create schema seeds;
create table seeds.model_settings as from read_csv('{SEEDS}/model_settings.csv');
create table marts.identity_map as
select 'shop' as platform, 'A' || n as account_id, 'C' || n as customer_id from range(420) as numbers(n);
create table intermediate.int_account_customers as from marts.identity_map;
create table marts.orders as
select
    'shop' as platform, n::varchar as order_id,
    case when hash(n, 'guest') % 25 > 0 then 'C' || hash(n, 'who') % 400 end as customer_id,
    timestamp '2024-01-01' + to_minutes((hash(n, 'when') % 786000)::bigint) as ordered_at,
    (ordered_at + interval 8 hour)::date as order_date,
    ['completed', 'completed', 'pending', 'cancelled', 'credit_note'][(1 + hash(n, 'status') % 5)::bigint] as status,
    status in ('completed', 'pending') as is_sale
from range(4000) as numbers(n);
create table marts.order_items as
select
    platform, order_id, line as line_no, customer_id, order_date, is_sale,
    case
        when hash(order_id, line, 'odd') % 5 > 0
            then 'P' || 10 * (hash(customer_id) % 8) + hash(order_id, line, 'own') % 10
        when order_date < date '2024-12-01' then 'OLD' || hash(order_id, line, 'old') % 4
        else 'P' || hash(order_id, line, 'any') % 80
    end as product_id,
    1 as quantity
from marts.orders, range(1, 3) as lines(line);
create table intermediate.int_product_views as
select
    'shop' as platform, 'B' || hash(n, 'visitor') % 500 as anonymous_id,
    case when hash(n, 'known') % 3 > 0 then 'A' || hash(n, 'visitor') % 400 end as account_id,
    case when hash(n, 'new') % 50 = 0 then 'NEW' else 'P' || hash(n, 'seen') % 80 end as product_id,
    timestamp '2024-06-01' + to_minutes((hash(n, 'visit') % 567000)::bigint) as viewed_at,
    hash(n, 'cart') % 9 = 0 as is_cart_addition, false as is_recommended
from range(3000) as numbers(n);
"""

# What later days may bring, one statement each.
FUTURE = {
    "orders after the cut": """
        insert into marts.order_items by name select 'shop' as platform, 'new' || n as order_id, 1 as line_no,
            'C' || n as customer_id, date '2025-04-02' as order_date, true as is_sale, 'P' || n % 80 as product_id,
            1 as quantity from range(400) as numbers(n)""",
    "what became of orders placed before it": """
        update marts.orders set status = 'cancelled', is_sale = false where status in ('completed', 'pending')""",
    "what became of their lines": "update marts.order_items set is_sale = false",
    "looks after the cut": """
        insert into intermediate.int_product_views select 'shop', 'B', 'A' || n, 'P' || n % 80, '2025-04-01 16:00',
            n % 2 = 0, false from range(400) as numbers(n)""",
    "carts after the cut of what could not be had": """
        insert into intermediate.int_product_views select 'shop', 'B', null, 'OLD' || n, '2025-04-01 16:00', true, false
        from range(4) as numbers(n)""",
    "a browser that turns out to be a customer's": """
        update intermediate.int_product_views set anonymous_id = 'B1' where account_id is null""",
}

# Each is a defect of a query: the condition that keeps later days out, what is left of it, and the future that it then sees.
DEFECTS = [
    ("recommendation_tastes", "and order_date <= $cut_date", "", "orders after the cut"),
    ("recommendation_tastes", "and viewed_at < $cut_at", "", "looks after the cut"),
    ("recommendation_goods", "where order_date <= $cut_date", "", "orders after the cut"),
    ("recommendation_goods", "and viewed_at < $cut_at", "", "carts after the cut of what could not be had"),
    ("recommendation_customers", "where items.quantity > 0", "where items.is_sale", "what became of their lines"),
]  # fmt: skip


@pytest.fixture
def shop() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 2, "preserve_insertion_order": False}) as connection:
        connection.execute(SHOP)
        yield connection


@pytest.fixture(scope="module")
def settings() -> RecommendationSettings:
    return parse_settings(RecommendationSettings, rows=pl.read_csv(SEEDS / "model_settings.csv"))


def known(
    connection: duckdb.DuckDBPyConnection, settings: RecommendationSettings
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Tastes and goods at the cut."""
    reader = TasteReader(connection, ZONE, settings)
    reader.prepare()
    goods = reader.go_to(CUT)
    return reader.teachers(), goods


def foretell(connection: duckdb.DuckDBPyConnection) -> tuple[pl.DataFrame, dict[str, Any]]:
    """The table and the card, its JSON read."""
    model = parse_settings(ModelSettings, rows=pl.read_csv(SEEDS / "model_settings.csv"))
    found = foretell_recommendations(Computation(connection, AS_OF, model, ZONE))
    (card,) = found.card.to_dicts()
    for part in ("parameters", "metrics", "baseline_metrics"):
        card[part] = json.loads(card[part])
    return found.tables["recommendations"], card


@pytest.mark.parametrize("future", FUTURE)
def test_the_future_moves_no_taste_and_no_product(shop, settings, future):
    tastes, goods = known(shop, settings)
    assert tastes["customer_number"].n_unique() > 390
    shop.execute(FUTURE[future])
    later_tastes, later_goods = known(shop, settings)
    assert_frame_equal(later_tastes, tastes)
    assert_frame_equal(later_goods, goods)


# The test above, tried on queries that do see the future: it must fail for each of them.
@pytest.mark.parametrize(("query", "condition", "left", "future"), DEFECTS)
def test_a_query_that_sees_the_future_is_caught(
    shop, settings, monkeypatch, tmp_path, query, condition, left, future
):
    for path in QUERIES_DIR.glob("recommendation_*.sql"):
        text = path.read_text(encoding="utf-8")
        if path.stem == query:
            assert condition in text
            text = text.replace(condition, left)
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(queries, "QUERIES_DIR", tmp_path)
    with pytest.raises(AssertionError):
        test_the_future_moves_no_taste_and_no_product(shop, settings, future)


# Row by row in Python, straight from the words of the query.
def test_each_taste_is_the_last_order_or_else_the_last_look(shop, settings):
    credited = {
        row[0]
        for row in shop.sql("select order_id from marts.orders where status = 'credit_note'").fetchall()
    }
    expected: dict[tuple[str, str], tuple[int, bool]] = {}
    looks = shop.execute(
        "select 'C' || account_id[2:], product_id, viewed_at from intermediate.int_product_views "
        "where account_id is not null and viewed_at < ?",
        [CUT_AT],
    ).fetchall()
    for customer, product, viewed_at in sorted(looks, key=lambda look: look[2]):
        age = (CUT_AT - viewed_at).days
        if age < 180:
            expected[customer, product] = (age, False)
    lines = shop.execute(
        "select customer_id, product_id, order_date, order_id from marts.order_items "
        "where customer_id is not null and order_date <= ? order by order_date",
        [CUT],
    ).fetchall()
    for customer, product, day, order in lines:
        if order not in credited:
            expected[customer, product] = ((CUT - day).days, True)
    tastes, goods = known(shop, settings)
    customers = sorted(f"C{number}" for number in range(420))
    found = {
        (customers[row["customer_number"]], goods["product_id"][row["product_number"]]): (
            row["age_days"],
            row["is_ordered"],
        )
        for row in tastes.to_dicts()
    }
    assert found == expected
    ordered = tastes.sort("customer_number", "place").with_columns(
        pl.col("place", "age_days").diff().over("customer_number").name.prefix("next_")
    )
    steps = ordered.drop_nulls("next_place")
    assert (steps["next_place"] == 1).all()
    assert (steps["next_age_days"] >= 0).all()


def test_a_product_can_be_had_if_it_was_ordered_or_carted_of_late(shop, settings):
    _, goods = known(shop, settings)
    told = {row["product_id"]: row for row in goods.to_dicts()}
    assert not any(told[f"OLD{number}"]["is_available"] for number in range(4))
    assert told["NEW"]["is_available"]
    assert told["NEW"]["recent_orders"] == 0
    recent = shop.execute(
        "select count(*) from marts.order_items inner join marts.orders using (platform, order_id) "
        "where product_id = 'P5' and status <> 'credit_note' and orders.order_date between ? and ?",
        [CUT - timedelta(89), CUT],
    ).fetchone()
    assert told["P5"]["recent_orders"] == recent[0] > 0
    shop.execute(
        "update intermediate.int_product_views set is_cart_addition = false where product_id = 'NEW'"
    )
    _, goods = known(shop, settings)
    assert not goods.filter(pl.col("product_id") == "NEW")["is_available"].item()


def test_the_next_order_is_the_first_successful_one_within_the_horizon(shop, settings):
    reader = TasteReader(shop, ZONE, settings)
    customer_ids = reader.prepare()
    goods = reader.go_to(CUT)
    found = reader.next_orders(cut_date=CUT)
    orders = shop.execute(
        "select customer_id, order_id from marts.orders where is_sale and customer_id is not null "
        "and order_date > ? and order_date <= ? order by ordered_at desc",
        [CUT, CUT + timedelta(90)],
    ).fetchall()
    next_of = dict(orders)
    tasted = {customer_ids[number] for number in known(shop, settings)[0]["customer_number"]}
    lines = shop.sql("select order_id, product_id from marts.order_items").fetchall()
    contents: dict[str, set[str]] = {}
    for order, product in lines:
        contents.setdefault(order, set()).add(product)
    expected = {
        (who, product) for who, order in next_of.items() if who in tasted for product in contents[order]
    }
    got = {
        (customer_ids[row["customer_number"]], goods["product_id"][row["product_number"]])
        for row in found.to_dicts()
    }
    assert got == expected
    assert 0 < found.filter("is_new").height < found.height


def test_tastes_that_hang_together_are_published_for_everybody(shop):
    table, card = foretell(shop)
    assert (card["is_published"], card["trained_on"], card["cut_date"]) == (True, AS_OF, CUT)
    tested, popular = card["metrics"]["test"], card["baseline_metrics"]["popularity"]
    assert tested["hit_rate"] > 2 * popular["hit_rate"]
    assert tested["recall"] > 2 * popular["recall"]
    assert tested["coverage"] > popular["coverage"]
    assert card["metrics"]["hit_rate_gain_low"] > 0
    assert table["customer_id"].n_unique() == 420
    assert set(table.group_by("customer_id").len()["len"]) == {10}
    strangers = table.filter(pl.col("customer_id").is_in([f"C{number}" for number in range(400, 420)]))
    assert strangers["reason"].unique().to_list() == ["popular now"]


def test_nobody_is_recommended_what_was_bought_or_cannot_be_had(shop):
    table, _ = foretell(shop)
    bought = shop.execute(
        "select distinct customer_id, product_id from marts.order_items "
        "inner join (select platform, order_id from marts.orders where status <> 'credit_note') "
        "using (platform, order_id) where customer_id is not null and order_date <= ?",
        [AS_OF],
    ).pl()
    assert table.join(bought, on=["customer_id", "product_id"], how="semi").is_empty()
    assert not table["product_id"].str.starts_with("OLD").any()
    assert not table.select("customer_id", "product_id").is_duplicated().any()


def test_every_reason_names_a_taste_of_the_customer(shop):
    table, _ = foretell(shop)
    words = table["reason"].str.extract_groups(r"^(bought with|viewed with) (\S+)$|^popular now$")
    told = table.with_columns(words.struct.rename_fields(["how", "because"]).struct.unnest())
    assert told.filter(pl.col("how").is_null() & (pl.col("reason") != "popular now")).is_empty()
    bought = shop.sql("select distinct customer_id, product_id as because from marts.order_items").pl()
    seen = shop.sql(
        "select distinct 'C' || account_id[2:] as customer_id, product_id as because "
        "from intermediate.int_product_views where account_id is not null"
    ).pl()
    for how, tastes in (("bought with", bought), ("viewed with", seen)):
        reasons = told.filter(pl.col("how") == how)
        assert reasons.height > 0
        assert reasons.join(tastes, on=["customer_id", "because"], how="anti").is_empty()
    assert (told.filter(pl.col("how").is_null())["score"] == 0).all()


def test_two_computations_are_equal_to_the_bit_in_any_order_of_rows_and_groups(shop, monkeypatch):
    table, card = foretell(shop)
    for name in ("marts.orders", "marts.order_items", "marts.identity_map", "intermediate.int_product_views"):
        shop.execute(f"create or replace table {name} as from {name} order by random()")
    monkeypatch.setattr(recommendations, "CUSTOMERS_AT_ONCE", 37)
    again, other_card = foretell(shop)
    assert_frame_equal(again, table, check_exact=True)
    assert other_card == card


# The same lines, each with the product of another line: nothing is left but popularity.
SHUFFLE = """
update marts.order_items as items set product_id = others.product_id
from (
    select platform, order_id, line_no, row_number() over (order by hash(order_id, line_no, $seed)) as place
    from marts.order_items
) as places
inner join (
    select product_id, row_number() over (order by hash(line_no, order_id, $seed + 1)) as place from marts.order_items
) as others on places.place = others.place
where items.order_id = places.order_id and items.line_no = places.line_no
"""


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_shuffled_products_are_refused(shop, seed):
    shop.execute(SHUFFLE, {"seed": seed})
    table, card = foretell(shop)
    assert not card["is_published"]
    assert table.is_empty()
    assert "its lower bound must be above 0" in card["reason"]
    assert card["metrics"]["test"]["orders"] > 200
    assert (card["trained_on"], card["cut_date"]) == (CUT, CUT)


def test_a_shop_without_orders_says_how_many_it_needs(shop):
    for table in ("marts.orders", "marts.order_items", "intermediate.int_product_views"):
        shop.execute(f"delete from {table}")
    table, card = foretell(shop)
    assert table.is_empty()
    assert card["reason"].startswith("Only 0 customers")
    assert card["cut_date"] is None


def test_customers_who_became_others_are_not_recommended_to(shop):
    shop.execute("delete from intermediate.int_product_views")
    shop.execute("""
        insert into intermediate.int_product_views
        select 'shop', 'B', 'A' || n % 400, 'P' || n % 80, timestamp '2025-06-29', false, false
        from range(100000) as numbers(n)
    """)
    table, card = foretell(shop)
    assert table.is_empty()
    assert "tastes" in card["reason"]
    assert "drifted" in card["reason"]


def test_samples_are_drawn_by_the_seed_alone(shop, settings):
    few = replace(settings, recommendation_max_training_customers=50, recommendation_max_judged_customers=30)
    tastes, goods = known(shop, few)
    assert tastes["customer_number"].n_unique() == 50
    assert_frame_equal(known(shop, few)[0], tastes)
    other = known(shop, replace(few, recommendation_seed=99))[0]
    assert set(other["customer_number"]) != set(tastes["customer_number"])
    assert TasteReader(shop, ZONE, few).next_orders(cut_date=CUT)["customer_number"].n_unique() == 30
    assert learn(tastes=tastes, goods=goods, settings=few).neighbours.nnz > 0
