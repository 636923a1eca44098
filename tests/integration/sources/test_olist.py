"""Olist's figures, recomputed from the translated extracts, equal the independent author's."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import duckdb

Figures = Callable[[str, str], Any]


def money(figure: float) -> Decimal:
    return Decimal(str(figure)).quantize(Decimal("0.01"))


def test_orders_persons_and_money_match(olist: duckdb.DuckDBPyConnection, figures: Figures) -> None:
    observed = olist.execute(
        """
        select count(*), count(distinct order_id), count(distinct account_id), sum(gross_amount),
            sum(shipping_amount), sum(paid_amount), min(ordered_at), max(ordered_at)
        from extract.orders
        """
    ).fetchone()
    totals = figures("olist", "totals")
    assert observed == (
        totals["orders"],
        totals["orders"],
        totals["unique_customers"],
        money(totals["item_revenue"]),
        money(totals["freight"]),
        money(totals["payments"]),
        totals["min_ts"],
        totals["max_ts"],
    )


def test_statuses_match(olist: duckdb.DuckDBPyConnection, figures: Figures) -> None:
    by_status = {row["order_status"]: row["n"] for row in figures("olist", "status")}
    observed = dict(olist.execute("select status, count(*) from extract.orders group by status").fetchall())
    assert observed == {
        "delivered": by_status["delivered"],
        "shipped": by_status["shipped"],
        "cancelled": by_status["canceled"],
        "unavailable": by_status["unavailable"],
        "paid": by_status["invoiced"] + by_status["processing"],
        "pending": by_status["created"],
    }


def test_items_match_and_reconcile_with_orders(olist: duckdb.DuckDBPyConnection, figures: Figures) -> None:
    items, revenue, without_items, differing = olist.execute(
        """
        with item_totals as (
            select order_id, count(*) as items, sum(quantity * unit_price::decimal(18, 2)) as amount
            from extract.order_items group by order_id
        )
        select sum(items), sum(amount), count(*) filter (items is null),
            count(*) filter (gross_amount <> coalesce(amount, 0))
        from extract.orders left join item_totals using (order_id)
        """
    ).fetchone()
    totals = figures("olist", "totals")
    assert (items, revenue) == (totals["items"], money(totals["item_revenue"]))
    assert without_items == figures("olist", "referential_integrity")["orders_without_items"]
    assert differing == 0


def test_payments_differ_from_items_and_freight_where_the_reference_says(
    olist: duckdb.DuckDBPyConnection, figures: Figures
) -> None:
    """The reference counts 68 differences over one cent in floats; 15 of them are one cent exactly."""
    over_one, over_a_cent, one_cent = olist.execute(
        """
        with compared as (
            select abs(paid_amount - gross_amount - shipping_amount) as difference
            from extract.orders where order_id in (select order_id from extract.order_items)
        )
        select count(*) filter (difference > 1), count(*) filter (difference > 0.01),
            count(*) filter (difference = 0.01)
        from compared
        """
    ).fetchone()
    reference = figures("olist", "payment_vs_items_mismatch")
    assert over_one == reference["mismatch_over_1"]
    assert over_a_cent <= reference["mismatch_over_1c"] <= over_a_cent + one_cent


def test_delivered_revenue_by_year_matches(olist: duckdb.DuckDBPyConnection, figures: Figures) -> None:
    observed = olist.execute(
        """
        select year(ordered_at::timestamp) as y, count(*), sum(gross_amount), sum(shipping_amount)
        from extract.orders where status = 'delivered' group by y order by y
        """
    ).fetchall()
    assert observed == [
        (row["y"], row["orders"], money(row["item_revenue"]), money(row["freight"]))
        for row in figures("olist", "revenue_delivered_by_year")
    ]


def test_repeat_buyers_and_top_customers_match(olist: duckdb.DuckDBPyConnection, figures: Figures) -> None:
    """By `customer_id`, which is new with every order, there would be no repeat buyer at all."""
    customers, repeaters, most = olist.execute(
        """
        with per_account as (select account_id, count(*) as orders from extract.orders group by account_id)
        select count(*), count(*) filter (orders > 1), max(orders) from per_account
        """
    ).fetchone()
    repeat = figures("olist", "repeat")
    assert (customers, repeaters, most) == (repeat["customers"], repeat["repeaters"], repeat["max_orders"])
    top = olist.execute(
        """
        select account_id, count(*), sum(paid_amount) as paid
        from extract.orders group by account_id order by paid desc limit 5
        """
    ).fetchall()
    assert top == [
        (row["customer_unique_id"], row["orders"], money(row["paid"]))
        for row in figures("olist", "top5_customers")
    ]


def test_reviews_match_and_keep_their_line_breaks(olist: duckdb.DuckDBPyConnection, figures: Figures) -> None:
    rows, keys, mean, without_account, broken_lines = olist.execute(
        """
        select count(*), count(distinct feedback_id), round(avg(score::integer), 6),
            count(*) filter (account_id is null),
            (select count(*) from review_rows where contains(review_comment_message, chr(10)))
        from extract.feedback
        """
    ).fetchone()
    totals = figures("olist", "totals")
    assert (rows, keys, without_account) == (totals["reviews"], totals["reviews"], 0)
    assert mean == figures("olist", "avg_review")["avg_score"]
    assert broken_lines == figures("olist", "defects_other")["reviews_with_newline"]
    scores = olist.execute(
        "select score::integer as s, count(*) from extract.feedback group by s order by s"
    ).fetchall()
    assert scores == [(row["review_score"], row["n"]) for row in figures("olist", "review_scores")]


def test_products_have_english_categories(olist: duckdb.DuckDBPyConnection, figures: Figures) -> None:
    """The file of category names starts with a byte order mark; left in, no category would be translated."""
    products, without, untranslated = olist.execute(
        """
        select count(*), count(*) filter (category is null), count(*) filter (
            category not in (select product_category_name_english from category_names))
        from extract.products
        """
    ).fetchone()
    assert products == figures("olist", "totals")["products"]
    assert without == figures("olist", "defects_other")["products_without_category"]
    assert untranslated == 0


def test_payment_method_is_the_largest_payment(olist: duckdb.DuckDBPyConnection) -> None:
    paid_with_less = olist.execute(
        """
        with largest as (
            select order_id, max(payment_value::decimal(18, 2)) as amount from payment_rows group by order_id
        )
        select count(*) from extract.orders join largest using (order_id)
        where not exists (
            select 1 from payment_rows
            where payment_rows.order_id = extract.orders.order_id
                and payment_type = payment_method and payment_value::decimal(18, 2) = amount
        )
        """
    ).fetchone()
    assert paid_with_less == (0,)
