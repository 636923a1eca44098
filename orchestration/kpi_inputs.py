"""What the KPI stage reads: one query per small frame, aggregated in DuckDB, and the seeds' rows.

Belongs here: which query gives which frame, with which parameters. Does not belong here: arithmetic (in
`models/`). The queries are the files of `orchestration/kpi_queries/`; each reads its mart once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from models.churn_cuts import Cut
from models.churn_settings import ChurnSettings, parse_churn_settings
from models.cohorts import Grain
from models.holdout import DAYS_PER_YEAR
from models.scorecard import MEASURE_COLUMNS
from models.settings import ModelSettings, parse_model_settings

QUERIES_DIR = Path(__file__).resolve().parent / "kpi_queries"
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
NAMED_PARAMETER = re.compile(r"\$(\w+)")

MEASURE_SCHEMA = dict.fromkeys(MEASURE_COLUMNS[:2], pl.String) | dict.fromkeys(
    MEASURE_COLUMNS[2:], pl.Float64
)


def read_model_settings(*, connection: duckdb.DuckDBPyConnection, as_of: date) -> ModelSettings:
    """Read the rows of `seeds.model_settings` that are in force at the as-of date.

    Raises:
        ValueError: a setting is missing or out of bounds.
    """
    return parse_model_settings(rows=_read(connection, "model_settings", as_of=as_of))


def read_churn_settings(*, connection: duckdb.DuckDBPyConnection, as_of: date) -> ChurnSettings:
    """Read the rows of `seeds.model_settings` that the churn model needs, as in force at the as-of date.

    Raises:
        ValueError: a setting is missing or out of bounds.
    """
    return parse_churn_settings(rows=_read(connection, "model_settings", as_of=as_of))


def read_kpi_targets(*, connection: duckdb.DuckDBPyConnection, as_of: date) -> pl.DataFrame:
    """Read the targets in force: `kpi, segment, direction, target, unit, period_months`."""
    return _read(connection, "kpi_targets", as_of=as_of)


def prepare_purchase_days(
    *, connection: duckdb.DuckDBPyConnection, as_of: date, settings: ModelSettings
) -> str:
    """Lay out the purchase days that the next two queries count, with net revenue or margin as money.

    Args:
        connection: the warehouse; its temporary table `purchase_days` is replaced.
        as_of: last day that is known.
        settings: whether margin is wanted, and how much of what is sold must have a known cost for it.

    Returns:
        What money is: `margin`, `net revenue`, or the latter with the reason why it is not margin.
    """
    revenue, known_revenue, known_cost = _read(connection, "item_costs", as_of=as_of).row(0)
    coverage = known_revenue / revenue if revenue > 0 else 0.0
    is_margin = (
        settings.cltv_money_is_margin and known_revenue > 0 and coverage >= settings.cltv_min_cost_coverage
    )
    connection.execute(
        _statement("purchase_days"),
        {
            "as_of": as_of,
            "is_margin": is_margin,
            "cost_share": known_cost / known_revenue if is_margin else 0.0,
        },
    )
    if settings.cltv_money_is_margin and not is_margin:
        return f"net revenue, because the cost of {1 - coverage:.0%} of what is sold is not known"
    return "margin" if is_margin else "net revenue"


def read_purchase_histories(*, connection: duckdb.DuckDBPyConnection, as_of: date) -> pl.DataFrame:
    """Read one row per buyer: `customer_id, frequency, recency_days, age_days, first_money, repeat_money`.

    The purchase days must have been prepared.
    """
    return _read(connection, "purchase_histories", as_of=as_of)


def read_calibration_histories(
    *, connection: duckdb.DuckDBPyConnection, as_of: date, holdout_days: int
) -> pl.DataFrame:
    """Read one row per buyer before the cut, the columns of `models.holdout.CALIBRATION`.

    The purchase days must have been prepared.
    """
    cut_date = as_of - timedelta(days=holdout_days)
    year_before = cut_date - timedelta(days=DAYS_PER_YEAR)
    return _read(connection, "calibration_histories", as_of=as_of, cut_date=cut_date, year_before=year_before)


def read_segment_members(*, connection: duckdb.DuckDBPyConnection, as_of: date) -> pl.DataFrame:
    """Read one row per buyer: the segments and the last 12 months' orders, `models.cltv_segments.MEMBERS`."""
    return _read(connection, "segment_members", as_of=as_of)


