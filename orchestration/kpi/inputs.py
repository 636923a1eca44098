"""What the KPI stage reads: one query per small frame, aggregated in DuckDB, and the seeds' rows.

Belongs here: which query gives which frame, with which parameters. Does not belong here: arithmetic (in
`models/`). The queries are the files of `orchestration/kpi/queries/`; each reads its mart once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import duckdb
import polars as pl

from models.retention.cohorts import Grain
from models.setting_rows import Settings, parse_settings
from orchestration.kpi.query import read_query


def read_settings(kind: type[Settings], *, connection: duckdb.DuckDBPyConnection, as_of: date) -> Settings:
    """Read one kind of settings from the rows of `seeds.model_settings` that are in force at the as-of date.

    Raises:
        ValueError: a setting is missing or out of bounds.
    """
    return parse_settings(kind, rows=read_query(connection, "model_settings", as_of=as_of))


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


def read_first_order_date(*, connection: duckdb.DuckDBPyConnection) -> date | None:
    """Read the day from which the data covers the shop; None without an order."""
    found: date | None = read_query(connection, "first_order_date").item()
    return found


def read_window_activity(
    *, connection: duckdb.DuckDBPyConnection, as_of: date, comparisons: pl.DataFrame
) -> pl.DataFrame:
    """Count who was active in the windows of each comparison, all of them in one scan.

    Args:
        connection: the warehouse.
        as_of: last day that is known.
        comparisons: columns of `models.retention.retention.COMPARISONS_SCHEMA`.

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
    """Read the festivals in force, one row per festival and year, columns of `models.effects.festivals`."""
    return read_query(connection, "festivals", as_of=as_of)


def read_campaign_groups(
    *, connection: duckdb.DuckDBPyConnection, as_of: date, reporting_time_zone: str, effect_days: int
) -> pl.DataFrame:
    """Count the receivers of each variant and their orders after it, columns of `models.effects.campaign_effects`.

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
