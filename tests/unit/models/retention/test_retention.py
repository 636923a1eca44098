"""Repeat purchase and rolling retention: what is old enough to tell, which windows are compared, which rows stand."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from models.retention.retention import (
    FIRST_PURCHASES_SCHEMA,
    build_repeat_purchase,
    build_rolling_retention,
    rolling_comparisons,
)

AS_OF = date(2024, 4, 30)


def repeats(*rows: tuple[int, date, int, int], segment: str = "all") -> pl.DataFrame:
    """Rows of window, first order, customers and how many of them returned."""
    names = ["window_days", "first_order_date", "customers", "returned"]
    frame = pl.DataFrame(rows, schema=names, orient="row").with_columns(segment=pl.lit(segment))
    return frame.select(FIRST_PURCHASES_SCHEMA.names()).cast(FIRST_PURCHASES_SCHEMA)


def measure(shop: pl.DataFrame, metric: str, segment: str = "all") -> list[tuple[object, ...]]:
    table = build_repeat_purchase(first_purchases=shop, as_of=AS_OF, confidence=0.95)
    assert not table.select("metric", "period_start", "segment").is_duplicated().any()
    rows = table.filter(pl.col("metric") == metric, pl.col("segment") == segment)
    return rows.select("period_start", "period_end", "numerator", "denominator").rows()


# 30 March + 30 days is 29 April, 31 March + 30 days is 30 April = as-of; 1 April is one day too young.
SHOP = repeats(
    (30, date(2024, 1, 5), 5, 3),
    (30, date(2024, 1, 9), 5, 0),
    (30, date(2024, 3, 31), 1, 1),
    (30, date(2024, 4, 1), 7, 7),
    (90, date(2024, 1, 5), 5, 5),
    (90, date(2024, 1, 9), 5, 0),
    (90, date(2024, 3, 31), 1, 1),
    (90, date(2024, 4, 1), 7, 7),
)


def test_buyers_are_old_enough_on_the_day_that_the_window_ends():
    ((start, end, numerator, denominator),) = measure(SHOP, "repeat_purchase_30")
    assert (numerator, denominator) == (3 + 1, 5 + 5 + 1)
    assert (start, end) == (date(2024, 1, 5), date(2024, 3, 31))


def test_a_longer_window_has_its_own_old_enough_buyers():
    assert [row[2:] for row in measure(SHOP, "repeat_purchase_90")] == [(5, 10)]


# 31 January 2024 + 90 days is 30 April.
@pytest.mark.parametrize(
    ("first_order", "told"), [(date(2024, 1, 31), (1, 2)), (date(2024, 2, 1), (None, None))]
)
def test_ninety_days_must_have_passed(first_order, told):
    ((_, _, *counts),) = measure(repeats((90, first_order, 2, 1)), "repeat_purchase_90")
    assert tuple(counts) == told


def test_months_are_those_of_the_first_order_and_too_young_ones_are_null():
    assert measure(SHOP, "repeat_purchase_30_by_month") == [
        (date(2024, 1, 1), date(2024, 1, 31), 3, 10),
        (date(2024, 3, 1), date(2024, 3, 31), 1, 1),
        (date(2024, 4, 1), date(2024, 4, 30), None, None),
    ]


def test_segments_stand_beside_the_whole_and_only_where_somebody_is_old_enough():
    gold = repeats((30, date(2024, 1, 5), 2, 2), (30, date(2024, 4, 9), 3, 1), segment="tier:Gold")
    both = pl.concat([SHOP, gold])
    assert [row[2:] for row in measure(both, "repeat_purchase_30", "tier:Gold")] == [(2, 2)]
    assert [row[0] for row in measure(both, "repeat_purchase_30_by_month", "tier:Gold")] == [date(2024, 1, 1)]
    assert measure(both, "repeat_purchase_30") == measure(SHOP, "repeat_purchase_30")


def test_a_shop_too_young_to_tell_has_null_and_not_zero():
    ((_, _, numerator, denominator),) = measure(repeats((30, AS_OF, 4, 0)), "repeat_purchase_30")
    assert (numerator, denominator) == (None, None)


def test_no_buyer_is_an_empty_table():
    assert measure(SHOP.clear(), "repeat_purchase_30") == []


def test_more_returns_than_buyers_are_refused():
    with pytest.raises(ValueError, match="more first-time buyers came back"):
        measure(repeats((30, date(2024, 1, 5), 1, 2)), "repeat_purchase_30")


FIRST_DAY = date(2023, 12, 1)


def comparisons(as_of: date = AS_OF, months: int = 36) -> pl.DataFrame:
    return rolling_comparisons(first_day=FIRST_DAY, as_of=as_of, windows_days=[30, 90], history_months=months)


# As of 30 April: later window 1–30 April, earlier window 2–31 March.
def test_both_windows_have_equal_days_and_touch():
    (row,) = comparisons().filter(pl.col("metric") == "retention_30").to_dicts()
    assert (row["earlier_from"], row["earlier_until"]) == (date(2024, 3, 2), date(2024, 3, 31))
    assert (row["period_start"], row["period_end"], row["later_until"]) == (date(2024, 3, 2), AS_OF, AS_OF)


def test_the_month_of_the_as_of_date_is_compared_only_when_complete():
    by_month = pl.col("metric") == "retention_30_by_month"
    assert comparisons().filter(by_month)["period_end"].max() == AS_OF
    assert comparisons(date(2024, 5, 30)).filter(by_month)["period_end"].max() == AS_OF
    assert comparisons(date(2024, 5, 31)).filter(by_month)["period_end"].max() == date(2024, 5, 31)
    assert comparisons(months=2).filter(by_month)["period_start"].to_list() == [
        date(2024, 3, 1),
        date(2024, 4, 1),
    ]


def rolling(
    *counted: tuple[str, date, str, int, int],
) -> dict[tuple[str, date, str], tuple[int | None, int | None]]:
    names = ["metric", "later_until", "segment", "numerator", "denominator"]
    types = {
        "metric": pl.String,
        "later_until": pl.Date,
        "segment": pl.String,
        names[3]: pl.Int64,
        names[4]: pl.Int64,
    }
    table = build_rolling_retention(
        comparisons=comparisons(),
        counted=pl.DataFrame(counted, schema=types, orient="row"),
        first_day=FIRST_DAY,
        confidence=0.95,
    )
    assert not table.select("metric", "period_start", "segment").is_duplicated().any()
    rows = table.select("metric", "period_end", "segment", "numerator", "denominator").iter_rows()
    return {(metric, end, segment): counts for metric, end, segment, *counts in rows}


def test_a_window_that_begins_before_the_data_is_null_and_one_without_anybody_is_zero():
    january, december = date(2024, 1, 31), date(2023, 12, 31)
    measured = rolling(
        ("retention_90", AS_OF, "all", 1, 2),
        ("retention_90", AS_OF, "tier:Gold", 1, 2),
        ("retention_30_by_month", AS_OF, "tier:Gold", 0, 3),
    )
    assert measured["retention_90", AS_OF, "all"] == [None, None]
    assert measured["retention_30_by_month", december, "all"] == [None, None]
    assert measured["retention_30_by_month", january, "all"] == [0, 0]
    assert [key for key in measured if key[2] != "all"] == [("retention_30_by_month", AS_OF, "tier:Gold")]


# The earlier window of 30 April begins on 2 March.
@pytest.mark.parametrize(
    ("first_day", "told"), [(date(2024, 3, 2), (1, 2)), (date(2024, 3, 3), (None, None))]
)
def test_the_data_must_begin_with_the_earlier_window(first_day, told):
    counted = pl.DataFrame(
        {"metric": "retention_30", "later_until": AS_OF, "segment": "all", "numerator": 1, "denominator": 2}
    )
    table = build_rolling_retention(
        comparisons=comparisons(), counted=counted, first_day=first_day, confidence=0.95
    )
    row = table.filter(pl.col("metric") == "retention_30").select("numerator", "denominator").row(0)
    assert row == told


def test_more_stayers_than_customers_are_refused():
    with pytest.raises(ValueError, match="more customers stayed"):
        rolling(("retention_30", AS_OF, "all", 2, 1))