def read_known_days(*, connection: duckdb.DuckDBPyConnection, as_of: date) -> int:
    """Count the days from the first prepared purchase day to the as-of date; 0 without any."""
    first = connection.sql("select min(order_date) from purchase_days").fetchone()
    return (as_of - first[0]).days if first and first[0] else 0


def read_churn_customers(
    *,
    connection: duckdb.DuckDBPyConnection,
    cut_date: date,
    reporting_time_zone: str,
    settings: ChurnSettings,
) -> pl.DataFrame:
    """Read who had placed an order by the end of a day, and what was known of them then.

    Args:
        connection: the warehouse.
        cut_date: last day that is known.
        reporting_time_zone: IANA zone in which that day ends.
        settings: windows of habits.

    Returns:
        `customer_id` and the columns of `models.churn_features.OBSERVED`, sorted by customer.
    """
    day_after = datetime.combine(cut_date + timedelta(days=1), time(), tzinfo=ZoneInfo(reporting_time_zone))
    return _read(
        connection,
        "churn_features",
        cut_date=cut_date,
        cut_at=day_after.astimezone(UTC).replace(tzinfo=None),
        short_days=settings.churn_short_window_days,
        middle_days=settings.churn_middle_window_days,
        long_days=settings.churn_long_window_days,
    )


def read_churn_cut(
    *,
    connection: duckdb.DuckDBPyConnection,
    cut_date: date,
    reporting_time_zone: str,
    settings: ChurnSettings,
) -> Cut:
    """Read the customers at a cut (see `read_churn_customers`) and who of them came back within the horizon."""
    return Cut(
        cut_date=cut_date,
        customers=read_churn_customers(
            connection=connection,
            cut_date=cut_date,
            reporting_time_zone=reporting_time_zone,
            settings=settings,
        ),
        outcomes=_read(
            connection, "churn_outcomes", cut_date=cut_date, horizon_days=settings.churn_horizon_days
        ),
    )


def read_cohort_activity(
    *, connection: duckdb.DuckDBPyConnection, as_of: date, grain: Grain = "month"
) -> pl.DataFrame:
    """Read counted activity: `cohort_<grain>, activity_<grain>, active_customers, net_revenue`."""
    activity = _read(connection, "cohort_activity", as_of=as_of, grain=grain)
    return activity.rename({"cohort_from": f"cohort_{grain}", "active_from": f"activity_{grain}"})


def read_first_purchases(
    *, connection: duckdb.DuckDBPyConnection, as_of: date, windows_days: Sequence[int]
) -> pl.DataFrame:
    """Read first-time buyers: `segment, window_days, first_order_date, customers, returned`."""
    return _read(connection, "first_purchases", as_of=as_of, windows_days=list(windows_days))


def read_first_active_date(*, connection: duckdb.DuckDBPyConnection, as_of: date) -> date | None:
    """Read the first day on which a known customer ordered successfully or visited; None if nobody did."""
    found: date | None = _read(connection, "first_active_date", as_of=as_of).item()
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
        counted = _read(connection, "window_activity", as_of=as_of)
    finally:
        connection.unregister("comparisons")
    named = numbered.select("comparison_number", "metric", "later_until").cast(
        {"comparison_number": pl.Int64}
    )
    return counted.join(named, on="comparison_number").drop("comparison_number")


def read_daily_sales(*, connection: duckdb.DuckDBPyConnection, as_of: date) -> pl.DataFrame:
    """Read the shop's days: `sales_date, orders, net_revenue, new_customers`."""
    return _read(connection, "daily_sales", as_of=as_of)


def read_festivals(*, connection: duckdb.DuckDBPyConnection, as_of: date) -> pl.DataFrame:
    """Read the festivals in force, one row per festival and year, columns of `models.festivals`."""
    return _read(connection, "festivals", as_of=as_of)


def read_measures(
    *,
    connection: duckdb.DuckDBPyConnection,
    periods: pl.DataFrame,
    as_of: date,
    reporting_time_zone: str,
) -> pl.DataFrame:
    """Count every KPI that has a query in `kpi_queries/measures/`, over its own period.

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
        measured = _read(
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


def _read(connection: duckdb.DuckDBPyConnection, query: str, **parameters: object) -> pl.DataFrame:
    """Run one query file with those parameters that it names; DuckDB refuses a surplus of them."""
    statement = _statement(query)
    named = set(NAMED_PARAMETER.findall(statement))
    return connection.execute(statement, {name: parameters[name] for name in named}).pl()


def _statement(query: str) -> str:
    return (QUERIES_DIR / f"{query}.sql").read_text(encoding="utf-8")
