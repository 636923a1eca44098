"""The numbers of the churn model, read from the rows of `seeds/model_settings.csv`.

Belongs here: names, types and bounds of settings. Does not belong here: any value of a setting.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import polars as pl

from models.frames import require_columns


@dataclass(frozen=True, kw_only=True)
class ChurnSettings:
    """Settings of the churn model; each attribute is the row of the same name.

    Attributes:
        churn_horizon_days: days without a successful order that count as churn.
        churn_gap_days: days between the end of the training outcome and the cut of the test.
        churn_short_window_days: first window of habits, days.
        churn_middle_window_days: second window of habits, days.
        churn_long_window_days: third window of habits, days.
        churn_min_class_customers: least number that stayed, and that left, at either cut.
        churn_max_training_customers: size of the sample that trains.
        churn_folds: folds of the cross-validation, ≥2.
        churn_seed: seed of sample, folds and boosting.
        churn_logistic_inverse_penalty: C of the logistic regression.
        churn_boosting_rounds: trees.
        churn_boosting_learning_rate: weight of one tree, 0–1.
        churn_boosting_leaves: leaves of a tree, ≥2.
        churn_boosting_leaf_customers: least customers in a leaf.
        churn_lift_share: share of customers in whom lift is read, 0–1.
        churn_calibration_groups: groups of equal size in which calibration is shown.
        churn_min_auc: least AUC that is published, 0–1.
        churn_min_auc_gain: least gain in AUC over the best baseline.
        churn_min_balanced_accuracy_gain: gain in balanced accuracy that must be exceeded.
        churn_min_brier_gain: gain in squared error that must be exceeded.
        churn_medium_risk_from: probability from which the risk is medium.
        churn_high_risk_from: probability from which the risk is high.
        drift_groups: groups in which two days are compared.
        drift_min_share: share that an empty group counts as.
        drift_max_stability_index: index above which inputs have drifted.
    """

    churn_horizon_days: int
    churn_gap_days: int
    churn_short_window_days: int
    churn_middle_window_days: int
    churn_long_window_days: int
    churn_min_class_customers: int
    churn_max_training_customers: int
    churn_folds: int
    churn_seed: int
    churn_logistic_inverse_penalty: float
    churn_boosting_rounds: int
    churn_boosting_learning_rate: float
    churn_boosting_leaves: int
    churn_boosting_leaf_customers: int
    churn_lift_share: float
    churn_calibration_groups: int
    churn_min_auc: float
    churn_min_auc_gain: float
    churn_min_balanced_accuracy_gain: float
    churn_min_brier_gain: float
    churn_medium_risk_from: float
    churn_high_risk_from: float
    drift_groups: int
    drift_min_share: float
    drift_max_stability_index: float


AT_LEAST_TWO = ("churn_folds", "churn_boosting_leaves", "drift_groups", "churn_calibration_groups")
MAY_BE_ZERO = (
    "churn_gap_days",
    "churn_seed",
    "churn_min_auc",
    "churn_min_auc_gain",
    "churn_min_balanced_accuracy_gain",
    "churn_min_brier_gain",
)
SHARES = ("churn_lift_share", "churn_min_auc", "churn_boosting_learning_rate", "drift_min_share")


def parse_churn_settings(*, rows: pl.DataFrame) -> ChurnSettings:
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
    names = [field.name for field in fields(ChurnSettings)]
    if rows.filter(pl.col("setting").is_in(names))["setting"].is_duplicated().any():
        raise ValueError("model_settings holds a setting twice")
    missing = [name for name in names if values.get(name) is None]
    if missing:
        raise ValueError(f"model_settings lacks the row {missing[0]}")
    whole = {field.name for field in fields(ChurnSettings) if field.type == "int"}
    wrong = sorted(name for name in names if not _is_within_bounds(name, values[name], name in whole))
    if not 0 < values["churn_medium_risk_from"] < values["churn_high_risk_from"] < 1:
        wrong.append("churn_medium_risk_from")
    if wrong:
        raise ValueError(f"model_settings out of bounds: {', '.join(wrong)}")
    return ChurnSettings(**{name: int(values[name]) if name in whole else values[name] for name in names})


def _is_within_bounds(name: str, value: float, must_be_whole: bool) -> bool:
    least_is_met = value >= 2 if name in AT_LEAST_TWO else value >= 0 if name in MAY_BE_ZERO else value > 0
    return least_is_met and (name not in SHARES or value < 1) and (not must_be_whole or value == int(value))
