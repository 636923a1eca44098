"""What a cut knows: recomputed by another path, and unmoved by whatever later days bring."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import duckdb
import polars as pl
import pytest

from models.churn.churn_features import OBSERVED
from models.churn.churn_settings import ChurnSettings
from models.setting_rows import parse_settings
from orchestration.kpi import query as queries
from orchestration.kpi.churn import read_churn_customers, read_churn_cut
from orchestration.kpi.query import QUERIES_DIR
from tests.integration.models.conftest import SEEDS

CUT = date(2025, 3, 31)
ZONE = "Asia/Shanghai"
CUT_AT = datetime(2025, 3, 31, 16)
"""The end of that day in Shanghai, as UTC."""

SHOP = """
create schema marts; create schema intermediate;
create table marts.orders (
    platform varchar, order_id varchar, customer_id varchar, ordered_at timestamp, order_date date,
    status varchar, is_sale boolean, gross_amount decimal(18, 2), discount_amount decimal(18, 2),
    net_revenue decimal(18, 2)
);
create table intermediate.int_account_customers (platform varchar, account_id varchar, customer_id varchar);
create table intermediate.int_sessions (
    session_id varchar, platform varchar, account_id varchar, started_at timestamp, ended_at timestamp,
    cart_additions integer, product_views integer
);
create table marts.tickets (
    ticket_id varchar, customer_id varchar, created_at timestamp, resolved_at timestamp, category varchar,
    satisfaction integer
);
insert into intermediate.int_account_customers select 'shop', 'A' || n, 'C' || n from range(80) as numbers(n);
insert into marts.orders by name
select
    'shop' as platform, n::varchar as order_id,
    case when hash(n, 'guest') % 20 > 0 then 'C' || (hash(n, 'who') % 80) end as customer_id,
    timestamp '2024-01-01' + to_minutes((hash(n, 'when') % 648000)::bigint) as ordered_at,
    (ordered_at + interval 8 hour)::date as order_date,
    ['completed', 'completed', 'pending', 'cancelled', 'credit_note'][(1 + hash(n, 'status') % 5)::bigint] as status,
    status = 'completed' as is_sale,
    (hash(n, 'money') % 100000) / 100 as gross_amount,
    case when hash(n, 'coupon') % 3 = 0 then 5.55 else 0 end as discount_amount,
    gross_amount as net_revenue
from range(900) as numbers(n);
insert into intermediate.int_sessions
select
    n::varchar, 'shop', case when hash(n, 'known') % 3 > 0 then 'A' || (hash(n, 'visitor') % 80) end,
    timestamp '2024-01-01' + to_minutes((hash(n, 'visit') % 648000)::bigint) as started_at,
    started_at + to_minutes((hash(n, 'long') % 90)::bigint), (hash(n, 'cart') % 3)::integer,
    (hash(n, 'views') % 9)::integer
from range(1500) as numbers(n);
insert into marts.tickets
select
    n::varchar, case when hash(n, 'guest') % 9 > 0 then 'C' || (hash(n, 'asks') % 80) end,
    timestamp '2024-01-01' + to_minutes((hash(n, 'asked') % 648000)::bigint) as created_at,
    case when hash(n, 'solved') % 4 > 0 then created_at + to_minutes((hash(n, 'took') % 20000)::bigint) end,
    ['inquiry', 'complaint'][(1 + hash(n, 'kind') % 2)::bigint],
    case when hash(n, 'solved') % 4 > 1 then (1 + hash(n, 'stars') % 5)::integer end
