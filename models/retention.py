"""Repeat purchase and rolling retention, each share with its count and interval.

Definitions (DOMAIN 6):

- repeat purchase N: first-time buyers with another order day on days 1–N after the first one ÷ first-time
  buyers whose day N has passed. A second order on the first day does not count: it is one visit to the shop.
  On UCI Online Retail this gives 19.04 % and 45.49 % for 30 and 90 days (18.72 % and 42.21 % when buyers too
  young to tell stand in the denominator, as they must not).
- retention N: customers active in the last N days who were active in the N days before ÷ those active then.
  Active means a successful order or a session; orders alone where the shop delivers no sessions.

Belongs here: shares from counted rows. Does not belong here: counting (`orchestration/kpi_queries/`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from models.frames import require_columns
from models.intervals import wilson

RETENTION_SCHEMA = pl.Schema(
    {
        "metric": pl.String,
        "period_start": pl.Date,
        "period_end": pl.Date,
        "segment": pl.String,
        "numerator": pl.Int64,
        "denominator": pl.Int64,
        "value": pl.Float64,
        "value_low": pl.Float64,
        "value_high": pl.Float64,
    }
)


def build_repeat_purchase(
    *, first_purchases: pl.DataFrame, as_of: date, windows_days: Sequence[int], confidence: float
) -> pl.DataFrame:
    """Measure repeat purchase for each window, over all time and by month of the first order.

    Args:
        first_purchases: counted first-time buyers: `segment`, `first_order_date`, `days_to_second_order`
            (days to the next *other* order day, null if there is none), `customers`. Segment `all` holds
            everybody; further segments (`tier:Gold`, `channel:ad`) hold their part.
        as_of: last day that is known.
        windows_days: N in days, e.g. 30 and 90.
        confidence: level of the interval.

    Returns:
        Columns of `RETENTION_SCHEMA`: metrics `repeat_purchase_<N>` (from the first to the last first-order
        date old enough to tell) and `repeat_purchase_<N>_by_month` (`period_start` is the first day of the
        month of the first order). A month of which nobody is old enough has null figures.

    Raises:
        ValueError: a column is missing, or a second order lies on or before the first day.
    """
    names = ("segment", "first_order_date", "days_to_second_order", "customers")
    require_columns(frame=first_purchases, columns=names, name="first_purchases")
    if first_purchases.filter(pl.col("days_to_second_order") <= 0).height:
        raise ValueError("a second order lies on or before the day of the first")
    frames = [pl.DataFrame(schema=RETENTION_SCHEMA)]
    for days in windows_days:
        counted = _count_repeats(first_purchases=first_purchases, as_of=as_of, days=days)
        frames += [
            _overall_repeats(counted=counted, days=days, confidence=confidence),
            _monthly_repeats(counted=counted, days=days, confidence=confidence),
        ]
    return _ordered(frames)


def build_rolling_retention(
    *,
    activity_gaps: pl.DataFrame,
    as_of: date,
    windows_days: Sequence[int],
    history_months: int,
    confidence: float,
) -> pl.DataFrame:
    """Measure rolling retention at the as-of date and at the end of every complete month.

    A customer was active in the earlier window exactly once as "last active day in it": the active day whose
    next one lies beyond the window. The customer stayed if that next day lies in the later window.

    Args:
        activity_gaps: counted rows `segment`, `active_date`, `days_to_next` (days to the same customer's next
            active day; null if none within twice the longest window), `customer_days`. Segment `all` holds
            everybody.
        as_of: last day that is known.
        windows_days: N in days, e.g. 30 and 90.
        history_months: how many months back month ends are evaluated.
        confidence: level of the interval.

    Returns:
        Columns of `RETENTION_SCHEMA`: `retention_<N>` (evaluated at the as-of date; the period spans both
        windows) and `retention_<N>_by_month` (evaluated on the last day of the month that starts at
        `period_start`). Figures are null where the earlier window begins before the data.

    Raises:
        ValueError: a column is missing, or a gap is not positive.
    """
    names = ("segment", "active_date", "days_to_next", "customer_days")
    require_columns(frame=activity_gaps, columns=names, name="activity_gaps")
    if activity_gaps.filter(pl.col("days_to_next") <= 0).height:
        raise ValueError("a next active day lies on or before the day itself")
    if activity_gaps.is_empty():
        return pl.DataFrame(schema=RETENTION_SCHEMA)
    segments = activity_gaps.select(pl.col("segment").unique())
    first_day = activity_gaps.select(pl.col("active_date").min()).item()
    frames = []
    for evaluated_on in _evaluation_days(first_day=first_day, as_of=as_of, history_months=history_months):
        for days in windows_days:
            counted = _count_stayers(gaps=activity_gaps, evaluated_on=evaluated_on, days=days)
            known = first_day <= evaluated_on - timedelta(days=2 * days - 1)
            frames.append(
                segments.join(counted, on="segment", how="left").select(
                    "segment",
                    pl.when(pl.lit(known)).then(pl.col("numerator", "denominator").fill_null(0)),
                    window_days=pl.lit(days),
                    period_end=pl.lit(evaluated_on),
                )
            )
    return _named_windows(pl.concat(frames), as_of=as_of, confidence=confidence)


def _evaluation_days(*, first_day: date, as_of: date, history_months: int) -> list[date]:
    """Give the ends of complete months, oldest first, and the as-of date."""
    this_month = as_of.replace(day=1)
    months = pl.date_range(first_day.replace(day=1), this_month, interval="1mo", eager=True)
    ends = [end for end in months.dt.month_end().to_list() if end <= as_of][-history_months:]
    return sorted({*ends, as_of})


def _count_stayers(*, gaps: pl.DataFrame, evaluated_on: date, days: int) -> pl.DataFrame:
    middle = evaluated_on - timedelta(days=days)
    next_date = pl.col("active_date") + pl.duration(days=pl.col("days_to_next"))
    last_in_earlier = gaps.filter(
        pl.col("active_date") > middle - timedelta(days=days),
        pl.col("active_date") <= middle,
        pl.col("days_to_next").is_null() | (next_date > middle),
    )
    return last_in_earlier.group_by("segment").agg(
        numerator=pl.col("customer_days").filter(next_date <= evaluated_on).sum(),
        denominator=pl.col("customer_days").sum(),
    )


def _named_windows(counted: pl.DataFrame, *, as_of: date, confidence: float) -> pl.DataFrame:
    metric = pl.format("retention_{}", "window_days")
    current = counted.filter(pl.col("period_end") == as_of).with_columns(
        metric=metric, period_start=pl.col("period_end") - pl.duration(days=2 * pl.col("window_days") - 1)
    )
    month_ends = counted.filter(pl.col("period_end") == pl.col("period_end").dt.month_end())
    monthly = month_ends.with_columns(
        metric=pl.format("{}_by_month", metric), period_start=pl.col("period_end").dt.month_start()
    )
    return _ordered([_with_shares(frame, confidence=confidence) for frame in (current, monthly)])


def _count_repeats(*, first_purchases: pl.DataFrame, as_of: date, days: int) -> pl.DataFrame:
    """Count per segment and day of the first order; null where the window is still open."""
    is_old_enough = pl.col("first_order_date") <= as_of - timedelta(days=days)
    came_back = pl.col("days_to_second_order") <= days
    return first_purchases.with_columns(
        numerator=pl.when(is_old_enough).then(pl.when(came_back).then("customers").otherwise(0)),
        denominator=pl.when(is_old_enough).then("customers"),
        observable_date=pl.when(is_old_enough).then("first_order_date"),
    )


def _overall_repeats(*, counted: pl.DataFrame, days: int, confidence: float) -> pl.DataFrame:
    totals = counted.group_by("segment").agg(
        _sum_or_null("numerator"),
        _sum_or_null("denominator"),
        period_start=pl.col("first_order_date").min(),
        period_end=pl.coalesce(pl.col("observable_date").max(), pl.col("first_order_date").max()),
    )
    return _with_shares(totals.with_columns(metric=pl.lit(f"repeat_purchase_{days}")), confidence=confidence)


def _monthly_repeats(*, counted: pl.DataFrame, days: int, confidence: float) -> pl.DataFrame:
    months = counted.group_by("segment", period_start=pl.col("first_order_date").dt.month_start()).agg(
        _sum_or_null("numerator"), _sum_or_null("denominator")
    )
    named = months.with_columns(
        metric=pl.lit(f"repeat_purchase_{days}_by_month"), period_end=pl.col("period_start").dt.month_end()
    )
    return _with_shares(named, confidence=confidence)


def _sum_or_null(column: str) -> pl.Expr:
    return pl.when(pl.col(column).count() > 0).then(pl.col(column).sum()).alias(column)


def _with_shares(counted: pl.DataFrame, *, confidence: float) -> pl.DataFrame:
    low, high = wilson(successes="numerator", trials="denominator", confidence=confidence)
    share = pl.when(pl.col("denominator") > 0).then(pl.col("numerator") / pl.col("denominator"))
    return (
        counted.with_columns(value=share, value_low=low, value_high=high)
        .select(RETENTION_SCHEMA.names())
        .cast(RETENTION_SCHEMA)
    )


def _ordered(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(frames).sort("metric", "period_start", "segment")
