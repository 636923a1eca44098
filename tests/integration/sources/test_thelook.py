"""theLook's figures, recomputed from the translated extracts, equal the independent author's."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import duckdb
import pytest

Figures = Callable[[str, str], Any]


def money(figure: float) -> Decimal:
    return Decimal(str(figure)).quantize(Decimal("0.01"))


def test_orders_buyers_and_statuses_match(thelook: duckdb.DuckDBPyConnection, figures: Figures) -> None:
    totals = figures("thelook", "totals")
    observed = thelook.execute(
        """
        select count(*), count(distinct order_id), count(distinct account_id), min(ordered_at)::varchar,
            max(ordered_at)::varchar
        from extract.orders
        """
    ).fetchone()
    assert observed == (
        totals["orders"],
        totals["orders"],
        totals["buyers"],
        totals["min_order"],
        totals["max_order"],
    )
    names = {"Processing": "paid", "Complete": "completed", "Returned": "refunded"}
    expected = {
        names.get(row["status"], row["status"].lower()): row["n"]
        for row in figures("thelook", "order_status")
    }
    statuses = thelook.execute("select status, count(*) from extract.orders group by status").fetchall()
    assert dict(statuses) == expected


def test_gross_and_net_match_in_orders_and_in_items(
    thelook: duckdb.DuckDBPyConnection, figures: Figures
) -> None:
    """Prices come as floats (34.990002): rounded to the cent piece by piece they add up to the reference."""
    totals = figures("thelook", "totals")
    expected = (money(totals["gross_sales"]), money(totals["net_sales"]))
    of_orders = thelook.execute(
        """
        select (select sum(gross_amount) from extract.orders), sum(paid_amount - refunded_amount) from sales
        """
    ).fetchone()
    assert of_orders == expected
    of_items = thelook.execute(
        """
        select sum(unit_price * quantity), sum(unit_price * (quantity - refunded_quantity)) filter (
            order_id in (select order_id from sales))
        from extract.order_items
        """
    ).fetchone()
    assert of_items == expected


def test_returned_pieces_are_worth_the_refunds(thelook: duckdb.DuckDBPyConnection) -> None:
    of_items, of_orders = thelook.execute(
        """
        select (select sum(unit_price * refunded_quantity) from extract.order_items),
            (select sum(refunded_amount) from extract.orders)
        """
    ).fetchone()
    assert of_items == of_orders > 0


def test_orders_are_the_sum_of_their_items(thelook: duckdb.DuckDBPyConnection, figures: Figures) -> None:
    items, differing = thelook.execute(
        """
        with item_totals as (
            select order_id, count(distinct line_no) as items, sum(unit_price) as amount
            from extract.order_items group by order_id
        )
        select sum(items), count(*) filter (gross_amount is distinct from amount)
        from extract.orders left join item_totals using (order_id)
        """
    ).fetchone()
    assert (items, differing) == (figures("thelook", "totals")["items"], 0)


@pytest.mark.parametrize("days", [30, 90])
def test_second_orders_within_days_match(
    thelook: duckdb.DuckDBPyConnection, figures: Figures, days: int
) -> None:
    """By account and over orders of every status, as the reference counts."""
    observed = thelook.execute(
        """
        with numbered as (
            select account_id, ordered_at,
                row_number() over (partition by account_id order by ordered_at, order_id::bigint) as n
            from extract.orders
        )
        select count(*) from numbered as first join numbered as second using (account_id)
        where first.n = 1 and second.n = 2 and second.ordered_at <= first.ordered_at + to_days(?)
        """,
        [days],
    ).fetchone()
    assert observed == (figures("thelook", "repeat_rates")[f"repeat_{days}d"],)


def test_registrations_match(thelook: duckdb.DuckDBPyConnection, figures: Figures) -> None:
    totals, defects = figures("thelook", "totals"), figures("thelook", "defects")
    observed = thelook.execute(
        """
        select count(*), count(distinct account_id), count(distinct lower(email)),
            count(*) filter (city is null),
            count(*) filter (gender is null), max(registered_at)::varchar
        from extract.registrations
        """
    ).fetchone()
    assert observed == (
        totals["users"],
        totals["users"],
        totals["emails"],
        defects["users_without_city"],
        0,
        totals["max_user"],
    )
    by_channel = thelook.execute(
        "select acquisition_channel, count(*) as n from extract.registrations group by all order by n desc"
    ).fetchall()
    assert by_channel == [
        (row["traffic_source"].lower(), row["users"]) for row in figures("thelook", "by_traffic_source")
    ]


def test_names_with_accents_survive(thelook: duckdb.DuckDBPyConnection) -> None:
    provinces = thelook.execute(
        "select count(*) from extract.registrations where province in ('São Paulo', 'Île-de-France')"
    ).fetchone()
    assert provinces is not None
    assert provinces[0] > 0


def test_events_and_sessions_match(thelook: duckdb.DuckDBPyConnection, figures: Figures) -> None:
    totals, defects = figures("thelook", "totals"), figures("thelook", "defects")
    observed = thelook.execute(
        """
        select count(*), count(distinct event_id), count(distinct session_id),
            count(*) filter (account_id is null),
            count(*) filter (event_at > timestamp '2025-01-01'), count(*) filter (source is null)
        from extract.browse_events
        """
    ).fetchone()
    assert observed == (
        totals["events"],
        totals["events"],
        totals["sessions"],
        totals["ghost_events"],
        defects["future_events"],
        0,
    )


def test_event_types_match(thelook: duckdb.DuckDBPyConnection, figures: Figures) -> None:
    by_type = {row["event_type"]: row["n"] for row in figures("thelook", "events_by_type")}
    observed = thelook.execute(
        "select event_type, count(*) from extract.browse_events group by all"
    ).fetchall()
    assert dict(observed) == {
        "page_view": by_type["home"] + by_type["department"],
        "product_view": by_type["product"],
        "add_to_cart": by_type["cart"],
        "checkout": by_type["purchase"],
        "remove_from_cart": by_type["cancel"],
    }


def test_product_views_name_a_known_product(thelook: duckdb.DuckDBPyConnection) -> None:
    unnamed = thelook.execute(
        """
        select count(*) filter ((event_type = 'product_view') <> (product_id is not null)),
            count(*) filter (product_id not in (select product_id from extract.products))
        from extract.browse_events
        """
    ).fetchone()
    assert unnamed == (0, 0)


def test_no_address_leaves_the_export(thelook: duckdb.DuckDBPyConnection) -> None:
    left_behind = {"street_address", "postal_code", "latitude", "longitude", "ip_address", "browser", "age"}
    columns = thelook.execute(
        "select column_name from information_schema.columns where table_schema = 'extract'"
    ).fetchall()
    assert not left_behind & {name for (name,) in columns}
