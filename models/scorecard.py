"""One scorecard: every target of `seeds/kpi_targets.csv` beside what was measured.

Belongs here: periods, shares, and whether a target is met. Does not belong here: counting (one file per KPI
in `orchestration/kpi/queries/measures/`, or `models/retention.py`).
"""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from models.frames import require_columns

AT_LEAST, ABOVE, AT_MOST, BELOW = "at_least", "above", "at_most", "below"
ABOVE_PREVIOUS, BELOW_PREVIOUS = "above_previous", "below_previous"
FIXED = (AT_LEAST, ABOVE, AT_MOST, BELOW)
TREND = (ABOVE_PREVIOUS, BELOW_PREVIOUS)
MET, MISSED, NOT_MEASURABLE = "met", "missed", "not measurable"

SCORECARD_SCHEMA = pl.Schema(
    {
        "kpi": pl.String,
        "period_start": pl.Date,
        "period_end": pl.Date,
        "segment": pl.String,
        "value": pl.Float64,
        "numerator": pl.Float64,
        "denominator": pl.Float64,
        "n": pl.Int64,
        "target": pl.Float64,
        "direction": pl.String,
        "unit": pl.String,
        "status": pl.String,
    }
)

MEASURE_COLUMNS = ("kpi", "segment", "numerator", "denominator")
MEASURE_TYPES = pl.Schema(
    {
        "kpi": pl.String(),
        "segment": pl.String(),
        "numerator": pl.Float64(),
        "denominator": pl.Float64(),
        "period_start": pl.Date(),
        "period_end": pl.Date(),
    }
)
TARGET_COLUMNS = ("kpi", "segment", "direction", "target", "unit", "period_months")


