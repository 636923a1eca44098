"""Before and after the CRM: equal windows that do not touch the other side, and Newcombe's interval."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from models.intervals import newcombe, wilson
from models.retention.before_after import (
    BEFORE_AFTER_SCHEMA,
    compare_repeat_purchase,
    compare_retention,
    retention_comparisons,
)
from models.retention.retention import FIRST_PURCHASES_SCHEMA

FIRST, LAST = date(2024, 1, 1), date(2024, 12, 31)
START = date(2024, 7, 1)


def one_buyer_a_day(segment: str = "all", until: date = LAST) -> pl.DataFrame:
    """One first-time buyer a day; everybody won from the start of the CRM on comes back."""
    days = pl.date_range(FIRST, until, eager=True)
    frame = pl.DataFrame({"first_order_date": days}).with_columns(
        segment=pl.lit(segment), window_days=30, customers=1, returned=(days >= START).cast(int)
    )
    return frame.select(FIRST_PURCHASES_SCHEMA.names()).cast(FIRST_PURCHASES_SCHEMA)


def compare(shop: pl.DataFrame, *, crm_start: date = START, as_of: date = LAST) -> list[dict[str, object]]:
    table = compare_repeat_purchase(first_purchases=shop, crm_start=crm_start, as_of=as_of, confidence=0.95)
    assert table.schema == BEFORE_AFTER_SCHEMA
    return table.to_dicts()


def test_no_window_of_before_reaches_into_the_time_after():
    (row,) = compare(one_buyer_a_day())
    assert row["before_end"] + timedelta(days=30) == START - timedelta(days=1)
    assert row["before_start"] == FIRST
    assert row["after_start"] == START
    assert row["after_end"] - row["after_start"] == row["before_end"] - row["before_start"]
    # 1 January to 31 May are 152 days; as many stand after the start, where 30 days fit until the end of the year.
    assert (row["before_returned"], row["before_customers"]) == (0, 152)
    assert (row["after_returned"], row["after_customers"]) == (152, 152)
    assert row["difference"] == 1.0


def test_the_side_after_is_the_shorter_one_while_it_is_young():
    (row,) = compare(one_buyer_a_day(), as_of=date(2024, 8, 1))
    assert (row["after_start"], row["after_end"]) == (START, date(2024, 7, 2))
    assert (row["before_start"], row["before_end"]) == (date(2024, 5, 30), date(2024, 5, 31))
    assert (row["before_customers"], row["after_customers"]) == (2, 2)


@pytest.mark.parametrize(("as_of", "is_told"), [(date(2024, 7, 30), False), (date(2024, 7, 31), True)])
def test_the_first_day_is_told_when_its_window_is_over(as_of, is_told):
    (row,) = compare(one_buyer_a_day(), as_of=as_of)
    assert (row["difference"] is not None) == (row["after_start"] is not None) == is_told
    assert (row["after_customers"] is not None) == is_told


def test_a_crm_from_before_the_data_is_not_told():
    (row,) = compare(one_buyer_a_day(), crm_start=date(2024, 1, 20))
    assert (row["before_customers"], row["after_customers"], row["difference"]) == (None, None, None)


def test_a_segment_needs_somebody_on_both_sides():
    only_before = one_buyer_a_day(segment="tier:Gold", until=date(2024, 5, 1))
    both = one_buyer_a_day(segment="tier:Silver")
    rows = compare(pl.concat([one_buyer_a_day(), only_before, both]))
    assert [row["segment"] for row in rows] == ["all", "tier:Silver"]


def test_retention_compares_two_windows_after_with_two_before():
    compared = retention_comparisons(crm_start=START, windows_days=[30])
    before, after = compared.to_dicts()
    assert after["earlier_from"] == START
    assert after["earlier_until"] == date(2024, 7, 30)
    assert after["later_until"] == date(2024, 8, 29)
    assert before["later_until"] == date(2024, 6, 30)
    assert before["earlier_from"] == date(2024, 5, 2)


@pytest.mark.parametrize(
    ("first_day", "as_of", "is_told"),
    [
        (date(2024, 5, 2), date(2024, 8, 29), True),
        (date(2024, 5, 3), date(2024, 8, 29), False),
        (date(2024, 5, 2), date(2024, 8, 28), False),
    ],
)
def test_retention_is_told_when_all_four_windows_lie_in_the_data(first_day, as_of, is_told):
    compared = retention_comparisons(crm_start=START, windows_days=[30])
    counted = pl.DataFrame(
        [("retention_30_before", "all", 1, 4), ("retention_30_after", "all", 3, 4)],
        schema=["metric", "segment", "numerator", "denominator"],
        orient="row",
    )
    (row,) = compare_retention(
        comparisons=compared,
        counted=counted,
        crm_start=START,
        first_day=first_day,
        as_of=as_of,
        confidence=0.95,
    ).to_dicts()
    assert (row["difference"] == 0.5) == is_told
    assert (row["difference"] is None) == (not is_told)


# Newcombe (1998), table II, method 10 without continuity correction.
@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
        ((0, 10), (0, 20), -0.1611, 0.2775),
    ],
)
def test_the_interval_of_a_difference_is_that_of_the_paper(first, second, low, high):
    frame = pl.DataFrame(
        {"a": first[0], "an": first[1], "b": second[0], "bn": second[1]}, schema_overrides=None
    ).with_columns(a_rate=pl.col("a") / pl.col("an"), b_rate=pl.col("b") / pl.col("bn"))
    for side in ("a", "b"):
        bounds = wilson(successes=side, trials=f"{side}n", confidence=0.95)
        frame = frame.with_columns(bounds[0].alias(f"{side}_rate_low"), bounds[1].alias(f"{side}_rate_high"))
    lower, upper = newcombe(after="a", before="b")
    ((found_low, found_high),) = frame.select(low=lower, high=upper).rows()
    assert found_low == pytest.approx(low, abs=5e-5)
    assert found_high == pytest.approx(high, abs=5e-5)
