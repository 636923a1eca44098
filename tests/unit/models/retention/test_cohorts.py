"""Cohorts: the full grid, what of it can be observed, and money per original customer."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from models.retention.cohorts import build_cohort_means, build_cohort_retention, cohort_schema

JAN, FEB, MAR, APR = (date(2024, month, 1) for month in (1, 2, 3, 4))


def activity(*rows: tuple[date, date, int, str]) -> pl.DataFrame:
    frame = pl.DataFrame(
        rows, schema=["cohort_month", "activity_month", "active_customers", "net_revenue"], orient="row"
    )
    return frame.with_columns(pl.col("net_revenue").cast(pl.Decimal(18, 2)))


# Three buyers of January, one of whom comes back in March and is refunded more than is bought; two of March.
SHOP = activity((JAN, JAN, 3, "100.00"), (JAN, MAR, 1, "-10.05"), (MAR, MAR, 2, "5.55"))


def cells(as_of: date, shop: pl.DataFrame = SHOP) -> dict[tuple[date, int], dict[str, object]]:
    frame = build_cohort_retention(activity=shop, as_of=as_of, confidence=0.95)
    assert frame.schema == cohort_schema("month")
    return {(row["cohort_month"], row["period_number"]): row for row in frame.to_dicts()}


def test_every_cell_from_the_first_cohort_to_the_month_of_the_as_of_date_is_there():
    assert set(cells(date(2024, 4, 29))) == {
        (cohort, period) for number, cohort in enumerate((JAN, FEB, MAR, APR)) for period in range(4 - number)
    }


def test_a_month_without_orders_is_zero_when_it_is_complete():
    cell = cells(date(2024, 4, 29))[JAN, 1]
    assert (cell["active_customers"], cell["retention_rate"], cell["net_revenue"]) == (
        0,
        0.0,
        Decimal("0.00"),
    )
    assert cell["rate_low"] == 0.0
    assert cell["rate_high"] == pytest.approx(0.5615, abs=1e-4)


def test_a_month_that_is_not_complete_is_null_and_not_zero():
    cell = cells(date(2024, 4, 29))[JAN, 3]
    assert cell["cohort_size"] == 3
    figures = set(cell) - {"cohort_month", "period_number", "cohort_size"}
    assert {cell[name] for name in figures} == {None}


@pytest.mark.parametrize(
    ("as_of", "is_observable"),
    [(date(2024, 4, 29), False), (date(2024, 4, 30), True), (date(2024, 5, 1), True)],
)
def test_a_month_is_complete_on_its_last_day(as_of, is_observable):
    assert (cells(as_of)[JAN, 3]["active_customers"] is not None) == is_observable


@pytest.mark.parametrize(("as_of", "complete"), [(date(2024, 2, 28), False), (date(2024, 2, 29), True)])
def test_february_of_a_leap_year_has_29_days(as_of, complete):
    shop = activity((JAN, JAN, 3, "1.00"))
    assert (cells(as_of, shop)[JAN, 1]["active_customers"] is not None) == complete


def test_money_adds_up_per_original_customer_and_rounds_half_away_from_zero():
    grid = cells(date(2024, 4, 30))
    money = [grid[JAN, period]["cumulative_net_revenue_per_customer"] for period in range(3)]
    assert money == [Decimal("33.33"), Decimal("33.33"), Decimal("29.98")]
    assert grid[MAR, 0]["cumulative_net_revenue_per_customer"] == Decimal("2.78")
    loss = activity((JAN, JAN, 2, "-5.55"))
    assert cells(date(2024, 1, 31), loss)[JAN, 0]["cumulative_net_revenue_per_customer"] == Decimal("-2.78")


def test_a_cohort_without_buyers_has_no_share():
    cell = cells(date(2024, 4, 30))[FEB, 0]
    assert (cell["cohort_size"], cell["retention_rate"], cell["rate_low"]) == (0, None, None)
    assert cell["cumulative_net_revenue_per_customer"] is None


def test_no_activity_is_an_empty_table():
    assert cells(date(2024, 4, 30), SHOP.clear()) == {}


def test_the_order_of_rows_does_not_matter():
    assert cells(date(2024, 4, 30), SHOP.reverse()) == cells(date(2024, 4, 30))


@pytest.mark.parametrize(
    ("shop", "sentence"),
    [
        (activity((FEB, JAN, 1, "1.00")), "before its cohort"),
        (activity((JAN, date(2024, 6, 1), 1, "1.00")), "after the as-of date"),
        (SHOP.drop("net_revenue"), "activity lacks net_revenue"),
    ],
)
def test_impossible_activity_is_refused(shop, sentence):
    with pytest.raises(ValueError, match=sentence):
        build_cohort_retention(activity=shop, as_of=date(2024, 4, 30), confidence=0.95)


MONDAY = date(2024, 1, 1)
WEEKS = [date(2024, 1, day) for day in (1, 8, 15)]


def weeks(as_of: date) -> dict[tuple[date, int], dict[str, object]]:
    """Four buyers of the first week, one of whom comes back in the third; one of the second."""
    first, second, third = WEEKS
    rows = activity((first, first, 4, "80.00"), (first, third, 1, "10.00"), (second, second, 1, "7.00"))
    shop = rows.rename({"cohort_month": "cohort_week", "activity_month": "activity_week"})
    frame = build_cohort_retention(activity=shop, as_of=as_of, confidence=0.95, grain="week")
    assert frame.schema == cohort_schema("week")
    return {(row["cohort_week"], row["period_number"]): row for row in frame.to_dicts()}


def test_weeks_run_from_monday_to_sunday_and_across_the_year():
    cells = weeks(date(2024, 1, 21))
    assert set(cells) == {
        (WEEKS[0], 0),
        (WEEKS[0], 1),
        (WEEKS[0], 2),
        (WEEKS[1], 0),
        (WEEKS[1], 1),
        (WEEKS[2], 0),
    }
    assert [cells[WEEKS[0], period]["active_customers"] for period in range(3)] == [4, 0, 1]
    money = [cells[WEEKS[0], period]["cumulative_net_revenue_per_customer"] for period in range(3)]
    assert money == [Decimal("20.00"), Decimal("20.00"), Decimal("22.50")]


@pytest.mark.parametrize(("as_of", "complete"), [(date(2024, 1, 20), False), (date(2024, 1, 21), True)])
def test_a_week_is_complete_on_its_sunday(as_of, complete):
    cell = weeks(as_of)[WEEKS[0], 2]
    assert (cell["retention_rate"] is not None) == (cell["net_revenue"] is not None) == complete


def test_the_weighted_mean_counts_customers_and_the_simple_mean_cohorts():
    months = build_cohort_retention(
        activity=activity(
            (JAN, JAN, 3, "1.00"), (JAN, FEB, 1, "1.00"), (FEB, FEB, 1, "1.00"), (FEB, MAR, 1, "1.00")
        ),
        as_of=date(2024, 3, 31),
        confidence=0.95,
    )
    means = build_cohort_means(cohorts={"month": months, "week": months.clear()}, confidence=0.95)
    rows = {row["period_number"]: row for row in means.to_dicts()}
    assert set(rows) == {0, 1, 2}
    names = (
        "cohorts",
        "cohort_customers",
        "active_customers",
        "weighted_retention_rate",
        "simple_retention_rate",
    )
    # March has no cohort; a month after theirs, one of three and one of one were active.
    assert [rows[1][name] for name in names] == [2, 4, 2, 0.5, pytest.approx((1 / 3 + 1) / 2)]
    assert [rows[2][name] for name in names] == [1, 3, 0, 0.0, 0.0]
    assert rows[1]["rate_low"] < 0.5 < rows[1]["rate_high"]


def test_a_cell_that_cannot_be_observed_is_in_no_mean():
    months = build_cohort_retention(activity=SHOP, as_of=date(2024, 3, 30), confidence=0.95)
    means = build_cohort_means(cohorts={"month": months}, confidence=0.95)
    assert dict(means.select("period_number", "cohorts").iter_rows()) == {0: 1, 1: 1}
