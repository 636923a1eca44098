"""Repeat purchase and retention before and after the day on which the CRM began, over equal windows.

Belongs here: which days are compared, and the difference with its interval. Does not belong here: counting
(`orchestration/kpi/queries/`), the day itself (`crm_start_date` of `seeds/model_settings.csv`).

Both sides see their windows to the end, and no window of the side before reaches into the time after:

- repeat purchase N: first orders of equally many days. After: from the day itself to the last day whose day N
  has passed. Before: as many days, the last of them N + 1 days before the day itself.
- retention N: the 2 N days from the day itself on (earlier and later window), and the 2 N days before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from models.frames import require_columns
from models.intervals import newcombe, wilson
from models.retention.retention import COMPARISONS_SCHEMA, EVERYBODY, FIRST_PURCHASES_SCHEMA

SIDES = ("before", "after")
SIDE_TYPES = {
    "start": pl.Date(),
    "end": pl.Date(),
    "returned": pl.Int64(),
    "customers": pl.Int64(),
    "rate": pl.Float64(),
    "rate_low": pl.Float64(),
    "rate_high": pl.Float64(),
}
BEFORE_AFTER_SCHEMA = pl.Schema(
    {"metric": pl.String(), "segment": pl.String(), "crm_start_date": pl.Date()}
    | {f"{side}_{name}": data_type for side in SIDES for name, data_type in SIDE_TYPES.items()}
    | dict.fromkeys(("difference", "difference_low", "difference_high"), pl.Float64())
)


def compare_repeat_purchase(
    *, first_purchases: pl.DataFrame, crm_start: date, as_of: date, confidence: float
) -> pl.DataFrame:
    """Compare repeat purchase before and after, per window and segment.

    Args:
        first_purchases: columns of `models.retention.retention.FIRST_PURCHASES_SCHEMA`.
        crm_start: first day of the CRM.
        as_of: last day that is known.
        confidence: level of the intervals.

    Returns:
        Columns of `BEFORE_AFTER_SCHEMA`. Both sides are as long as the shorter one can be; where one side has
        no day at all, the figures are null and stand for `all` alone.

    Raises:
        ValueError: a column is missing.
    """
    require_columns(frame=first_purchases, columns=FIRST_PURCHASES_SCHEMA.names(), name="first_purchases")
    compared = [pl.DataFrame(schema=BEFORE_AFTER_SCHEMA)]
    for (days,), rows in sorted(first_purchases.group_by("window_days"), key=lambda group: group[0]):
        first_day = rows.select(pl.col("first_order_date").min()).item()
        last_before = crm_start - timedelta(days=days + 1)
        last_after = as_of - timedelta(days=days)
        length = min(last_before - first_day, last_after - crm_start)
        sides = {"before": (last_before - length, last_before), "after": (crm_start, crm_start + length)}
        counted = {
            side: rows.filter(pl.col("first_order_date").is_between(*period))
            .group_by("segment")
            .agg(pl.col("returned").sum(), pl.col("customers").sum())
            for side, period in sides.items()
        }
        compared.append(
            _beside(
                counted=counted,
                sides=sides,
                labels={"metric": f"repeat_purchase_{days}", "crm_start_date": crm_start},
                is_observable=length >= timedelta(0),
                confidence=confidence,
            )
        )
    return pl.concat(compared)


def retention_comparisons(*, crm_start: date, windows_days: Sequence[int]) -> pl.DataFrame:
    """Give the windows of retention before and after, as `models.retention.retention.rolling_comparisons` does.

    Args:
        crm_start: first day of the CRM.
        windows_days: N in days.

    Returns:
        Columns of `COMPARISONS_SCHEMA`, two rows per N: metrics `retention_<N>_before` and
        `retention_<N>_after`; the period spans both windows.
    """
    rows = [
        {
            "metric": f"retention_{days}_{side}",
            "window_days": days,
            "period_start": start,
            "period_end": start + timedelta(days=2 * days - 1),
            "earlier_from": start,
            "earlier_until": start + timedelta(days=days - 1),
            "later_until": start + timedelta(days=2 * days - 1),
        }
        for days in windows_days
        for side, start in zip(SIDES, (crm_start - timedelta(days=2 * days), crm_start), strict=True)
    ]
    return pl.DataFrame(rows, schema=COMPARISONS_SCHEMA)


def compare_retention(
    *,
    comparisons: pl.DataFrame,
    counted: pl.DataFrame,
    crm_start: date,
    first_day: date,
    as_of: date,
    confidence: float,
) -> pl.DataFrame:
    """Compare retention before and after, per window and segment.

    Args:
        comparisons: from `retention_comparisons`.
        counted: `metric`, `segment`, `numerator`, `denominator` per comparison; one without anybody has no row.
        crm_start: first day of the CRM.
        first_day: first day with activity.
        as_of: last day that is known.
        confidence: level of the intervals.

    Returns:
        Columns of `BEFORE_AFTER_SCHEMA`; where a window reaches beyond the data, the figures are null and stand
        for `all` alone.

    Raises:
        ValueError: a column is missing.
    """
    require_columns(frame=counted, columns=("metric", "segment", "numerator", "denominator"), name="counted")
    compared = [pl.DataFrame(schema=BEFORE_AFTER_SCHEMA)]
    for days in comparisons["window_days"].unique().sort():
        periods, sides = {}, {}
        for side in SIDES:
            of_side = pl.col("metric") == f"retention_{days}_{side}"
            periods[side] = comparisons.filter(of_side).select("period_start", "period_end").row(0)
            sides[side] = counted.filter(of_side).select(
                "segment", returned="numerator", customers="denominator"
            )
        compared.append(
            _beside(
                counted=sides,
                sides=periods,
                labels={"metric": f"retention_{days}", "crm_start_date": crm_start},
                is_observable=first_day <= periods["before"][0] and periods["after"][1] <= as_of,
                confidence=confidence,
            )
        )
    return pl.concat(compared)


def _beside(
    *,
    counted: dict[str, pl.DataFrame],
    sides: dict[str, tuple[date, date]],
    labels: dict[str, object],
    is_observable: bool,
    confidence: float,
) -> pl.DataFrame:
    """Set both sides beside each other; parts of the whole need somebody on both sides."""
    rows = pl.DataFrame({"segment": [EVERYBODY]})
    if is_observable:
        parts = counted["before"].join(counted["after"], on="segment").filter(pl.col("segment") != EVERYBODY)
        rows = pl.concat([rows, parts.select("segment")])
    for side, frame in counted.items():
        columns = {name: f"{side}_{name}" for name in ("returned", "customers")}
        known = pl.when(pl.lit(is_observable))
        rows = rows.join(frame.rename(columns), on="segment", how="left").with_columns(
            *(known.then(pl.col(name).fill_null(0)) for name in columns.values())
        )
        rows = _with_rate(rows, side=side, confidence=confidence).with_columns(
            known.then(pl.lit(sides[side][0])).alias(f"{side}_start"),
            known.then(pl.lit(sides[side][1])).alias(f"{side}_end"),
        )
    low, high = newcombe(after="after", before="before")
    return (
        rows.with_columns(
            **{name: pl.lit(value) for name, value in labels.items()},
            difference=pl.col("after_rate") - pl.col("before_rate"),
            difference_low=low,
            difference_high=high,
        )
        .select(BEFORE_AFTER_SCHEMA.names())
        .cast(BEFORE_AFTER_SCHEMA)
        .sort("metric", "segment")
    )


def _with_rate(rows: pl.DataFrame, *, side: str, confidence: float) -> pl.DataFrame:
    returned, customers = f"{side}_returned", f"{side}_customers"
    low, high = wilson(successes=returned, trials=customers, confidence=confidence)
    rate = pl.when(pl.col(customers) > 0).then(pl.col(returned) / pl.col(customers))
    return rows.with_columns(
        rate.alias(f"{side}_rate"), low.alias(f"{side}_rate_low"), high.alias(f"{side}_rate_high")
    )
