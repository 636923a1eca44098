"""Repeat purchase and rolling retention, each share with its count and interval.

Definitions (DOMAIN 6):

- repeat purchase N: first-time buyers with another order day on days 1–N after the first one ÷ first-time
  buyers whose day N has passed. A second order on the first day does not count: it is one visit to the shop.
  On UCI Online Retail this gives 19.04 % and 45.49 % for 30 and 90 days (18.72 % and 42.21 % when buyers too
  young to tell stand in the denominator, as they must not).
- retention N: customers active in the last N days who were active in the N days before ÷ those active then.
  Active means a successful order or a session; orders alone where the shop delivers no sessions.

Belongs here: which days are compared, and shares from counted rows. Does not belong here: counting
(`orchestration/kpi/queries/`), the time before and after the CRM began (`models/retention/before_after.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from models.frames import require_columns
from models.intervals import wilson

RETENTION_SCHEMA = pl.Schema(
    {
        "metric": pl.String(),
        "period_start": pl.Date(),
        "period_end": pl.Date(),
        "segment": pl.String(),
        "numerator": pl.Int64(),
        "denominator": pl.Int64(),
        "value": pl.Float64(),
        "value_low": pl.Float64(),
        "value_high": pl.Float64(),
    }
)
FIRST_PURCHASES_SCHEMA = pl.Schema(
    {
        "segment": pl.String(),
        "window_days": pl.Int32(),
        "first_order_date": pl.Date(),
        "customers": pl.Int64(),
        "returned": pl.Int64(),
    }
)
COMPARISONS_SCHEMA = pl.Schema(
    {
        "metric": pl.String(),
        "window_days": pl.Int32(),
        "period_start": pl.Date(),
        "period_end": pl.Date(),
        "earlier_from": pl.Date(),
        "earlier_until": pl.Date(),
        "later_until": pl.Date(),
    }
)
EVERYBODY = "all"


def build_repeat_purchase(*, first_purchases: pl.DataFrame, as_of: date, confidence: float) -> pl.DataFrame:
    """Measure repeat purchase for each window, over all time and by month of the first order.

    Args:
        first_purchases: columns of `FIRST_PURCHASES_SCHEMA`: first-time buyers by segment, window and day of
            the first order, and how many of them `returned` on another day within the window. Segment `all`
            holds everybody; further segments (`tier:Gold`, `channel:ad`) hold their part.
        as_of: last day that is known.
        confidence: level of the interval.

    Returns:
        Columns of `RETENTION_SCHEMA`: metrics `repeat_purchase_<N>` (from the first to the last first-order
        date old enough to tell) and `repeat_purchase_<N>_by_month` (`period_start` is the first day of the
        month of the first order). Of `all`, a month of which nobody is old enough has null figures; other
        segments have a row only where somebody is.

    Raises:
        ValueError: a column is missing, or more came back than there are.
    """
    require_columns(frame=first_purchases, columns=FIRST_PURCHASES_SCHEMA.names(), name="first_purchases")
    if first_purchases.filter(pl.col("returned") > pl.col("customers")).height:
        raise ValueError("more first-time buyers came back than there are")
    is_old_enough = pl.col("first_order_date") + pl.duration(days="window_days") <= as_of
    counted = first_purchases.with_columns(
        numerator=pl.when(is_old_enough).then("returned"),
        denominator=pl.when(is_old_enough).then("customers"),
        observable_date=pl.when(is_old_enough).then("first_order_date"),
        metric=pl.format("repeat_purchase_{}", "window_days"),
    )
    return with_shares(pl.concat([_overall(counted), _monthly(counted)]), confidence=confidence)


def rolling_comparisons(
    *, first_day: date, as_of: date, windows_days: Sequence[int], history_months: int
) -> pl.DataFrame:
    """Give the windows that rolling retention compares, at the as-of date and at the end of complete months.

    Args:
        first_day: first day with activity.
        as_of: last day that is known.
        windows_days: N in days, e.g. 30 and 90.
        history_months: how many months back month ends are compared.

    Returns:
        Columns of `COMPARISONS_SCHEMA`: `retention_<N>` (the period spans both windows) and
        `retention_<N>_by_month` (the later window ends on the last day of the month of the period). All days
        are inclusive; the later window begins on the day after `earlier_until`.
    """
    months = pl.date_range(first_day.replace(day=1), as_of, interval="1mo", eager=True)
    ends = [end for end in months.dt.month_end().to_list() if end <= as_of][-history_months:]
    windows = [
        {"metric": f"retention_{days}{suffix}", "window_days": days, "later_until": until}
        for days in windows_days
        for suffix, untils in (("", [as_of]), ("_by_month", ends))
        for until in untils
    ]
    compared = pl.DataFrame(windows).with_columns(window=pl.duration(days="window_days"))
    until, window = pl.col("later_until"), pl.col("window")
    earlier_from = until - 2 * window + timedelta(days=1)
    is_monthly = pl.col("metric").str.ends_with("_by_month")
    return compared.select(
        "metric",
        "window_days",
        period_start=pl.when(is_monthly).then(until.dt.month_start()).otherwise(earlier_from),
        period_end=until,
        earlier_from=earlier_from,
        earlier_until=until - window,
        later_until=until,
    ).cast(COMPARISONS_SCHEMA)


def build_rolling_retention(
    *, comparisons: pl.DataFrame, counted: pl.DataFrame, first_day: date, confidence: float
) -> pl.DataFrame:
    """Set the counted customers of each comparison beside its period.

    Args:
        comparisons: from `rolling_comparisons`.
        counted: `metric`, `later_until`, `segment`, `numerator` (active in both windows), `denominator`
            (active in the earlier one); a comparison without anybody has no row.
        first_day: first day with activity.
        confidence: level of the interval.

    Returns:
        Columns of `RETENTION_SCHEMA`. Figures of a comparison whose earlier window begins before the first
        day are null, and stand for `all` alone.

    Raises:
        ValueError: a column is missing, or more stayed than there were.
    """
    require_columns(frame=comparisons, columns=COMPARISONS_SCHEMA.names(), name="comparisons")
    names = ("metric", "later_until", "segment", "numerator", "denominator")
    require_columns(frame=counted, columns=names, name="counted")
    if counted.filter(pl.col("numerator") > pl.col("denominator")).height:
        raise ValueError("more customers stayed than there were")
    everybody = comparisons.with_columns(segment=pl.lit(EVERYBODY))
    parts = comparisons.join(
        counted.filter(pl.col("segment") != EVERYBODY).select("metric", "later_until", "segment"),
        on=["metric", "later_until"],
    )
    rows = pl.concat([everybody, parts]).join(
        counted.select(names), on=["metric", "later_until", "segment"], how="left"
    )
    known = pl.when(pl.col("earlier_from") >= first_day)
    return with_shares(
        rows.with_columns(known.then(pl.col("numerator", "denominator").fill_null(0))), confidence=confidence
    )


def with_shares(counted: pl.DataFrame, *, confidence: float) -> pl.DataFrame:
    """Divide, with interval; parts of the whole without a denominator are left out.

    Args:
        counted: `metric`, `period_start`, `period_end`, `segment`, `numerator`, `denominator`.
        confidence: level of the interval.

    Returns:
        Columns of `RETENTION_SCHEMA`, sorted by metric, period and segment.
    """
    low, high = wilson(successes="numerator", trials="denominator", confidence=confidence)
    share = pl.when(pl.col("denominator") > 0).then(pl.col("numerator") / pl.col("denominator"))
    return (
        counted.filter((pl.col("segment") == EVERYBODY) | (pl.col("denominator") > 0))
        .with_columns(value=share, value_low=low, value_high=high)
        .select(RETENTION_SCHEMA.names())
        .cast(RETENTION_SCHEMA)
        .sort("metric", "period_start", "segment")
    )


def _overall(counted: pl.DataFrame) -> pl.DataFrame:
    totals = counted.group_by("metric", "segment").agg(
        *_counts(),
        period_start=pl.col("first_order_date").min(),
        period_end=pl.coalesce(pl.col("observable_date").max(), pl.col("first_order_date").max()),
    )
    return _without_shares(totals)


def _monthly(counted: pl.DataFrame) -> pl.DataFrame:
    month = pl.col("first_order_date").dt.month_start()
    months = counted.group_by("metric", "segment", period_start=month).agg(*_counts())
    return _without_shares(
        months.with_columns(
            metric=pl.format("{}_by_month", "metric"), period_end=pl.col("period_start").dt.month_end()
        )
    )


def _without_shares(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select("metric", "period_start", "period_end", "segment", "numerator", "denominator")


def _counts() -> list[pl.Expr]:
    """Add up what can be observed; null where nothing can."""
    return [
        pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name)
        for name in ("numerator", "denominator")
    ]