from range(400) as numbers(n);
"""

# What later days may bring, one statement each.
FUTURE = {
    "orders after the cut": """
        insert into marts.orders select 'shop', 'new' || n, 'C' || n, timestamp '2025-03-31 16:00' + to_hours(n),
            date '2025-04-01', 'completed', true, 5000, 100, 4900 from range(100) as numbers(n)""",
    "what became of orders placed before it": """
        update marts.orders set status = 'refunded', is_sale = false, net_revenue = 0
        where status in ('completed', 'pending', 'cancelled')""",
    "visits after the cut": """
        insert into intermediate.int_sessions select 'new' || n, 'shop', 'A' || n, '2025-03-31 16:00', '2025-03-31 17:00',
            5, 50 from range(80) as numbers(n)""",
    "visits that last beyond the cut": """
        insert into intermediate.int_sessions select 'late' || n, 'shop', 'A' || n, '2025-03-31 15:59',
            '2025-03-31 16:00', 5, 50 from range(80) as numbers(n)""",
    "tickets after the cut": """
        insert into marts.tickets select 'new' || n, 'C' || n, '2025-03-31 16:00', '2025-04-01', 'complaint', 1
        from range(80) as numbers(n)""",
    "solutions after the cut": """
        update marts.tickets set resolved_at = '2025-03-31 16:00', satisfaction = 1
        where created_at < '2025-03-31 16:00' and (resolved_at is null or resolved_at >= '2025-03-31 16:00')""",
}  # fmt: skip

# Each is a defect of the query: the condition that keeps later days out, and the future that it then sees.
DEFECTS = {
    "and ordered_at < $cut_at": "orders after the cut",
    "where sessions.ended_at < $cut_at": "visits that last beyond the cut",
    "and created_at < $cut_at": "tickets after the cut",
    "filter (where resolved_at < $cut_at)": "solutions after the cut",
    "or resolved_at >= $cut_at": "solutions after the cut",
    "status <> 'credit_note'": "what became of orders placed before it",
}


@pytest.fixture
def shop() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(SHOP)
        yield connection


@pytest.fixture(scope="module")
def churn_settings() -> ChurnSettings:
    return parse_settings(ChurnSettings, rows=pl.read_csv(SEEDS / "model_settings.csv"))


def known(connection: duckdb.DuckDBPyConnection, settings: ChurnSettings) -> pl.DataFrame:
    return read_churn_customers(
        connection=connection, cut_date=CUT, reporting_time_zone=ZONE, settings=settings
    )


@pytest.mark.parametrize("future", FUTURE)
def test_the_future_moves_no_feature(shop, churn_settings, future):
    before = known(shop, churn_settings)
    assert before.height == 80
    shop.execute(FUTURE[future])
    assert known(shop, churn_settings).equals(before)


# The test above, tried on queries that do see the future: it must fail for each of them.
@pytest.mark.parametrize(("condition", "future"), DEFECTS.items())
def test_a_query_that_sees_the_future_is_caught(
    shop, churn_settings, monkeypatch, tmp_path, condition, future
):
    right = (QUERIES_DIR / "churn_features.sql").read_text(encoding="utf-8")
    assert condition in right
    if condition == "status <> 'credit_note'":
        blind = right.replace(condition, "is_sale")
    else:
        open_ended = condition.replace("ended_at < $cut_at", "ended_at is not null")
        open_ended = open_ended.replace("ordered_at < $cut_at", "true").replace(
            "created_at < $cut_at", "true"
        )
        open_ended = open_ended.replace("resolved_at < $cut_at", "true").replace(
            "or resolved_at >= $cut_at", ""
        )
        blind = right.replace(condition, open_ended)
    (tmp_path / "churn_features.sql").write_text(blind, encoding="utf-8")
    monkeypatch.setattr(queries, "QUERIES_DIR", tmp_path)
    test = test_the_future_moves_no_feature
    with pytest.raises(AssertionError):
        test(shop, churn_settings, future)


def rows_of(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, object]]:
    return connection.sql(query).pl().to_dicts()


# Row by row in Python, straight from the words of the columns.
def test_each_feature_is_what_its_name_says(shop, churn_settings):
    orders = rows_of(shop, "from marts.orders where status <> 'credit_note' and order_date <= '2025-03-31'")
    visits = rows_of(shop, f"from intermediate.int_sessions where ended_at < '{CUT_AT}'")
    tickets = rows_of(shop, f"from marts.tickets where created_at < '{CUT_AT}'")
    for found in known(shop, churn_settings).sort("customer_id").to_dicts():
        name = found.pop("customer_id")
        own = [order for order in orders if order["customer_id"] == name]
        days = sorted({order["order_date"] for order in own})
        since = [(CUT - day).days for day in days]
        gone = [CUT_AT - visit["started_at"] for visit in visits if visit["account_id"] == "A" + name[1:]]
        recent = [
            visit
            for visit in visits
            if visit["account_id"] == "A" + name[1:] and CUT_AT - visit["started_at"] < timedelta(90)
        ]
        asked = [ticket for ticket in tickets if ticket["customer_id"] == name]
        year = [ticket for ticket in asked if CUT_AT - ticket["created_at"] < timedelta(365)]
        solved = [ticket for ticket in asked if ticket["resolved_at"] and ticket["resolved_at"] < CUT_AT]
        stars = [ticket["satisfaction"] for ticket in solved if ticket["satisfaction"]]
        discounted = {order["order_date"] for order in own if order["discount_amount"] > 0}
        assert found == {
            "frequency": len(days) - 1,
            "recency_days": (days[-1] - days[0]).days,
            "age_days": since[0],
            "days_since_last_order": since[-1],
            "order_days_short": sum(gap < 30 for gap in since),
            "order_days_middle": sum(gap < 90 for gap in since),
            "order_days_long": sum(gap < 365 for gap in since),
            "mean_ordered_amount": pytest.approx(
                float(sum(order["gross_amount"] for order in own)) / len(days)
            ),
            "discounted_share": pytest.approx(len(discounted) / len(days)),
            "days_since_last_visit": min(gone).days if gone else None,
            "visits_short": sum(gap < timedelta(30) for gap in gone),
            "visits_middle": len(recent),
            "cart_visits_middle": sum(visit["cart_additions"] > 0 for visit in recent),
            "product_views_middle": sum(visit["product_views"] for visit in recent),
            "tickets_long": len(year),
            "complaints_long": sum(ticket["category"] == "complaint" for ticket in year),
            "open_tickets": len(asked) - len(solved),
            "mean_satisfaction": pytest.approx(sum(stars) / len(stars)) if stars else None,
        }
        assert tuple(found) == OBSERVED


def test_whoever_ordered_with_success_within_ninety_days_came_back(shop, churn_settings):
    cut = read_churn_cut(
        connection=shop, cut_date=CUT - timedelta(100), reporting_time_zone=ZONE, settings=churn_settings
    )
    first, last = cut.cut_date + timedelta(1), cut.cut_date + timedelta(90)
    expected: dict[str, set[date]] = {}
    for order in rows_of(shop, "from marts.orders where is_sale and customer_id is not null"):
        if first <= order["order_date"] <= last:
            expected.setdefault(order["customer_id"], set()).add(order["order_date"])
    found = dict(cut.outcomes.select("customer_id", "order_days").iter_rows())
    assert found == {name: len(days) for name, days in expected.items()}
    assert 0 < len(found) < 80
