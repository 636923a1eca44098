"""KPIs of the scorecard counted a second time, customer by customer, from the rows as they came in.

What belongs here: the definitions as people state them, in plain Python with their numbers. What does not: anything of
`models/` or `orchestration/kpi/`; the tiers and value levels of customers are taken from the release, because another
recomputation proves them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import duckdb

from tests.recomputation.recomputation import facts_of, read_sql, set_as_of

Figures = dict[tuple[str, str], tuple[float, ...]]
GOALS = {"new": 2, "growing": 4, "mature": 1, "declining": 1}
"""Orders ever by the end of the month, one of them in it."""


@dataclass(frozen=True)
class Shop:
    """Facts of a shop up to its last day.

    Attributes:
        as_of: last day that is known.
        sales: instants and days of each customer's successful orders, in order.
        visits: customer, visitor, first and last event, day, source.
        baskets: day and category of what each customer bought.
        registered: day of each customer's registration, None where unknown.
    """

    as_of: date
    sales: dict[str, list[tuple[Any, date]]]
    visits: list[tuple[Any, ...]]
    baskets: dict[str, set[tuple[date, str]]]
    registered: dict[str, date | None]

    @property
    def year(self) -> tuple[date, date]:
        """First and last day of the last twelve months; the last day is no 29 February."""
        return self.as_of.replace(year=self.as_of.year - 1) + timedelta(1), self.as_of


def recount_home(home: Path) -> tuple[Figures, Figures]:
    """Count what the scorecard of a home's newest release says, and read what it says.

    Returns:
        By KPI and segment: numerator, denominator and their quotient, or median, n and median; recounted, and as published.
    """
    with facts_of(home) as connection:
        shop = _read_shop(connection)
        recounted = {
            **count_conversion(shop),
            **count_cross_selling(shop),
            **count_path(shop),
            **count_plan_value(connection),
            **count_stages(connection, shop),
        }
        published = _read_published(connection)
    return recounted, {key: published[key] for key in published if key[0] in {kpi for kpi, _ in recounted}}


def share(numerator: int, denominator: int) -> tuple[float, ...]:
    """Both counts and their quotient."""
    return numerator, denominator, numerator / denominator


def count_conversion(shop: Shop) -> Figures:
    """Visits of the year with a sale of their customer up to half an hour after their end."""
    visits, converted = Counter[str](), Counter[str]()
    first, last = shop.year
    for customer, _, starts, ends, day, source in shop.visits:
        if not first <= day <= last:
            continue
        instants = [instant for instant, _ in shop.sales.get(customer, [])]
        next_sale = bisect_left(instants, starts)
        has_sale = next_sale < len(instants) and instants[next_sale] <= ends + timedelta(minutes=30)
        for segment in {"all", source} - {None}:
            visits[segment] += 1
            converted[segment] += has_sale
    return {("conversion", segment): share(converted[segment], visits[segment]) for segment in visits}


def count_cross_selling(shop: Shop) -> Figures:
    """First purchases of a category, followed by another category on a later day within ninety."""
    buyers, crossed = Counter[str](), Counter[str]()
    first, last = shop.year
    for bought in shop.baskets.values():
        for category in {category for _, category in bought}:
            begun = min(day for day, name in bought if name == category)
            if not first <= begun <= last - timedelta(90):
                continue
            has_crossed = any(name != category and 1 <= (day - begun).days <= 90 for day, name in bought)
            for segment in ("all", f"category:{category}"):
                buyers[segment] += 1
                crossed[segment] += has_crossed
    return {("cross_sell_category_rate", each): share(crossed[each], buyers[each]) for each in buyers}


def count_path(shop: Shop) -> Figures:
    """Steps taken within their days, of those whose days lie in the year, and the median of the days."""
    steps: dict[str, list[tuple[date, date | None, int]]] = {
        "visitor_to_registered": list(_first_visits(shop)),
        "registered_to_first": [
            (day, _nth_sale(shop, customer, 1), 90)
            for customer, day in shop.registered.items()
            if day is not None and (_nth_sale(shop, customer, 1) or day) >= day
        ],
        "first_to_second": [(sales[0][1], _nth_sale(shop, c, 2), 90) for c, sales in shop.sales.items()],
        "second_to_loyal": [
            (sales[1][1], _nth_sale(shop, c, 4), 180) for c, sales in shop.sales.items() if len(sales) > 1
        ],
    }
    figures: Figures = {}
    first, last = shop.year
    for step, entries in steps.items():
        told = [(until - since).days if until else None for since, until, days in entries
                if first <= since and since + timedelta(days) <= last]  # fmt: skip
        days_allowed = entries[0][2]
        taken = [days for days in told if days is not None and days <= days_allowed]
        figures["customer_path_rate", step] = share(len(taken), len(told))
        figures["customer_path_days", step] = (median(taken), len(taken), median(taken))
    return figures


def count_stages(connection: duckdb.DuckDBPyConnection, shop: Shop) -> Figures:
    """Stages on the evening a month before the last day, by the facts known today; orders of the month after it."""
    last_month = shop.as_of.replace(day=1) - timedelta(1)
    eve = last_month.replace(day=min(shop.as_of.day, last_month.day))
    set_as_of(connection, eve)
    connection.execute("delete from shop_orders where order_date > as_of()")
    connection.execute("delete from shop_visits where visit_date > as_of()")
    connection.execute("update shop_customers set registered_date = null where registered_date > as_of()")
    rows = connection.execute(read_sql("expected_segments.sql")).fetchall()
    members, reached = Counter[str](), Counter[str]()
    for customer, *_, stage in rows:
        if stage not in GOALS:
            continue
        days = [day for _, day in shop.sales.get(customer, [])]
        members[stage] += 1
        reached[stage] += any(day > eve for day in days) and len(days) >= GOALS[stage]
    return {("stage_conversion", stage): share(reached[stage], members[stage]) for stage in members}


def count_plan_value(connection: duckdb.DuckDBPyConnection) -> Figures:
    """The plans' formula by tier and value level: (average order value × repeat orders) ÷ customers."""
    rows = connection.execute("""
        with bought as (
            select
                customer_id, is_sale, net_revenue,
                order_date > as_of() - interval 12 month as is_recent,
                is_sale and rank() over (
                    partition by customer_id, is_sale order by ordered_at, platform, order_id
                ) > 1 as is_repeat
            from shop_orders
        ), buyers as (
            select
                customer_id, count(*) filter (is_recent and is_sale) as orders,
                count(*) filter (is_recent and is_repeat) as repeats,
                coalesce(sum(net_revenue) filter (is_recent), 0) as revenue
            from bought group by customer_id having bool_or(is_sale)
        )
        select unnest(['all', 'tier:' || rfm_tier, 'value:' || value_level]) as segment, orders, repeats, revenue
        from buyers left join marts.customer_360 using (customer_id)
    """).fetchall()
    sums: dict[str, list[Any]] = defaultdict(lambda: [0, 0, 0, 0])
    for segment, *figures in rows:
        if segment is not None:
            sums[segment] = [total + one for total, one in zip(sums[segment], [1, *figures], strict=True)]
    return {
        ("plan_value", segment): (customers, repeats, round(float(revenue) / orders * repeats / customers, 2))
        for segment, (customers, orders, repeats, revenue) in sums.items()
        if orders
    }


