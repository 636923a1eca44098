"""The churn model and its baselines on a cut that none of them has seen.

Belongs here: figures of quality, the baselines, and whether the model beats them. Does not belong here: fitting
(`models/churn/classification.py`), or what a customer's features are (`models/churn/churn_features.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from models.arrays import Bools, Floats
from models.churn.churn_settings import ChurnSettings
from models.churn.classification import fit_classifier
from models.churn.classification_metrics import (
    area_under_curve,
    balanced_accuracy,
    brier_score,
    calibration_groups,
    lift,
)
from models.withholding import WithheldError

BASELINE_COLUMNS = {"recency_only": "days_since_last_order", "past_orders": "frequency"}
"""Baselines that know one column; each is fitted, calibrated and given its threshold as the model is."""


def measure(
    *, probabilities: Floats, is_churned: Bools, threshold: float, settings: ChurnSettings
) -> dict[str, object]:
    """Give the figures of quality.

    Args:
        probabilities: of churn, shape (customers,).
        is_churned: what came, both answers present.
        threshold: probability from which churn is told; set on the training cut.
        settings: share of the lift, number of calibration groups.

    Returns:
        `auc`, `balanced_accuracy`, `brier`, `lift`, `threshold`, `mean_probability`, `calibration`.
    """
    return {
        "auc": area_under_curve(probabilities=probabilities, answers=is_churned),
        "balanced_accuracy": balanced_accuracy(
            probabilities=probabilities, answers=is_churned, threshold=threshold
        ),
        "brier": brier_score(probabilities=probabilities, answers=is_churned),
        "lift": lift(probabilities=probabilities, answers=is_churned, share=settings.churn_lift_share),
        "threshold": threshold,
        "mean_probability": float(probabilities.mean()),
        "calibration": calibration_groups(
            probabilities=probabilities, answers=is_churned, groups=settings.churn_calibration_groups
        ),
    }


def measure_baselines(
    *,
    training: pl.DataFrame,
    training_answers: Bools,
    test: pl.DataFrame,
    test_answers: Bools,
    settings: ChurnSettings,
) -> dict[str, dict[str, object]]:
    """Measure what anybody could have said: the same for all, by the last order alone, by past orders alone.

    Args:
        training: the columns of `BASELINE_COLUMNS` at the training cut.
        training_answers: who had left after it.
        test: the same columns at the test cut.
        test_answers: who had left after that.
        settings: as for the model.

    Returns:
        Figures as of `measure`, by baseline.
    """
    constant = float(training_answers.mean())
    measured = {
        "constant": measure(
            probabilities=np.full(len(test_answers), constant),
            is_churned=test_answers,
            threshold=constant,
            settings=settings,
        )
    }
    for name, column in BASELINE_COLUMNS.items():
        known, asked = (
            frame.select(pl.col(column).cast(pl.Float64)).to_numpy() for frame in (training, test)
        )
        simple = fit_classifier(
            features=known, answers=training_answers, recipes=("logistic",), settings=settings
        )
        measured[name] = measure(
            probabilities=simple.probabilities(asked),
            is_churned=test_answers,
            threshold=simple.threshold,
            settings=settings,
        )
    return measured


def demand_better(
    *,
    model: Mapping[str, object],
    baselines: Mapping[str, Mapping[str, object]],
    settings: ChurnSettings,
) -> None:
    """Refuse a model that orders customers no better than chance, or loses to a baseline in any figure.

    Args:
        model: figures as of `measure`.
        baselines: the same of each baseline.
        settings: least AUC and the margins.

    Raises:
        WithheldError: the first figure that falls short; the message names model, baseline and both values.
    """
    auc = _figure(model, "auc")
    if auc < settings.churn_min_auc:
        raise WithheldError(f"On the test cut the AUC is {auc:.4f}; {settings.churn_min_auc:g} is needed.")
    for figure, sign, margin, may_equal in (
        ("auc", 1, settings.churn_min_auc_gain, True),
        ("balanced_accuracy", 1, settings.churn_min_balanced_accuracy_gain, False),
        ("brier", -1, settings.churn_min_brier_gain, False),
    ):
        for name, baseline in baselines.items():
            own, other = _figure(model, figure), _figure(baseline, figure)
            gain = sign * (own - other)
            if gain < margin or (gain == margin and not may_equal):
                raise WithheldError(
                    f"On the test cut {figure} is {own:.4f} and that of the baseline {name} {other:.4f}; "
                    f"a gain above {margin:g} is asked."
                )


def revenue_share_of_safest(
    *, asked: pl.DataFrame, outcomes: pl.DataFrame, probabilities: Floats, share: float
) -> float | None:
    """Give the share of the horizon's net revenue that came from the customers least likely to leave.

    Args:
        asked: `customer_id`, one row per customer.
        outcomes: `customer_id`, `net_revenue` of those who came back.
        probabilities: of churn, in the order of `asked`.
        share: share of customers who count as the safest, 0–1.

    Returns:
        0–1, more or less where money was given back; None where the shop took nothing.
    """
    ranked = (
        asked.select("customer_id", probability=pl.Series(probabilities))
        .join(outcomes.select("customer_id", "net_revenue"), on="customer_id", how="left")
        .sort("probability", "customer_id")
    )
    revenue = ranked["net_revenue"].cast(pl.Float64).fill_null(0.0).to_numpy()
    safest = revenue[: round(share * len(revenue))]
    return float(safest.sum() / revenue.sum()) if revenue.sum() > 0 else None


def _figure(measured: Mapping[str, object], name: str) -> float:
    value = measured[name]
    if not isinstance(value, float):
        raise TypeError(f"{name} is no number")
    return value