def measurement_periods(*, targets: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Give the period each KPI is measured over, and the equal period before it.

    Args:
        targets: `kpi` and `period_months` (calendar months that end on the as-of date; null for a stock that
            is counted on that day).
        as_of: last day that is known.

    Returns:
        One row per KPI, sorted: `kpi`, `period_start`, `period_end`, `previous_start`, `previous_end` (all
        inclusive; for a stock both periods are the as-of day, and the one before is null).

    Raises:
        ValueError: a column is missing, or a KPI stands with two period lengths.
    """
    require_columns(frame=targets, columns=("kpi", "period_months"), name="targets")
    periods = targets.select("kpi", pl.col("period_months").cast(pl.Int64)).unique().sort("kpi")
    if periods["kpi"].is_duplicated().any():
        raise ValueError("a KPI has targets over different periods")
    end, months = pl.lit(as_of), pl.col("period_months")
    start = end.dt.offset_by(pl.format("-{}mo", months)) + timedelta(days=1)
    previous_start = end.dt.offset_by(pl.format("-{}mo", 2 * months)) + timedelta(days=1)
    return periods.select(
        "kpi",
        period_start=pl.coalesce(start, end),
        period_end=end,
        previous_start=previous_start,
        previous_end=start - timedelta(days=1),
    )


def build_scorecard(
    *,
    targets: pl.DataFrame,
    measures: pl.DataFrame,
    previous_measures: pl.DataFrame,
    retention: pl.DataFrame,
    as_of: date,
) -> pl.DataFrame:
    """Set every target beside its measured value.

    Args:
        targets: rows of the seed that are valid at the as-of date: `kpi`, `segment`, `direction` (at_least,
            at_most; above, below: strictly; above_previous, below_previous: the period before, strictly),
            `target` (null for a comparison with the period before), `unit`, `period_months`.
        measures: `kpi`, `segment`, `numerator`, `denominator`, over the periods of `measurement_periods`.
        previous_measures: the same columns over the period before; only read for the two last directions.
        retention: table of `models.retention`; its overall metrics are KPIs of the same name.
        as_of: last day that is known.

    Returns:
        Columns of `SCORECARD_SCHEMA`, one row per target, sorted by KPI, period and segment. Without a
        denominator the value is null and the status `not measurable`; without a value of the period before,
        a comparison with it is not measurable though the value stands.

    Raises:
        ValueError: a column is missing, a direction is unknown, a fixed target is null, or a KPI and segment
            is measured twice.
    """
    require_columns(frame=targets, columns=TARGET_COLUMNS, name="targets")
    _refuse_bad_targets(targets)
    measured = _with_periods(measures=measures, targets=targets, as_of=as_of)
    both = pl.concat([measured, _as_measures(retention)])
    if both.select("kpi", "segment").is_duplicated().any():
        raise ValueError("a KPI and segment is measured twice")
    before = _values(previous_measures).select("kpi", "segment", previous_value="value")
    cards = (
        targets.select(*TARGET_COLUMNS)
        .join(_values(both), on=["kpi", "segment"], how="left")
        .join(before, on=["kpi", "segment"], how="left")
        .join(measurement_periods(targets=targets, as_of=as_of), on="kpi", suffix="_asked")
    )
    target = pl.when(pl.col("direction").is_in(TREND)).then("previous_value").otherwise(pl.col("target"))
    return (
        cards.with_columns(
            target=target.cast(pl.Float64),
            n=pl.col("denominator").fill_null(0).cast(pl.Int64),
            period_start=pl.coalesce("period_start", "period_start_asked"),
            period_end=pl.coalesce("period_end", "period_end_asked"),
        )
        .with_columns(status=_status())
        .select(SCORECARD_SCHEMA.names())
        .cast(SCORECARD_SCHEMA)
        .sort("kpi", "period_start", "segment")
    )


def _refuse_bad_targets(targets: pl.DataFrame) -> None:
    unknown = targets.filter(~pl.col("direction").is_in([*FIXED, *TREND]))
    if unknown.height:
        raise ValueError(f"unknown direction {unknown['direction'][0]} of {unknown['kpi'][0]}")
    lacking = targets.filter(pl.col("direction").is_in(FIXED) & pl.col("target").is_null())
    if lacking.height:
        raise ValueError(f"{lacking['kpi'][0]} has no target to compare with")
    if targets.select("kpi", "segment").is_duplicated().any():
        raise ValueError("a KPI and segment has two targets")


def _with_periods(*, measures: pl.DataFrame, targets: pl.DataFrame, as_of: date) -> pl.DataFrame:
    require_columns(frame=measures, columns=MEASURE_COLUMNS, name="measures")
    periods = measurement_periods(targets=targets, as_of=as_of).select("kpi", "period_start", "period_end")
    return measures.select(*MEASURE_COLUMNS).join(periods, on="kpi").cast(MEASURE_TYPES)


def _as_measures(retention: pl.DataFrame) -> pl.DataFrame:
    """Overall retention metrics as measures; those by month are left to their own table."""
    return (
        retention.filter(~pl.col("metric").str.ends_with("_by_month"))
        .select(pl.col("metric").alias("kpi"), *MEASURE_COLUMNS[1:], "period_start", "period_end")
        .cast(MEASURE_TYPES)
    )


def _values(measures: pl.DataFrame) -> pl.DataFrame:
    """Divide; a denominator of zero is nothing measured."""
    has_count = pl.col("denominator") > 0
    return measures.with_columns(
        pl.when(has_count).then(pl.col("numerator", "denominator").cast(pl.Float64))
    ).with_columns(value=pl.col("numerator") / pl.col("denominator"))


def _status() -> pl.Expr:
    direction, value, target = pl.col("direction"), pl.col("value"), pl.col("target")
    reached = (
        pl.when(direction == AT_LEAST)
        .then(value >= target)
        .when(direction == AT_MOST)
        .then(value <= target)
        .when(direction.is_in([BELOW, BELOW_PREVIOUS]))
        .then(value < target)
        .otherwise(value > target)
    )
    return (
        pl.when(reached.is_null())
        .then(pl.lit(NOT_MEASURABLE))
        .when(reached)
        .then(pl.lit(MET))
        .otherwise(pl.lit(MISSED))
    )