def _first_visits(shop: Shop) -> Iterable[tuple[date, date | None, int]]:
    """The first visit of everybody who was not registered before it; a browser without a customer is somebody."""
    first_days: dict[tuple[Any, Any], date] = {}
    for customer, visitor, _, _, day, _ in shop.visits:
        who = (customer, None if customer else visitor)
        first_days[who] = min(day, first_days.get(who, day))
    for (customer, _), day in first_days.items():
        if customer is None:
            yield day, None, 30
            continue
        registered = shop.registered[customer]
        if registered is not None and registered >= day:
            yield day, registered, 30


def _nth_sale(shop: Shop, customer: str, number: int) -> date | None:
    sales = shop.sales.get(customer, [])
    return sales[number - 1][1] if len(sales) >= number else None


def _read_shop(connection: duckdb.DuckDBPyConnection) -> Shop:
    connection.execute(read_sql("scorecard_facts.sql"))
    sales: dict[str, list[tuple[Any, date]]] = defaultdict(list)
    for customer, instant, day in connection.execute(
        "select customer_id, ordered_at, order_date from shop_orders where is_sale "
        "order by ordered_at, platform, order_id"
    ).fetchall():
        sales[customer].append((instant, day))
    baskets: dict[str, set[tuple[date, str]]] = defaultdict(set)
    for customer, day, category in connection.execute("from shop_baskets").fetchall():
        baskets[customer].add((day, category))
    return Shop(
        as_of=connection.execute("select as_of()").fetchall()[0][0],
        sales=dict(sales),
        visits=connection.execute(
            "select customer_id, visitor, started_at, ended_at, visit_date, source from shop_visits"
        ).fetchall(),
        baskets=dict(baskets),
        registered=dict(
            connection.execute("select customer_id, registered_date from shop_customers").fetchall()
        ),
    )


def _read_published(connection: duckdb.DuckDBPyConnection) -> Figures:
    cards = connection.execute(
        "select kpi, segment, coalesce(numerator, value), coalesce(denominator, n), value "
        "from kpi.kpi_scorecard where n > 0"
    ).fetchall()
    formula = connection.execute(
        "select segment, customers, repeat_orders_12m, plan_value::double "
        "from kpi.cltv_segments where plan_value is not null"
    ).fetchall()
    return {
        **{(kpi, segment): tuple(figures) for kpi, segment, *figures in cards},
        **{("plan_value", segment): tuple(figures) for segment, *figures in formula},
    }
