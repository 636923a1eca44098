"""One scorecard: every target of `seeds/kpi_targets.csv` beside what was measured.

Belongs here: periods, shares, changes between two periods, and whether a target is met. Does not belong here:
counting (one file per KPI in `orchestration/kpi/queries/measures/`, or `models/retention/retention.py`).
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
        "reason": pl.String,
    }
)

MEASURE_SCHEMA = pl.Schema(
    {
        "kpi": pl.String(),
        "segment": pl.String(),
        "numerator": pl.Float64(),
        "denominator": pl.Float64(),
        "value": pl.Float64(),
        "n": pl.Int64(),
    }
)
"""A count is a numerator and a denominator; what is no share of two counts (a median) is a value and its n."""

PERIOD_COLUMNS = ("period_start", "period_end")
RELATIVE, ABSOLUTE = "relative", "absolute"
CHANGES = {"nps_gain": ("nps", ABSOLUTE), "return_cycle_change": ("return_cycle_days", RELATIVE)}
"""KPIs that compare another one with the period before: which, and whether by quotient or by difference."""
COMPARED = [base for base, _ in CHANGES.values()]

PREDICTED_BY = {
    "cltv": "cltv",
    "churn_balanced_accuracy": "churn",
    "recommendation_hit_rate_10": "recommendations",
}
"""KPIs that a prediction gives, with the name of its model card."""

NOTHING_COUNTED = "Nothing could be counted: the sources do not tell it, or it is too early to tell."
NOTHING_BEFORE = "There is no figure of the period before to compare with."
NO_TARGET = "No target is set; the value is told for itself."

EACH = "*"
"""Ends the segment of a target that holds for each segment that begins so."""

TARGET_COLUMNS = ("kpi", "segment", "direction", "target", "unit", "period_months")


def measurement_periods(*, targets: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Give the period each KPI is measured over, and the equal period before it where that is compared.

    Args:
        targets: `kpi`, `direction` and `period_months` (calendar months that end on the as-of date; null for a
            stock that is counted on that day).
        as_of: last day that is known.

    Returns:
        One row per KPI, sorted: `kpi`, `period_start`, `period_end`, `previous_start`, `previous_end` (all
        inclusive; for a stock the period is the as-of day). The period before is null for a stock, and for a KPI
        that neither a direction nor one of `CHANGES` compares with it.

    Raises:
        ValueError: a column is missing, or a KPI stands with two period lengths.
    """
    require_columns(frame=targets, columns=("kpi", "direction", "period_months"), name="targets")
    is_compared = pl.col("direction").is_in(TREND).any() | pl.col("kpi").first().is_in(COMPARED)
    length = pl.col("period_months").cast(pl.Int64).alias("months")
    periods = targets.group_by("kpi", length).agg(is_compared=is_compared).sort("kpi")
    if periods["kpi"].is_duplicated().any():
        raise ValueError("a KPI has targets over different periods")
    end, months = pl.lit(as_of), pl.col("months")
    start = end.dt.offset_by(pl.format("-{}mo", months)) + timedelta(days=1)
    previous_start = end.dt.offset_by(pl.format("-{}mo", 2 * months)) + timedelta(days=1)
    return periods.select(
        "kpi",
        period_start=pl.coalesce(start, end),
        period_end=end,
        previous_start=pl.when("is_compared").then(previous_start),
        previous_end=pl.when("is_compared").then(start - timedelta(days=1)),
    )


