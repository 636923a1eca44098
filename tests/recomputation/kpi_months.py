"""The KPIs of each month, counted a second time from the rows as they came in.

What belongs here: the definitions as people state them, in plain Python. What does not: anything of `models/` or
`orchestration/kpi/`. Tiers are scored as well; of the release nothing is taken but who is one customer.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import fsum
from pathlib import Path

import duckdb

from tests.recomputation.recomputation import facts_of, read_sql, set_as_of

Monthly = dict[tuple[str, date, str], tuple[float, float, float]]
"""By KPI, first day of the month and segment: numerator, denominator, and their quotient."""
Counted = dict[tuple[str, date, str], tuple[float, float]]
"""By KPI, first day of the month and segment: numerator and denominator."""
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


REACHED = """
    select distinct sent.campaign_id, sent.variant, sent.cost::double, local_day(sent.sent_at), people.customer_id
    from raw.campaign_events as events
    inner join (
        from raw.campaigns
        qualify row_number() over (
            partition by campaign_id, variant order by _file_name desc, _ingested_at desc, _line_number desc
        ) = 1
    ) as sent on sent.campaign_id = events.campaign_id and sent.variant = events.variant
    inner join marts.identity_map as people using (platform, account_id)
    where events.event_type = 'delivered' and local_day(events.event_at) <= as_of() and sent.cost is not null
"""
"""Campaign, variant, its cost, the day it was sent and a customer whom it reached."""


@dataclass(frozen=True, kw_only=True)
class Shop:
    """What the months are counted from.

    Attributes:
        sales: successful orders.
        registered: day of each customer's first registration.
        reached: rows of `REACHED`.
        firsts: day of each buyer's first successful order.
        years: tiers by customer set at the new year, by year.
        first_tiers: tiers by customer set by the first order.
    """

    sales: Sales
    registered: list[date]
    reached: list[tuple[str, str, float, date, str]]
    firsts: dict[str | None, date]
    years: dict[int, dict[str | None, str]]
    first_tiers: dict[str | None, str]

    @property
    def months(self) -> list[date]:
        """First days of the months from the first sale to the last."""
        first, last = (day.year * 12 + day.month - 1 for day in (min(self.days), max(self.days)))
        return [date(number // 12, number % 12 + 1, 1) for number in range(first, last + 1)]

    @property
    def days(self) -> list[date]:
        """Days of all sales."""
        return [day for _, day, _ in self.sales]

    def segments(self, month: date, customer: str | None) -> tuple[str, str]:
        """Everybody, and the tier held on the month's first day.

        What was set at the new year holds through the year; in a buyer's first year that of the first day.
        """
        first = self.firsts.get(customer, date.max)
        set_then = self.years[month.year] if month.year > first.year else self.first_tiers
        return "all", "tier:" + (set_then.get(customer, "none") if month >= first else "none")


def recount_months(home: Path) -> tuple[Monthly, Monthly]:
    """Count every month of the newest release of a home, and read what it says of them."""
    with facts_of(home) as connection:
        shop = _read_shop(connection)
        published = _read_published(connection)
    sums = count_orders(shop) | count_growth(shop) | count_cost(shop)
    return {key: (top, bottom, top / bottom) for key, (top, bottom) in sums.items()}, published


def count_orders(shop: Shop) -> Counted:
    """Net revenue per order, and the share of the month's buyers who bought before."""
    money: dict[tuple[date, str], list[Decimal]] = defaultdict(list)
    returned: dict[tuple[date, str], dict[str, bool]] = defaultdict(dict)
    for customer, day, net_revenue in shop.sales:
        month = day.replace(day=1)
        for segment in shop.segments(month, customer):
            money[month, segment].append(net_revenue)
            if customer is not None:
                who = returned[month, segment]
                who[customer] = who.get(customer, False) or day > shop.firsts[customer]
    sums: Counted = {
        ("average_order_value", *key): (float(sum(paid)), len(paid)) for key, paid in money.items()
    }
    return sums | {
        ("returning_customer_rate", *key): (sum(who.values()), len(who)) for key, who in returned.items()
    }


def count_growth(shop: Shop) -> Counted:
    """Members who came in the month, by those who were there before."""
    monthly = Counter(day.replace(day=1) for day in shop.registered)
    sums = {
        month: (monthly[month], sum(count for earlier, count in monthly.items() if earlier < month))
        for month in shop.months
    }
    return {("member_growth", month, "all"): counts for month, counts in sums.items() if counts[1]}


def count_cost(shop: Shop) -> Counted:
    """Each variant's cost shared evenly by whom it reached; what fell on old customers, by their number."""
    receivers = Counter((campaign, variant) for campaign, variant, *_ in shop.reached)
    costs: dict[tuple[date, str], list[float]] = defaultdict(list)
    people: dict[tuple[date, str], set[str]] = defaultdict(set)
    for campaign, variant, cost, sent, customer in shop.reached:
        month = sent.replace(day=1)
        if month in shop.months and shop.firsts.get(customer, date.max) < sent:
            for segment in shop.segments(month, customer):
                costs[month, segment].append(cost / receivers[campaign, variant])
                people[month, segment].add(customer)
    return {("old_customer_cost", *key): (fsum(parts), len(people[key])) for key, parts in costs.items()}


def _read_shop(connection: duckdb.DuckDBPyConnection) -> Shop:
    sales: Sales = connection.execute(
        "select customer_id, order_date, net_revenue from shop_all_orders where is_sale"
    ).fetchall()
    registered = connection.execute(
        "select registered_date from shop_customers where registered_date is not null"
    ).fetchall()
    reached = connection.execute(REACHED).fetchall()
    years = {year: _score(connection, date(year - 1, 12, 31)) for year in {day.year for _, day, _ in sales}}
    connection.execute(LAY_FIRST_DAYS)
    return Shop(
        sales=sales,
        registered=[day for (day,) in registered],
        reached=reached,
        firsts={customer: day for customer, day, _ in sorted(sales, key=lambda sale: sale[1], reverse=True)},
        years=years,
        first_tiers=_score(connection, FIRST_DAY),
    )


def _score(connection: duckdb.DuckDBPyConnection, day: date) -> dict[str | None, str]:
    """Tiers by customer, by what was known at the end of a day."""
    set_as_of(connection, day)
    return dict(
        connection.execute(f"select customer_id, tier from ({read_sql('expected_scores.sql')})").fetchall()
    )


def _read_published(connection: duckdb.DuckDBPyConnection) -> Monthly:
    rows = connection.execute(
        "select kpi, month, segment, numerator, denominator, value from kpi.kpi_monthly where denominator > 0"
    ).fetchall()
    return {(kpi, month, segment): tuple(figures) for kpi, month, segment, *figures in rows}
