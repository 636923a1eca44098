"""What the KPI stage reads: one query per small frame, aggregated in DuckDB, and the seeds' rows.

Belongs here: which query gives which frame, with which parameters. Does not belong here: arithmetic (in
`models/`). The queries are the files of `orchestration/kpi/queries/`; each reads its mart once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import cast

import duckdb
import polars as pl

from models.cohorts import Grain
from models.scorecard import MEASURE_COLUMNS
from models.settings import ModelSettings, parse_model_settings
from orchestration.kpi.query import QUERIES_DIR, read_query

MEASURES_DIR = QUERIES_DIR / "measures"
SHARED_MEASURES = {
    "email_open_rate": ("email_reaction_rate", {"event_type": "opened"}),
    "email_click_rate": ("email_reaction_rate", {"event_type": "clicked"}),
    "email_unsubscribe_rate": ("email_reaction_rate", {"event_type": "unsubscribed"}),
    "first_response_in_time": ("handled_in_time", {"rule": "first_response_under"}),
    "resolution_in_time": ("handled_in_time", {"rule": "resolution_under"}),
    **{
        f"{metric}_{days}_gain": ("before_after_gain", {"metric": f"{metric}_{days}"})
        for metric in ("repeat_purchase", "retention")
        for days in (30, 90)
    },
}
"""KPIs that are one count with another parameter; every other KPI has the file of its own name."""

MEASURE_SCHEMA = dict.fromkeys(MEASURE_COLUMNS[:2], pl.String) | dict.fromkeys(
    MEASURE_COLUMNS[2:], pl.Float64
)


def read_model_settings(*, connection: duckdb.DuckDBPyConnection, as_of: date) -> ModelSettings:
    """Read the rows of `seeds.model_settings` that are in force at the as-of date.

    Raises:
        ValueError: a setting is missing or out of bounds.
    """
    return parse_model_settings(rows=read_query(connection, "model_settings", as_of=as_of))


def read_kpi_targets(*, connection: duckdb.DuckDBPyConnection, as_of: date) -> pl.DataFrame:
    """Read the targets in force: `kpi, segment, direction, target, unit, period_months`."""
    return read_query(connection, "kpi_targets", as_of=as_of)


def read_cohort_activity(
    *, connection: duckdb.DuckDBPyConnection, as_of: date, grain: Grain = "month"
) -> pl.DataFrame:
    """Read counted activity: `cohort_<grain>, activity_<grain>, active_customers, net_revenue`."""
    activity = read_query(connection, "cohort_activity", as_of=as_of, grain=grain)
    return activity.rename({"cohort_from": f"cohort_{grain}", "active_from": f"activity_{grain}"})


def read_first_purchases(
    *, connection: duckdb.DuckDBPyConnection, as_of: date, windows_days: Sequence[int]
) -> pl.DataFrame:
    """Read first-time buyers: `segment, window_days, first_order_date, customers, returned`."""
    return read_query(connection, "first_purchases", as_of=as_of, windows_days=list(windows_days))


def read_first_active_date(*, connection: duckdb.DuckDBPyConnection, as_of: date) -> date | None:
    """Read the first day on which a known customer ordered successfully or visited; None if nobody did."""
    found: date | None = read_query(connection, "first_active_date", as_of=as_of).item()
    return found


def read_window_activity(
    *, connection: duckdb.DuckDBPyConnection, as_of: date, comparisons: pl.DataFrame
) -> pl.DataFrame:
    """Count who was active in the windows of each comparison, all of them in one scan.

    Args:
        connection: the warehouse.
        as_of: last day that is known.
        comparisons: columns of `models.retention.COMPARISONS_SCHEMA`.

    Returns:
        `metric, later_until, segment, numerator` (customers active in both windows), `denominator` (in the
        earlier one); a comparison without anybody has no row.
    """
    numbered = comparisons.sort("later_until", "metric").with_row_index("comparison_number")
    connection.register("comparisons", numbered.cast({"comparison_number": pl.Int64}))
    try:
        counted = read_query(connection, "window_activity", as_of=as_of)
    finally:
        connection.unregister("comparisons")
    named = numbered.select("comparison_number", "metric", "later_until").cast(
        {"comparison_number": pl.Int64}
    )
    return counted.join(named, on="comparison_number").drop("comparison_number")


def read_daily_sales(*, connection: duckdb.DuckDBPyConnection, as_of: date) -> pl.DataFrame:
    """Read the shop's days: `sales_date, orders, net_revenue, new_customers, repeat_orders`."""
    return read_query(connection, "daily_sales", as_of=as_of)