def build_scorecard(
    *,
    targets: pl.DataFrame,
    measures: pl.DataFrame,
    previous_measures: pl.DataFrame,
    retention: pl.DataFrame,
    model_cards: pl.DataFrame,
    as_of: date,
) -> pl.DataFrame:
    """Set every target beside its measured value.

    Args:
        targets: rows of the seed that are valid at the as-of date: `kpi`, `segment`, `direction` (at_least,
            at_most; above, below: strictly; above_previous, below_previous: the period before, strictly; null
            where only the value is asked for), `target` (null for a comparison with the period before),
            `unit`, `period_months`.
        measures: columns of `MEASURE_SCHEMA`, over the periods of `measurement_periods`; either numerator and
            denominator or value is filled, and n is the denominator where it is null.
        previous_measures: the same over the period before; read for the two last directions and `CHANGES`.
        retention: table of `models.retention.retention`; its overall metrics are KPIs of the same name.
        model_cards: `model`, `is_published`, `reason`; a withheld prediction says why its KPIs are not measurable.
        as_of: last day that is known.

    Returns:
        Columns of `SCORECARD_SCHEMA`, one row per target, sorted by KPI, period and segment; a target whose
        segment ends in `*` has a row for each measured segment that begins so and has no target of its own.
        Without a denominator the value is null and the status `not measurable`; without anything to compare
        with (no target, or no value of the period before) that is the status though the value stands. Whatever
        is not measurable has a reason.

    Raises:
        ValueError: a column is missing, a direction is unknown, a fixed target is null, or a KPI and segment
            is measured twice.
    """
    require_columns(frame=targets, columns=TARGET_COLUMNS, name="targets")
    _refuse_bad_targets(targets)
    counted, before = _values(measures), _values(previous_measures)
    measured = pl.concat([counted, *(_change(counted, before, kpi=kpi) for kpi in CHANGES)])
    periods = measurement_periods(targets=targets, as_of=as_of)
    asked = _spread(targets.select(*TARGET_COLUMNS), measured)
    both = pl.concat(
        [measured.join(periods.select("kpi", *PERIOD_COLUMNS), on="kpi"), _as_measures(retention)]
    )
    if both.select("kpi", "segment").is_duplicated().any():
        raise ValueError("a KPI and segment is measured twice")
    cards = (
        asked.join(both, on=["kpi", "segment"], how="left")
        .join(before.select("kpi", "segment", previous_value="value"), on=["kpi", "segment"], how="left")
        .join(periods, on="kpi", suffix="_asked")
    )
    target = pl.when(pl.col("direction").is_in(TREND)).then("previous_value").otherwise(pl.col("target"))
    return (
        cards.with_columns(pl.coalesce(name, f"{name}_asked") for name in PERIOD_COLUMNS)
        .with_columns(target=target.cast(pl.Float64), n=pl.col("n").fill_null(0))
        .with_columns(status=_status())
        .join(_withheld(model_cards), on="kpi", how="left")
        .with_columns(reason=_reason())
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


def _spread(targets: pl.DataFrame, measured: pl.DataFrame) -> pl.DataFrame:
    """Give a target for `tier:*` to each measured tier; one that meets none stays as it is."""
    keys = ["kpi", "segment"]
    stars = targets.filter(pl.col("segment").str.ends_with(EACH)).rename({"segment": "star"})
    untold = measured.filter(pl.col("n") > 0).join(targets, on=keys, how="anti").select(keys)
    begins = pl.col("segment").str.starts_with(pl.col("star").str.strip_suffix(EACH))
    spread = stars.join(untold, on="kpi").filter(begins)
    alone = targets.join(spread.select("kpi", segment="star"), on=keys, how="anti")
    return pl.concat([alone, spread.select(targets.columns)])


def _withheld(model_cards: pl.DataFrame) -> pl.DataFrame:
    """Why the KPIs of a prediction that is not published have no value."""
    predicted = pl.DataFrame({"kpi": list(PREDICTED_BY), "model": list(PREDICTED_BY.values())})
    withheld = model_cards.filter(~pl.col("is_published")).select("model", withheld_because="reason")
    return predicted.join(withheld, on="model").drop("model")


def _reason() -> pl.Expr:
    """Why a row is not measurable; null for all others."""
    because = (
        pl.when(pl.col("value").is_null())
        .then(pl.coalesce("withheld_because", pl.lit(NOTHING_COUNTED)))
        .when(pl.col("direction").is_null())
        .then(pl.lit(NO_TARGET))
        .otherwise(pl.lit(NOTHING_BEFORE))
    )
    return pl.when(pl.col("status") == NOT_MEASURABLE).then(because)


def _as_measures(retention: pl.DataFrame) -> pl.DataFrame:
    """Overall retention metrics as measures; those by month are left to their own table."""
    overall = retention.filter(~pl.col("metric").str.ends_with("_by_month")).rename({"metric": "kpi"})
    counts = overall.select("kpi", "segment", "numerator", "denominator", value=None, n=None)
    return pl.concat([_values(counts), overall.select(PERIOD_COLUMNS)], how="horizontal")


def _values(measures: pl.DataFrame) -> pl.DataFrame:
    """Divide; where nobody was counted nothing is measured."""
    require_columns(frame=measures, columns=MEASURE_SCHEMA.names(), name="measures")
    typed = measures.select(MEASURE_SCHEMA.names()).cast(MEASURE_SCHEMA)
    share = pl.when(pl.col("denominator") != 0).then(pl.col("numerator") / pl.col("denominator"))
    counted = typed.with_columns(
        n=pl.coalesce("n", pl.col("denominator").cast(pl.Int64)), value=pl.coalesce("value", share)
    )
    is_measured = (pl.col("n") > 0) & pl.col("value").is_not_null()
    figures = pl.when(is_measured).then(pl.col("numerator", "denominator", "value", "n"))
    return counted.with_columns(figures).with_columns(pl.col("n").fill_null(0))


def _change(now: pl.DataFrame, before: pl.DataFrame, *, kpi: str) -> pl.DataFrame:
    """A KPI of `CHANGES` from its base in both periods; n is that of the later one.

    A relative change is the difference over what was before, an absolute one the difference over the n
    observations of now, as if each of them had brought its part.
    """
    base, kind = CHANGES[kpi]
    keys = ["kpi", "segment"]
    pairs = now.filter(pl.col("kpi") == base).join(before.select(*keys, earlier="value"), on=keys)
    difference = pl.col("value") - pl.col("earlier")
    ends = (
        {"numerator": difference, "denominator": pl.col("earlier")}
        if kind == RELATIVE
        else {"numerator": difference * pl.col("n"), "denominator": pl.col("n")}
    )
    compared = pairs.filter(difference.is_not_null())
    return _values(compared.select(pl.lit(kpi).alias("kpi"), "segment", "n", value=None, **ends))


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
