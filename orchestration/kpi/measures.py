"""Counts the KPIs of the scorecard: one query each, over a period, the period before, or by month.

Belongs here: which file of `orchestration/kpi/queries/measures/` counts which KPI. Does not belong here: shares and
targets (in `models/scorecard/scorecard.py`), months that are not over (in `models/scorecard/kpi_months.py`).
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from functools import cache, partial

import duckdb
import polars as pl

from models.scorecard.kpi_months import COUNTED_SCHEMA
from models.scorecard.kpi_settings import KpiSettings
from models.scorecard.scorecard import MEASURE_SCHEMA
from orchestration.kpi.inputs import read_first_order_date, read_settings
from orchestration.kpi.query import QUERIES_DIR, read_query

MEASURES_DIR = QUERIES_DIR / "measures"
SHARED_MEASURES = {
    "average_order_value": ("orders_of_buyers", {}),
    "returning_customer_rate": ("orders_of_buyers", {}),
    "email_open_rate": ("email_reaction_rate", {"event_type": "opened"}),
    "email_click_rate": ("email_reaction_rate", {"event_type": "clicked"}),
    "email_unsubscribe_rate": ("email_reaction_rate", {"event_type": "unsubscribed"}),
    "first_response_in_time": ("handled_in_time", {"rule": "first_response_under"}),
    "resolution_in_time": ("handled_in_time", {"rule": "resolution_under"}),
    "first_response_minutes": ("handling_minutes", {"until": "first_response"}),
    "resolution_minutes": ("handling_minutes", {"until": "resolution"}),
    "customer_path_rate": ("customer_path", {}),
    "customer_path_days": ("customer_path", {}),
    **{
        f"{metric}_{days}_gain": ("before_after_gain", {"metric": f"{metric}_{days}"})
        for metric in ("repeat_purchase", "retention")
        for days in (30, 90)
    },
}
"""KPIs that are one count with another parameter, or two of one count; every other has the file of its own name."""

MONTHLY = ("average_order_value", "member_growth", "old_customer_cost", "returning_customer_rate")
"""KPIs whose file counts by month as well; it takes `$is_monthly` and names the month in `period_start`."""


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
        periods: `kpi, period_start, period_end` from `models.scorecard.scorecard.measurement_periods`.
        as_of: last day that is known.
        reporting_time_zone: IANA zone in which an instant has its date.

    Returns:
        Columns of `models.scorecard.scorecard.MEASURE_SCHEMA`; a KPI that is counted elsewhere (retention) has no row.

    Raises:
        ValueError: a setting is missing or out of bounds.
    """
    shared = asdict(read_settings(KpiSettings, connection=connection, as_of=as_of)) | {
        "as_of": as_of,
        "reporting_time_zone": reporting_time_zone,
        "is_monthly": False,
    }

    @cache
    def read(query: str, start: date, end: date, fixed: tuple[tuple[str, str], ...]) -> pl.DataFrame:
        own = {"period_start": start, "period_end": end, **dict(fixed)}
        return read_query(connection, f"measures/{query}", **shared, **own)

    frames = [pl.DataFrame(schema=MEASURE_SCHEMA)]
    for kpi, start, end in periods.select("kpi", "period_start", "period_end").iter_rows():
        query, fixed = SHARED_MEASURES.get(kpi, (kpi, {}))
        if (MEASURES_DIR / f"{query}.sql").is_file():
            frames.append(_as_measures(read(query, start, end, tuple(fixed.items())), kpi=kpi))
    return pl.concat(frames)


def read_previous_measures(
    *,
    connection: duckdb.DuckDBPyConnection,
    periods: pl.DataFrame,
    as_of: date,
    reporting_time_zone: str,
) -> pl.DataFrame:
    """Count the same over the period before, as far as the orders cover it but for a few days.

    Args:
        connection: the warehouse.
        periods: `kpi, previous_start, previous_end` from `models.scorecard.scorecard.measurement_periods`.
        as_of: last day that is known.
        reporting_time_zone: IANA zone in which an instant has its date.

    Returns:
        As `read_measures`; KPIs are left out whose earlier period begins more days before the first order than
        `kpi_previous_max_missing_days` allows.
    """
    observed_from = read_first_order_date(connection=connection)
    missing = read_settings(KpiSettings, connection=connection, as_of=as_of).kpi_previous_max_missing_days
    reach = pl.lit(observed_from, dtype=pl.Date) - timedelta(days=missing)
    covered = periods.filter(pl.col("previous_start") >= reach)
    read = partial(read_measures, connection=connection, as_of=as_of, reporting_time_zone=reporting_time_zone)
    return read(periods=covered.select("kpi", period_start="previous_start", period_end="previous_end"))


def read_monthly_counts(
    *, connection: duckdb.DuckDBPyConnection, first_month: date, as_of: date, reporting_time_zone: str
) -> pl.DataFrame:
    """Count the KPIs of `MONTHLY` month by month.

    Args:
        connection: the warehouse, marts built.
        first_month: first day of the first month.
        as_of: last day that is known.
        reporting_time_zone: IANA zone in which an instant has its date.

    Returns:
        Columns of `models.scorecard.kpi_months.COUNTED_SCHEMA`; a month in which nothing was counted has no row.
    """
    frames = [pl.DataFrame(schema=COUNTED_SCHEMA)]
    queries = {SHARED_MEASURES.get(kpi, (kpi, {}))[0]: kpi for kpi in MONTHLY}
    for query, kpi in queries.items():
        counted = read_query(
            connection,
            f"measures/{query}",
            period_start=first_month,
            period_end=as_of,
            reporting_time_zone=reporting_time_zone,
            is_monthly=True,
        )
        named = counted if "kpi" in counted.columns else counted.with_columns(kpi=pl.lit(kpi))
        typed = named.rename({"period_start": "month"}).select(COUNTED_SCHEMA.names()).cast(COUNTED_SCHEMA)
        frames.append(typed)
    return pl.concat(frames)


def _as_measures(measured: pl.DataFrame, *, kpi: str) -> pl.DataFrame:
    """Give a query's answer all columns of a measure; a sum of nothing is 0 where somebody was counted."""
    if "kpi" in measured.columns:
        measured = measured.filter(pl.col("kpi") == kpi)
    absent = [name for name in MEASURE_SCHEMA.names() if name not in measured.columns]
    filled = measured.with_columns(pl.lit(None).alias(name) for name in absent)
    named = filled.with_columns(kpi=pl.lit(kpi)).select(MEASURE_SCHEMA.names()).cast(MEASURE_SCHEMA)
    counted = pl.when(pl.col("denominator").is_not_null()).then(pl.col("numerator").fill_null(0))
    return named.with_columns(numerator=counted)
