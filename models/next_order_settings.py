"""The numbers of the next-order model, read from the rows of `seeds/model_settings.csv`.

Belongs here: names, types and bounds of settings. Does not belong here: any value of a setting.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import polars as pl

from models.frames import require_columns


@dataclass(frozen=True, kw_only=True)
class NextOrderSettings:
    """Settings of the next order and of repurchase; each attribute is the row of the same name.

    Attributes:
        next_order_horizon_days: how far a date may lie ahead, and length of the holdout.
        next_order_interval_level: share of next orders that an interval is meant to hold, 0–1.
        next_order_gap_classes: classes of customers by number of gaps: 0, 1, 2–3, 4–7 and so on, the last open.
        next_order_max_training_customers: size of the sample that trains.
        next_order_min_gaps: completed gaps that a curve needs.
        next_order_min_waiting: waits that must reach a point of a curve, or it ends before.
        next_order_min_class_customers: least number that ordered, and that did not, after the cut.
        next_order_close_days: first distance at which a date counts as near.
        next_order_near_days: second one, larger.
        next_order_min_error_gain: share by which the mean error must lie below that of each baseline, 0–1.
        next_order_min_concordance: least share of pairs in the right order, 0–1.
        next_order_max_coverage_error: largest distance between the share of intervals that hold and what they tell.
        repurchase_min_own_gaps: gaps in a category from which a customer has an own rhythm in it.
        repurchase_min_category_gaps: gaps of all customers from which a category has a rhythm.
        repurchase_min_category_share: share of a category's buyers who buy it again, from which it is re-bought.
        repurchase_max_gaps: gaps of silence in a category after which nothing is due any more.
        drift_groups: groups in which two days are compared.
        drift_min_share: share that an empty group counts as.
        drift_max_stability_index: index above which inputs have drifted.
    """

    next_order_horizon_days: int
    next_order_interval_level: float
    next_order_gap_classes: int
    next_order_max_training_customers: int
    next_order_min_gaps: int
    next_order_min_waiting: int
    next_order_min_class_customers: int
    next_order_close_days: int
    next_order_near_days: int
    next_order_min_error_gain: float
    next_order_min_concordance: float
    next_order_max_coverage_error: float
    repurchase_min_own_gaps: int
    repurchase_min_category_gaps: int
    repurchase_min_category_share: float
    repurchase_max_gaps: float
    drift_groups: int
    drift_min_share: float
    drift_max_stability_index: float


MAY_BE_ZERO = ("next_order_min_error_gain", "next_order_min_concordance", "repurchase_min_category_share")
SHARES = (
    "next_order_interval_level",
    "next_order_min_error_gain",
    "next_order_min_concordance",
    "next_order_max_coverage_error",
    "repurchase_min_category_share",
    "drift_min_share",
)
AT_LEAST_TWO = ("drift_groups",)


def parse_next_order_settings(*, rows: pl.DataFrame) -> NextOrderSettings:
    """Turn the seed's rows into typed settings; rows of other models are passed over.

    Args:
        rows: columns `setting`, `value`; at most one row per setting (the one valid at the as-of date).

    Returns:
        The settings.

    Raises:
        ValueError: a setting is missing, stands twice, is no whole number where one is needed, or lies
            outside its bounds.
    """
    require_columns(frame=rows, columns=("setting", "value"), name="model_settings")
    values = dict(rows.select("setting", pl.col("value").cast(pl.Float64)).iter_rows())
    names = [field.name for field in fields(NextOrderSettings)]
    if rows.filter(pl.col("setting").is_in(names))["setting"].is_duplicated().any():
        raise ValueError("model_settings holds a setting twice")
    missing = [name for name in names if values.get(name) is None]
    if missing:
        raise ValueError(f"model_settings lacks the row {missing[0]}")
    whole = {field.name for field in fields(NextOrderSettings) if field.type == "int"}
    wrong = sorted(name for name in names if not _is_within_bounds(name, values[name], name in whole))
    if not values["next_order_close_days"] < values["next_order_near_days"]:
        wrong.append("next_order_near_days")
    if wrong:
        raise ValueError(f"model_settings out of bounds: {', '.join(wrong)}")
    return NextOrderSettings(**{name: int(values[name]) if name in whole else values[name] for name in names})


def _is_within_bounds(name: str, value: float, must_be_whole: bool) -> bool:
    least_is_met = value >= 2 if name in AT_LEAST_TWO else value >= 0 if name in MAY_BE_ZERO else value > 0
    return least_is_met and (name not in SHARES or value < 1) and (not must_be_whole or value == int(value))
