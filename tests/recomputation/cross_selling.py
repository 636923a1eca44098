"""Cross-selling written a second time from its definition: every bought line beside every click.

What belongs here: the definition as people state it, with its number. What does not: anything of `models/` or
`orchestration/kpi/queries/`.
"""

from __future__ import annotations

from datetime import date

import duckdb

EXPECTED = """
with clicked as (
    select
        views.product_id, views.viewed_at,
        (
            select any_value(customer_id) from intermediate.int_account_customers as known
            where known.platform = views.platform and known.account_id = views.account_id
        ) as by_account,
        (
            select any_value(customer_id) from intermediate.int_browser_customers as known
            where known.anonymous_id = views.anonymous_id
        ) as by_browser
    from intermediate.int_product_views as views
    where views.is_recommended and not views.is_cart_addition
), lines as (
    select
        items.net_revenue,
        exists (
            select 1 from clicked
            where
                clicked.product_id = items.product_id
                and coalesce(by_account, by_browser) = orders.customer_id
                and epoch_us(orders.ordered_at) - epoch_us(viewed_at) between 0 and 7 * 86400 * 1000000::bigint
        ) as is_after_click
    from marts.orders as orders, marts.order_items as items
    where
        orders.platform = items.platform and orders.order_id = items.order_id
        and orders.is_sale and orders.order_date between $first and $last
)
select
    (select sum(case when is_after_click then net_revenue else 0 end) from lines),
    (select sum(net_revenue) from lines)
where (select count(*) from clicked) > 0
"""


def recompute_cross_selling(
    connection: duckdb.DuckDBPyConnection, *, first: date, last: date
) -> tuple[float, float] | None:
    """Give net revenue after a click and net revenue of a period, or None where nobody ever clicked."""
    found = connection.execute(EXPECTED, {"first": first, "last": last}).fetchone()
    return found and (float(found[0]), float(found[1]))
