"""The numbers of the churn model, read from the rows of `seeds/model_settings.csv`.

Belongs here: names, types and bounds of settings. Does not belong here: any value of a setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from models.drift import DriftSettings
from models.setting_rows import Bounds


@dataclass(frozen=True, kw_only=True)
class ChurnSettings(DriftSettings):
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
    """

    churn_horizon_days: int
    churn_gap_days: Annotated[int, Bounds(least=0)]
    churn_short_window_days: int
    churn_middle_window_days: int
    churn_long_window_days: int
    churn_min_class_customers: int
    churn_max_training_customers: int
    churn_folds: Annotated[int, Bounds(least=2)]
    churn_seed: Annotated[int, Bounds(least=0)]
    churn_logistic_inverse_penalty: float
    churn_boosting_rounds: int
    churn_boosting_learning_rate: Annotated[float, Bounds(below=1)]
    churn_boosting_leaves: Annotated[int, Bounds(least=2)]
    churn_boosting_leaf_customers: int
    churn_lift_share: Annotated[float, Bounds(below=1)]
    churn_calibration_groups: Annotated[int, Bounds(least=2)]
    churn_min_auc: Annotated[float, Bounds(least=0, below=1)]
    churn_min_auc_gain: Annotated[float, Bounds(least=0)]
    churn_min_balanced_accuracy_gain: Annotated[float, Bounds(least=0)]
    churn_min_brier_gain: Annotated[float, Bounds(least=0)]
    churn_medium_risk_from: Annotated[float, Bounds(below="churn_high_risk_from")]
    churn_high_risk_from: Annotated[float, Bounds(below=1)]
