"""Average order value and returning customers month by month, counted a second time from the rows as they came in.

What belongs here: the definitions as people state them, in plain Python. What does not: anything of `models/` or
`orchestration/kpi/`. Tiers are scored as well; of the release nothing is taken but who is one customer.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from tests.recomputation.recomputation import facts_of, read_sql, set_as_of

Monthly = dict[tuple[str, date, str], tuple[float, float, float]]
"""By KPI, first day of the month and segment: numerator, denominator, and their quotient."""
Sales = list[tuple[str | None, date, Decimal]]
"""Customer (None of a guest), day and net revenue of each successful order."""

FIRST_DAY = date(2000, 1, 1)
LAY_FIRST_DAYS = f"""
    create or replace temp table shop_orders as
    select orders.* replace (date '{FIRST_DAY}' + (order_date - first_day)::integer as order_date)
    from shop_orders as orders
    inner join (
        select customer_id, min(order_date) as first_day from shop_orders where is_sale group by customer_id
    ) using (customer_id)
    where order_date <= first_day
"""
"""Lays the first day of every buyer, with what came before it, onto one day, so that one scoring tells all."""


def recount_months(home: Path) -> tuple[Monthly, Monthly]:
    """Count the two KPIs in every month of the newest release of a home, and read what it says of them."""
    with facts_of(home) as connection:
        sales: Sales = connection.execute(
            "select customer_id, order_date, net_revenue from shop_all_orders where is_sale"
        ).fetchall()
        latest_first = sorted(sales, key=lambda sale: sale[1], reverse=True)
        firsts = {customer: day for customer, day, _ in latest_first}
        years = {
            year: _score(connection, date(year - 1, 12, 31)) for year in {day.year for _, day, _ in sales}
        }
        connection.execute(LAY_FIRST_DAYS)
        first_tiers = _score(connection, FIRST_DAY)
        published = _read_published(connection)

    # What was set at the new year holds through the year; in a buyer's first year that of the first day.
    def tier_on(month: date, customer: str | None) -> str:
        if month.year > firsts[customer].year:
            return years[month.year].get(customer, "none")
        return first_tiers.get(customer, "none") if month >= firsts[customer] else "none"

    money: dict[tuple[date, str], list[Decimal]] = defaultdict(list)
    returned: dict[tuple[date, str], dict[str, bool]] = defaultdict(dict)
    for customer, day, net_revenue in sales:
        month = day.replace(day=1)
        for key in ((month, "all"), (month, f"tier:{tier_on(month, customer)}")):
            money[key].append(net_revenue)
            if customer is not None:
                returned[key][customer] = returned[key].get(customer, False) or day > firsts[customer]
    sums = {("average_order_value", *key): (float(sum(paid)), len(paid)) for key, paid in money.items()}
    sums |= {
        ("returning_customer_rate", *key): (sum(who.values()), len(who)) for key, who in returned.items()
    }
    return {key: (top, bottom, top / bottom) for key, (top, bottom) in sums.items()}, published


def _score(connection: duckdb.DuckDBPyConnection, day: date) -> dict[str | None, str]:
    """Tiers by customer, by what was known at the end of a day."""
    set_as_of(connection, day)
    return dict(
        connection.execute(f"select customer_id, tier from ({read_sql('expected_scores.sql')})").fetchall()
    )


def _read_published(connection: duckdb.DuckDBPyConnection) -> Monthly:
    rows = connection.execute(
        "select kpi, month, segment, numerator, denominator, value from kpi.kpi_monthly "
        "where kpi in ('average_order_value', 'returning_customer_rate') and n > 0"
    ).fetchall()
    return {(kpi, month, segment): tuple(figures) for kpi, month, segment, *figures in rows}
