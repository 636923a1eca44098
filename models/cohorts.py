"""Cohorts by month of the first successful order: who came back, and what they have brought in.

Belongs here: the full grid of cells, what of it can be observed, shares and cumulative money. Does not belong
here: counting buyers (`orchestration/kpi_queries/cohort_activity.sql`).
"""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from models.frames import require_columns
from models.intervals import wilson

MONEY = pl.Decimal(18, 2)

COHORT_SCHEMA = pl.Schema(
    {
        "cohort_month": pl.Date(),
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

ACTIVITY_COLUMNS = ("cohort_month", "activity_month", "active_customers", "net_revenue")


def build_cohort_retention(*, activity: pl.DataFrame, as_of: date, confidence: float) -> pl.DataFrame:
    """Build every cell (cohort, months since) from the first cohort to the as-of date's month.

    A cell can be observed when its month is complete at the as-of date; else its figures are null, not 0. The
    size of a cohort counts the buyers won so far, also where its own month still runs.

    Args:
        activity: counted rows `cohort_month`, `activity_month` (first days of months), `active_customers`
            (cohort members with a successful order in that month), `net_revenue` (Decimal). A month without
            activity has no row.
        as_of: last day that is known.
        confidence: level of the interval, e.g. 0.95.

    Returns:
        Columns of `COHORT_SCHEMA`, sorted by cohort and period. Period 0 is the cohort's own month. Shares of
        a cohort without members are null.

    Raises:
        ValueError: a column is missing, or activity lies before its cohort or after the as-of date.
    """
    require_columns(frame=activity, columns=ACTIVITY_COLUMNS, name="activity")
    if activity.is_empty():
        return pl.DataFrame(schema=COHORT_SCHEMA)
    if activity.filter(pl.col("activity_month") < pl.col("cohort_month")).height:
        raise ValueError("activity lies before its cohort's month")
    if activity.filter(pl.col("activity_month") > as_of).height:
        raise ValueError("activity lies after the as-of date")

    cells = _grid(first_month=activity.select(pl.col("cohort_month").min()).item(), as_of=as_of)
    filled = cells.join(
        activity.select(*ACTIVITY_COLUMNS), on=["cohort_month", "activity_month"], how="left"
    ).with_columns(
        active_customers=pl.col("active_customers").fill_null(0).cast(pl.Int64),
        net_revenue_cents=(pl.col("net_revenue").fill_null(0) * 100).cast(pl.Int64),
    )
    in_cohort = pl.all().sort_by("period_number").over("cohort_month", mapping_strategy="group_to_rows")
    return _shares(cells=filled.select(in_cohort), confidence=confidence)


def _grid(*, first_month: date, as_of: date) -> pl.DataFrame:
    months = pl.date_range(first_month, as_of.replace(day=1), interval="1mo", eager=True)
    cohorts = pl.DataFrame({"cohort_month": months}).with_row_index("cohort_number")
    activity = pl.DataFrame({"activity_month": months}).with_row_index("activity_number")
    tomorrow = as_of + timedelta(days=1)
    return (
        cohorts.join(activity, how="cross")
        .filter(pl.col("activity_number") >= pl.col("cohort_number"))
        .select(
            "cohort_month",
            "activity_month",
            period_number=(pl.col("activity_number") - pl.col("cohort_number")).cast(pl.Int32),
            is_observable=pl.col("activity_month").dt.offset_by("1mo") <= tomorrow,
        )
        .sort("cohort_month", "period_number")
    )


def _shares(*, cells: pl.DataFrame, confidence: float) -> pl.DataFrame:
    observable = pl.when(pl.col("is_observable"))
    low, high = wilson(successes="active_customers", trials="cohort_size", confidence=confidence)
    cohort_size = pl.col("active_customers").filter(pl.col("period_number") == 0).first()
    return (
        cells.with_columns(
            cohort_size=cohort_size.over("cohort_month"),
            cumulative_cents=pl.col("net_revenue_cents").cum_sum().over("cohort_month"),
        )
        .with_columns(
            retention_rate=pl.when(pl.col("cohort_size") > 0).then(
                pl.col("active_customers") / pl.col("cohort_size")
            ),
            rate_low=low,
            rate_high=high,
            per_customer_cents=_divide_half_up(pl.col("cumulative_cents"), pl.col("cohort_size")),
        )
        .select(
            "cohort_month",
            "period_number",
            "cohort_size",
            observable.then("active_customers").alias("active_customers"),
            observable.then("retention_rate").alias("retention_rate"),
            observable.then("rate_low").alias("rate_low"),
            observable.then("rate_high").alias("rate_high"),
            observable.then(_as_money(pl.col("net_revenue_cents"))).alias("net_revenue"),
            observable.then(_as_money(pl.col("per_customer_cents"))).alias(
                "cumulative_net_revenue_per_customer"
            ),
        )
        .cast(COHORT_SCHEMA)
        .sort("cohort_month", "period_number")
    )


def _divide_half_up(cents: pl.Expr, count: pl.Expr) -> pl.Expr:
    """Divide whole cents to whole cents, halves away from zero as DECIMAL does; null for a count of zero."""
    rounded = (2 * cents.abs() + count) // (2 * count)
    return pl.when(count > 0).then(cents.sign() * rounded)


def _as_money(cents: pl.Expr) -> pl.Expr:
    return cents.cast(pl.Decimal(20, 0)).cast(pl.Decimal(20, 2)) / pl.lit(100).cast(pl.Decimal(20, 2))
