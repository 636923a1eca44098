"""Festivals: aligned by offset to the anchor, by lunar date, null outside the data and zero inside it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from models.effects.festivals import FESTIVAL_SCHEMA, build_festival_comparison

NEW_YEARS = {2024: date(2024, 2, 10), 2025: date(2025, 1, 29), 2026: date(2026, 2, 17)}
FESTIVALS = pl.DataFrame(
    {
        "festival": "spring_festival",
        "label_zh": "春节",
        "festival_year": list(NEW_YEARS),
        "anchor_on": list(NEW_YEARS.values()),
    }
).with_columns(
    warm_up_from=pl.col("anchor_on") - pl.duration(days=3),
    starts_on=pl.col("anchor_on") - pl.duration(days=1),
    ends_on=pl.col("anchor_on") + pl.duration(days=1),
)
SALES = pl.DataFrame(
    [
        (date(2024, 2, 9), 1, "1.00", 1),
        (date(2024, 2, 10), 5, "50.00", 2),
        (date(2025, 1, 29), 7, "70.00", 3),
        (date(2025, 1, 31), 1, "9.99", 0),
    ],
    schema=["sales_date", "orders", "net_revenue", "new_customers"],
    orient="row",
).with_columns(pl.col("net_revenue").cast(pl.Decimal(18, 2)))


def days(as_of: date, festivals: pl.DataFrame = FESTIVALS) -> dict[tuple[int, int], dict[str, object]]:
    frame = build_festival_comparison(daily_sales=SALES, festivals=festivals, as_of=as_of, days_after=2)
    assert frame.schema == FESTIVAL_SCHEMA
    return {(row["festival_year"], row["day_offset"]): row for row in frame.to_dicts()}


def test_new_year_stands_beside_new_year_and_not_beside_the_same_date():
    day = days(date(2025, 2, 28))[2025, 0]
    assert (day["sales_date"], day["sales_date_last_year"]) == (date(2025, 1, 29), date(2024, 2, 10))
    assert (day["orders"], day["orders_last_year"]) == (7, 5)
    assert (day["net_revenue"], day["net_revenue_last_year"]) == (Decimal("70.00"), Decimal("50.00"))
    assert (day["new_customers"], day["new_customers_last_year"]) == (3, 2)


def test_a_festival_is_followed_from_its_warm_up_to_the_days_after():
    phases = [row["phase"] for row in days(date(2025, 2, 28)).values() if row["festival_year"] == 2025]
    assert phases == ["warm_up"] * 2 + ["festival"] * 3 + ["after"] * 2


def test_a_day_without_orders_is_zero_and_a_day_outside_the_data_is_null():
    found = days(date(2025, 1, 30))
    assert (found[2025, 1]["orders"], found[2025, 1]["net_revenue"]) == (0, Decimal("0.00"))
    assert (found[2025, 2]["orders"], found[2025, 2]["orders_last_year"]) == (None, 0)
    # The data begins on the eve of 2024's new year; of the year before nothing is known.
    assert (found[2024, -2]["orders"], found[2024, -1]["orders"]) == (None, 1)
    assert found[2024, 0]["orders_last_year"] is None


@pytest.mark.parametrize(("as_of", "years"), [(date(2025, 1, 25), {2024}), (date(2025, 1, 26), {2024, 2025})])
def test_a_festival_shows_up_with_its_first_day(as_of, years):
    assert {year for year, _ in days(as_of)} == years


def test_a_festival_that_stands_twice_is_refused():
    with pytest.raises(ValueError, match="twice in a year"):
        days(date(2025, 2, 1), pl.concat([FESTIVALS, FESTIVALS]))


def test_no_sale_is_an_empty_table():
    empty = build_festival_comparison(
        daily_sales=SALES.clear(), festivals=FESTIVALS, as_of=date(2025, 2, 1), days_after=2
    )
    assert empty.is_empty()
    assert empty.schema == FESTIVAL_SCHEMA
