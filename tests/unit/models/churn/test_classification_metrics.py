"""Figures of quality, each by another path: all pairs, all thresholds, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from models.churn.classification_metrics import (
    area_under_curve,
    balanced_accuracy,
    best_threshold,
    brier_score,
    calibration_groups,
    lift,
    log_loss,
)


@pytest.fixture(scope="module", params=[2, 5, 100000])
def told(request) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities on a grid of two, five or many values, so that ties are many, some or none."""
    rng = np.random.default_rng(request.param)
    answers = rng.random(400) < 0.3
    noisy = np.clip(rng.normal(0.4, 0.2, 400) + 0.2 * answers, 0.01, 0.99)
    return np.round(noisy * request.param) / request.param * 0.98 + 0.01, answers


def test_area_is_the_share_of_pairs_in_the_right_order(told):
    probabilities, answers = told
    yes, no = probabilities[answers][:, None], probabilities[~answers][None, :]
    pairs = (yes > no).mean() + (yes == no).mean() / 2
    assert area_under_curve(probabilities=probabilities, answers=answers) == pytest.approx(pairs, abs=1e-12)


def test_no_threshold_is_better_than_the_best_and_no_lower_one_as_good(told):
    probabilities, answers = told
    found = best_threshold(probabilities=probabilities, answers=answers)
    reached = {
        threshold: balanced_accuracy(probabilities=probabilities, answers=answers, threshold=threshold)
        for threshold in np.unique(probabilities)
    }
    assert reached[found] == pytest.approx(max(reached.values()))
    assert all(value < reached[found] for threshold, value in reached.items() if threshold < found)


def test_lift_counts_rows_at_the_border_in_part_whatever_their_order(told):
    probabilities, answers = told
    order = np.random.default_rng(1).permutation(len(answers))
    first = lift(probabilities=probabilities, answers=answers, share=0.1)
    assert lift(probabilities=probabilities[order], answers=answers[order], share=0.1) == pytest.approx(first)
    less_likely = probabilities[:, None] < probabilities[None, :]
    equal = probabilities[:, None] == probabilities[None, :]
    taken = np.clip((0.1 * len(answers) - less_likely.sum(axis=1)) / equal.sum(axis=1), 0, 1)
    assert first == pytest.approx((taken @ answers / taken.sum()) / answers.mean())


def test_scikit_learn_agrees(told):
    metrics = pytest.importorskip("sklearn.metrics")
    probabilities, answers = told
    compared = {"probabilities": probabilities, "answers": answers}
    assert area_under_curve(**compared) == pytest.approx(metrics.roc_auc_score(answers, probabilities))
    assert brier_score(**compared) == pytest.approx(metrics.brier_score_loss(answers, probabilities))
    assert log_loss(**compared) == pytest.approx(metrics.log_loss(answers, probabilities))
    assert balanced_accuracy(**compared, threshold=0.4) == pytest.approx(
        metrics.balanced_accuracy_score(answers, probabilities >= 0.4)
    )


def test_a_constant_says_nothing():
    answers = np.array([True, False, False, True, False])
    constant = {"probabilities": np.full(5, 0.4), "answers": answers}
    assert area_under_curve(**constant) == 0.5
    assert balanced_accuracy(**constant, threshold=0.4) == 0.5
    assert lift(**constant, share=0.2) == pytest.approx(1)
    assert brier_score(**constant) == pytest.approx(0.24)


def test_groups_set_what_was_told_beside_what_came():
    found = calibration_groups(
        probabilities=np.array([0.9, 0.1, 0.2, 0.7]), answers=np.array([True, False, True, False]), groups=2
    )
    assert found == {
        "01": {"customers": 2, "predicted_rate": pytest.approx(0.15), "actual_rate": 0.5},
        "02": {"customers": 2, "predicted_rate": pytest.approx(0.8), "actual_rate": 0.5},
    }