def read_festivals(*, connection: duckdb.DuckDBPyConnection, as_of: date) -> pl.DataFrame:
    """Read the festivals in force, one row per festival and year, columns of `models.festivals`."""
    return read_query(connection, "festivals", as_of=as_of)


def read_campaign_groups(
    *, connection: duckdb.DuckDBPyConnection, as_of: date, reporting_time_zone: str, effect_days: int
) -> pl.DataFrame:
    """Count the receivers of each variant and their orders after it, columns of `models.campaign_effects`.

    Args:
        connection: the warehouse.
        as_of: last day that is known.
        reporting_time_zone: IANA zone in which an instant has its date.
        effect_days: days after the sending within which orders count.
    """
    return read_query(
        connection,
        "campaign_groups",
        as_of=as_of,
        reporting_time_zone=reporting_time_zone,
        effect_days=effect_days,
    )


def read_measures(
    *,
    connection: duckdb.DuckDBPyConnection,
    periods: pl.DataFrame,
    as_of: date,
    reporting_time_zone: str,
) -> pl.DataFrame:
    """Count every KPI that has a query in `queries/measures/`, over its own period.

    Args:
        connection: the warehouse, marts and `kpi.cltv_scores` built.
        periods: `kpi, period_start, period_end` from `models.scorecard.measurement_periods`.
        as_of: last day that is known.
        reporting_time_zone: IANA zone in which an instant has its date.

    Returns:
        `kpi, segment, numerator, denominator`; a KPI that is counted elsewhere (retention) has no row.
    """
    frames = [pl.DataFrame(schema=MEASURE_SCHEMA)]
    for kpi, start, end in periods.select("kpi", "period_start", "period_end").iter_rows():
        query, fixed = SHARED_MEASURES.get(kpi, (kpi, {}))
        if not (MEASURES_DIR / f"{query}.sql").is_file():
            continue
        measured = read_query(
            connection,
            f"measures/{query}",
            as_of=as_of,
            period_start=start,
            period_end=end,
            reporting_time_zone=reporting_time_zone,
            **fixed,
        )
        named = measured.with_columns(kpi=pl.lit(kpi), numerator=pl.col("numerator").fill_null(0))
        frames.append(named.select(MEASURE_COLUMNS).cast(cast("pl.Schema", MEASURE_SCHEMA)))
    return pl.concat(frames)


def read_previous_measures(
    *,
    connection: duckdb.DuckDBPyConnection,
    periods: pl.DataFrame,
    as_of: date,
    reporting_time_zone: str,
) -> pl.DataFrame:
    """Count the same over the period before, as far as the orders cover all of it.

    Args:
        connection: the warehouse.
        periods: `kpi, previous_start, previous_end` from `models.scorecard.measurement_periods`.
        as_of: last day that is known.
        reporting_time_zone: IANA zone in which an instant has its date.

    Returns:
        As `read_measures`; KPIs whose earlier period begins before the first order are left out.
    """
    first_order = connection.sql("select min(order_date) from marts.orders").fetchone()
    observed_from = first_order[0] if first_order else None
    covered = periods.filter(pl.col("previous_start") >= pl.lit(observed_from, dtype=pl.Date))
    read = partial(read_measures, connection=connection, as_of=as_of, reporting_time_zone=reporting_time_zone)
    return read(periods=covered.select("kpi", period_start="previous_start", period_end="previous_end"))
