"""Repeat purchase and rolling retention: each edge of a window, and what is not old enough to tell."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from models.retention import build_repeat_purchase, build_rolling_retention

AS_OF = date(2024, 4, 30)


def repeats(*rows: tuple[date, int | None, int], segment: str = "all") -> pl.DataFrame:
    names = ["first_order_date", "days_to_second_order", "customers"]
    return pl.DataFrame(rows, schema=names, orient="row", schema_overrides={names[1]: pl.Int32}).with_columns(
        segment=pl.lit(segment)
    )


def measure(shop: pl.DataFrame, metric: str, segment: str = "all") -> list[tuple[object, ...]]:
    table = build_repeat_purchase(first_purchases=shop, as_of=AS_OF, windows_days=[30, 90], confidence=0.95)
    assert not table.select("metric", "period_start", "segment").is_duplicated().any()
    rows = table.filter(pl.col("metric") == metric, pl.col("segment") == segment)
    return rows.select("period_start", "period_end", "numerator", "denominator").rows()


# 30 March + 30 days is 29 April, 31 March + 30 days is 30 April = as-of; 1 April is one day too young.
SHOP = repeats(
    (date(2024, 1, 5), 30, 3),
    (date(2024, 1, 5), 31, 2),
    (date(2024, 1, 9), None, 5),
    (date(2024, 3, 31), 1, 1),
    (date(2024, 4, 1), 1, 7),
)


def test_the_last_day_of_the_window_counts_and_the_day_after_does_not():
    ((start, end, numerator, denominator),) = measure(SHOP, "repeat_purchase_30")
    assert (numerator, denominator) == (3 + 1, 3 + 2 + 5 + 1)
    assert (start, end) == (date(2024, 1, 5), date(2024, 3, 31))


def test_a_longer_window_has_its_own_old_enough_buyers():
    assert [row[2:] for row in measure(SHOP, "repeat_purchase_90")] == [(5, 10)]


def test_months_are_those_of_the_first_order_and_too_young_ones_are_null():
    assert measure(SHOP, "repeat_purchase_30_by_month") == [
        (date(2024, 1, 1), date(2024, 1, 31), 3, 10),
        (date(2024, 3, 1), date(2024, 3, 31), 1, 1),
        (date(2024, 4, 1), date(2024, 4, 30), None, None),
    ]


def test_segments_stand_beside_the_whole():
    both = pl.concat([SHOP, repeats((date(2024, 1, 5), 30, 2), segment="tier:Gold")])
    assert [row[2:] for row in measure(both, "repeat_purchase_30", "tier:Gold")] == [(2, 2)]
    assert measure(both, "repeat_purchase_30") == measure(SHOP, "repeat_purchase_30")


def test_a_shop_too_young_to_tell_has_null_and_not_zero():
    ((_, _, numerator, denominator),) = measure(repeats((AS_OF, None, 4)), "repeat_purchase_30")
    assert (numerator, denominator) == (None, None)


def test_no_buyer_is_an_empty_table():
    assert measure(SHOP.clear(), "repeat_purchase_30") == []


def test_a_second_order_on_the_first_day_is_refused():
    with pytest.raises(ValueError, match="on or before the day of the first"):
        measure(repeats((date(2024, 1, 5), 0, 1)), "repeat_purchase_30")


def gaps(days_of_customers: dict[str, list[date]], segment: str = "all") -> pl.DataFrame:
    """Counted gaps of customers given by their active days."""
    rows = []
    for days in days_of_customers.values():
        for day, following in zip(days, [*days[1:], None], strict=True):
            rows.append((segment, day, (following - day).days if following else None, 1))
    names = ["segment", "active_date", "days_to_next", "customer_days"]
    return pl.DataFrame(rows, schema=names, orient="row", schema_overrides={"days_to_next": pl.Int32})


# As of 30 April: later window 1–30 April, earlier window 2–31 March.
VISITS = {
    "starts the data": [date(2023, 12, 1)],
    "stays": [date(2024, 3, 2), date(2024, 3, 20), date(2024, 4, 30)],
    "stays from the last day": [date(2024, 3, 31), date(2024, 4, 1)],
    "leaves": [date(2024, 3, 31)],
    "too early": [date(2024, 3, 1), date(2024, 4, 15)],
    "new": [date(2024, 4, 15)],
}


def rolling(shop: pl.DataFrame, as_of: date = AS_OF) -> dict[tuple[str, date], tuple[int | None, int | None]]:
    table = build_rolling_retention(
        activity_gaps=shop, as_of=as_of, windows_days=[30, 90], history_months=36, confidence=0.95
    )
    assert not table.select("metric", "period_start", "segment").is_duplicated().any()
    rows = table.select("metric", "period_end", "numerator", "denominator").iter_rows()
    return {(metric, end): (numerator, denominator) for metric, end, numerator, denominator in rows}


def test_each_edge_of_both_windows():
    assert rolling(gaps(VISITS))["retention_30", AS_OF] == (2, 3)


def test_a_window_that_begins_before_the_data_is_null():
    measured = rolling(gaps(VISITS))
    assert measured["retention_90", AS_OF] == (None, None)
    assert measured["retention_30_by_month", date(2024, 1, 31)] == (0, 0)
    assert measured["retention_30_by_month", date(2024, 3, 31)] == (0, 1)
    assert measured["retention_30_by_month", date(2023, 12, 31)] == (None, None)


def test_the_month_of_the_as_of_date_is_evaluated_only_when_complete():
    assert ("retention_30_by_month", AS_OF) in rolling(gaps(VISITS))
    ended_early = rolling(gaps(VISITS), as_of=date(2024, 5, 29))
    assert ("retention_30", date(2024, 5, 29)) in ended_early
    assert max(end for metric, end in ended_early if metric == "retention_30_by_month") == AS_OF


def test_a_gap_that_is_not_positive_is_refused():
    bad = gaps(VISITS).with_columns(days_to_next=pl.lit(0))
    with pytest.raises(ValueError, match="next active day"):
        rolling(bad)


def test_no_activity_is_an_empty_table():
    assert rolling(gaps(VISITS).clear()) == {}
