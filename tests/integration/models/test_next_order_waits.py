"""Waits between orders: recomputed by another path, and unmoved by whatever later days bring."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import duckdb
import polars as pl
import pytest

from models.next_order.next_order_settings import NextOrderSettings
from models.next_order.next_orders import KnownWaits
from models.setting_rows import parse_settings
from orchestration.kpi import query as queries
from orchestration.kpi.next_orders import prepare_order_waits, read_known_waits, read_wait_outcomes
from orchestration.kpi.query import QUERIES_DIR
from tests.integration.models.conftest import SEEDS

CUT, AS_OF = date(2025, 3, 31), date(2025, 6, 29)

SHOP = """
create schema marts;
create table marts.orders as
select
    n::varchar as order_id,
    case when hash(n, 'guest') % 20 > 0 then 'C' || (hash(n, 'who') % 90) end as customer_id,
    date '2024-01-01' + (hash(n, 'when') % 545)::integer as order_date,
    ['completed', 'completed', 'pending', 'cancelled', 'credit_note'][(1 + hash(n, 'status') % 5)::bigint] as status,
    status = 'completed' as is_sale
from range(900) as numbers(n);
"""

# What later days may bring, one statement each.
FUTURE = {
    "orders after the cut": """
        insert into marts.orders select 'new' || n, 'C' || n, date '2025-04-01' + n::integer % 80, 'completed', true
        from range(120) as numbers(n)""",
    "what became of orders placed before it": """
        update marts.orders set status = 'refunded', is_sale = false where status in ('completed', 'pending', 'cancelled')""",
    "no order any more": "delete from marts.orders where order_date > date '2025-03-31'",
    "money given back without an order": """
        insert into marts.orders select 'back' || n, 'C' || n, date '2025-03-30', 'credit_note', false
        from range(90) as numbers(n)""",
}  # fmt: skip

# Each is a defect of a query, and the future that it then sees.
DEFECTS = {
    ("order_waits", "status <> 'credit_note'", "is_sale"): "what became of orders placed before it",
    ("order_waits", "and status <> 'credit_note'", ""): "money given back without an order",
    ("waits_until", "coalesce(waits.ordered_again_on <= $cut_date, false)", "waits.ordered_again_on is not null"): (
        "orders after the cut"
    ),
    ("waits_until", "when waits.ordered_again_on <= $cut_date", "when waits.ordered_again_on is not null"): (
        "no order any more"
    ),
    ("waits_until", "where waits.order_date <= $cut_date and", "where"): "orders after the cut",
    ("open_waits", "order_date <= $cut_date and", ""): "orders after the cut",
    ("open_waits", "(ordered_again_on is null or ordered_again_on > $cut_date)", "ordered_again_on is null"): (
        "orders after the cut"
    ),
}  # fmt: skip


@pytest.fixture
def shop() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(SHOP)
        yield connection


@pytest.fixture(scope="module")
def order_settings() -> NextOrderSettings:
    return parse_settings(NextOrderSettings, rows=pl.read_csv(SEEDS / "model_settings.csv"))


def known(
    connection: duckdb.DuckDBPyConnection, settings: NextOrderSettings, *, day: date = CUT
) -> KnownWaits:
    prepare_order_waits(connection=connection, as_of=AS_OF)
    return read_known_waits(connection=connection, day=day, settings=settings)


@pytest.mark.parametrize("future", FUTURE)
def test_the_future_moves_nothing_that_is_known(shop, order_settings, future):
    before = known(shop, order_settings)
    assert before.open_waits.height == 90
    shop.execute(FUTURE[future])
    after = known(shop, order_settings)
    assert after.waits.equals(before.waits)
    assert after.open_waits.equals(before.open_waits)


# The test above, tried on queries that do see the future: it must fail for each of them.
@pytest.mark.parametrize(("defect", "future"), DEFECTS.items())
def test_a_query_that_sees_the_future_is_caught(shop, order_settings, monkeypatch, tmp_path, defect, future):
    query, condition, blind = defect
    for path in QUERIES_DIR.glob("*.sql"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    right = (QUERIES_DIR / f"{query}.sql").read_text(encoding="utf-8")
    assert condition in right
    (tmp_path / f"{query}.sql").write_text(right.replace(condition, blind), encoding="utf-8")
    monkeypatch.setattr(queries, "QUERIES_DIR", tmp_path)
    with pytest.raises(AssertionError):
        test_the_future_moves_nothing_that_is_known(shop, order_settings, future)


def order_days(connection: duckdb.DuckDBPyConnection) -> dict[str, list[date]]:
    rows = connection.sql("select customer_id, order_date, status from marts.orders").fetchall()
    days: dict[str, set[date]] = {}
    for customer, day, status in rows:
        if customer and status != "credit_note":
            days.setdefault(customer, set()).add(day)
    return {customer: sorted(own) for customer, own in days.items()}


# Row by row in Python, straight from the words of the columns.
@pytest.mark.parametrize("day", [CUT, AS_OF, date(2024, 1, 20)])
def test_each_wait_is_what_its_name_says(shop, order_settings, day):
    waits, open_waits = [], []
    for customer, days in sorted(order_days(shop).items()):
        seen = [own for own in days if own <= day]
        gaps = [(later - earlier).days for earlier, later in pairwise(seen)]
        for position in range(len(seen)):
            logs = sum(round(math.log(gap) * 1_000_000) for gap in gaps[:position])
            waited = gaps[position] if position < len(gaps) else (day - seen[-1]).days
            waits.append((customer, position, logs, waited, position < len(gaps)))
        if seen:
            open_waits.append(waits[-1][:4])
    found = known(shop, order_settings, day=day)
    assert found.waits.rows() == waits
    assert found.open_waits.rows() == open_waits


def test_whoever_ordered_within_ninety_days_came_back(shop, order_settings):
    expected = {
        customer: min(later)
        for customer, days in order_days(shop).items()
        if days[0] <= CUT
        and (later := [(day - CUT).days for day in days if CUT < day <= CUT + timedelta(90)])
    }
    prepare_order_waits(connection=shop, as_of=AS_OF)
    found = read_wait_outcomes(connection=shop, cut_date=CUT, settings=order_settings)
    assert dict(found.iter_rows()) == expected
    assert 0 < found.height < 90


# 90 customers had ordered by then; every third of them trains, with all of the own waits.
def test_a_large_shop_trains_on_some_of_its_customers(shop, order_settings):
    everybody = known(shop, order_settings).waits
    drawn = known(shop, replace(order_settings, next_order_max_training_customers=30)).waits
    assert drawn["customer_id"].n_unique() == 30
    assert drawn.equals(everybody.join(drawn, on="customer_id", how="semi", maintain_order="left"))
    again = known(shop, replace(order_settings, next_order_max_training_customers=30)).waits
    assert again.equals(drawn)


def test_the_order_of_rows_moves_nothing(shop, order_settings):
    before = known(shop, order_settings)
    shop.execute("create or replace table marts.orders as from marts.orders order by hash(order_id)")
    after = known(shop, order_settings)
    assert after.waits.equals(before.waits)
    assert after.open_waits.equals(before.open_waits)
