"""Cohorts by month and by week of the first successful order: who came back, and what they have brought in.

Belongs here: the full grid of cells, what of it can be observed, shares, means across cohorts and cumulative
money. Does not belong here: counting buyers (`orchestration/kpi/queries/cohort_activity.sql`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Literal

import polars as pl

from models.frames import require_columns
from models.intervals import wilson

Grain = Literal["month", "week"]

MONEY = pl.Decimal(18, 2)
STEPS: Mapping[Grain, str] = {"month": "1mo", "week": "1w"}
"""Length of a period by grain, as polars writes it."""

MEANS_SCHEMA = pl.Schema(
    {
        "cohort_grain": pl.String(),
        "period_number": pl.Int32(),
        "cohorts": pl.Int64(),
        "cohort_customers": pl.Int64(),
        "active_customers": pl.Int64(),
        "weighted_retention_rate": pl.Float64(),
        "rate_low": pl.Float64(),
        "rate_high": pl.Float64(),
        "simple_retention_rate": pl.Float64(),
    }
)


def cohort_schema(grain: Grain) -> pl.Schema:
    """Give the columns of a table of cohorts; its first one names the grain."""
    return pl.Schema(
        {
            f"cohort_{grain}": pl.Date(),
            "period_number": pl.Int32(),
            "cohort_size": pl.Int64(),
            "active_customers": pl.Int64(),
            "retention_rate": pl.Float64(),
            "rate_low": pl.Float64(),
            "rate_high": pl.Float64(),
            "net_revenue": MONEY,
            "cumulative_net_revenue_per_customer": MONEY,
        }
    )


def build_cohort_retention(
    *, activity: pl.DataFrame, as_of: date, confidence: float, grain: Grain = "month"
) -> pl.DataFrame:
    """Build every cell (cohort, periods since) from the first cohort to the as-of date's period.

    A cell can be observed when its period is complete at the as-of date; else its figures are null, not 0. The
    size of a cohort counts the buyers won so far, also where its own period still runs.

    Args:
        activity: counted rows `cohort_<grain>`, `activity_<grain>` (first days of months, or Mondays),
            `active_customers` (cohort members with a successful order in that period), `net_revenue`
            (Decimal). A period without activity has no row.
        as_of: last day that is known.
        confidence: level of the interval, e.g. 0.95.
        grain: `month` or `week` (from Monday to Sunday).

    Returns:
        Columns of `cohort_schema(grain)`, sorted by cohort and period. Period 0 is the cohort's own. Shares of
        a cohort without members are null.

    Raises:
        ValueError: a column is missing, or activity lies before its cohort or after the as-of date.
    """
    names = {f"cohort_{grain}": "cohort_from", f"activity_{grain}": "active_from"}
    require_columns(frame=activity, columns=[*names, "active_customers", "net_revenue"], name="activity")
    schema = cohort_schema(grain)
    if activity.is_empty():
        return pl.DataFrame(schema=schema)
    counted = activity.rename(names)
    if counted.filter(pl.col("active_from") < pl.col("cohort_from")).height:
        raise ValueError(f"activity lies before its cohort's {grain}")
    if counted.filter(pl.col("active_from") > as_of).height:
        raise ValueError("activity lies after the as-of date")
    cells = _grid(
        first_period=counted.select(pl.col("cohort_from").min()).item(), as_of=as_of, step=STEPS[grain]
    )
    filled = cells.join(
        counted.select("cohort_from", "active_from", "active_customers", "net_revenue"),
        on=["cohort_from", "active_from"],
        how="left",
    ).with_columns(
        active_customers=pl.col("active_customers").fill_null(0).cast(pl.Int64),
        net_revenue_cents=(pl.col("net_revenue").fill_null(0) * 100).cast(pl.Int64),
    )
    shares = _shares(cells=filled.sort("cohort_from", "period_number"), confidence=confidence)
    return shares.rename({"cohort_from": f"cohort_{grain}"}).select(schema.names()).cast(schema)


def build_cohort_means(*, cohorts: Mapping[Grain, pl.DataFrame], confidence: float) -> pl.DataFrame:
    """Average the retention of all cohorts, period by period.

    The weighted mean is the share of all original customers who were active: big cohorts count more. The
    simple mean is that of the cohorts' rates: each cohort counts the same.

    Args:
        cohorts: by grain a table of `build_cohort_retention`.
        confidence: level of the interval.

    Returns:
        Columns of `MEANS_SCHEMA`, one row per grain and period, sorted. Only cells that can be observed and
        have members count, so later periods rest on fewer and older cohorts; a period without any is left out.
    """
    low, high = wilson(successes="active_customers", trials="cohort_customers", confidence=confidence)
    counted = [
        frame.filter(pl.col("retention_rate").is_not_null())
        .group_by("period_number")
        .agg(
            cohorts=pl.len(),
            cohort_customers=pl.col("cohort_size").sum(),
            active_customers=pl.col("active_customers").sum(),
            simple_retention_rate=pl.col("retention_rate").sort().mean(),
        )
        .with_columns(cohort_grain=pl.lit(grain))
        for grain, frame in cohorts.items()
    ]
    return (
        pl.concat(counted)
        .with_columns(
            weighted_retention_rate=pl.col("active_customers") / pl.col("cohort_customers"),
            rate_low=low,
            rate_high=high,
        )
        .select(MEANS_SCHEMA.names())
        .cast(MEANS_SCHEMA)
        .sort("cohort_grain", "period_number")
    )


def _grid(*, first_period: date, as_of: date, step: str) -> pl.DataFrame:
    starts = pl.date_range(first_period, as_of, interval=step, eager=True)
    cohorts = pl.DataFrame({"cohort_from": starts}).with_row_index("cohort_number")
    activity = pl.DataFrame({"active_from": starts}).with_row_index("activity_number")
    tomorrow = as_of + timedelta(days=1)
    return (
        cohorts.join(activity, how="cross")
        .filter(pl.col("activity_number") >= pl.col("cohort_number"))
        .select(
            "cohort_from",
            "active_from",
            period_number=(pl.col("activity_number") - pl.col("cohort_number")).cast(pl.Int32),
            is_observable=pl.col("active_from").dt.offset_by(step) <= tomorrow,
        )
    )


def _shares(*, cells: pl.DataFrame, confidence: float) -> pl.DataFrame:
    observable = pl.when(pl.col("is_observable"))
    low, high = wilson(successes="active_customers", trials="cohort_size", confidence=confidence)
    cohort_size = pl.col("active_customers").filter(pl.col("period_number") == 0).first()
    has_members = pl.when(pl.col("cohort_size") > 0)
    return (
        cells.with_columns(
            cohort_size=cohort_size.over("cohort_from"),
            cumulative_cents=pl.col("net_revenue_cents").cum_sum().over("cohort_from"),
        )
        .with_columns(
            retention_rate=has_members.then(pl.col("active_customers") / pl.col("cohort_size")),
            rate_low=low,
            rate_high=high,
            per_customer_cents=_divide_half_up(pl.col("cumulative_cents"), pl.col("cohort_size")),
        )
        .select(
            "cohort_from",
            "period_number",
            "cohort_size",
            *(
                observable.then(name).alias(name)
                for name in ("active_customers", "retention_rate", "rate_low", "rate_high")
            ),
            observable.then(_as_money(pl.col("net_revenue_cents"))).alias("net_revenue"),
            observable.then(_as_money(pl.col("per_customer_cents"))).alias(
                "cumulative_net_revenue_per_customer"
            ),
        )
        .sort("cohort_from", "period_number")
    )


def _divide_half_up(cents: pl.Expr, count: pl.Expr) -> pl.Expr:
    """Divide whole cents to whole cents, halves away from zero as DECIMAL does; null for a count of zero."""
    rounded = (2 * cents.abs() + count) // (2 * count)
    return pl.when(count > 0).then(cents.sign() * rounded)


def _as_money(cents: pl.Expr) -> pl.Expr:
    return cents.cast(pl.Decimal(20, 0)).cast(pl.Decimal(20, 2)) / pl.lit(100).cast(pl.Decimal(20, 2))
