"""Fits: chosen out of fold, calibrated, on one thread, and without what nobody could have known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from models.churn.churn_settings import ChurnSettings
from models.churn.classification import fit_classifier
from models.churn.classification_metrics import area_under_curve
from models.setting_rows import parse_settings
from tests.unit.models.conftest import SEEDS

ROWS = 3000


@pytest.fixture(scope="module")
def quick() -> ChurnSettings:
    shipped = parse_settings(ChurnSettings, rows=pl.read_csv(SEEDS / "model_settings.csv"))
    return replace(shipped, churn_boosting_rounds=40, churn_folds=3)


def smooth(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Log-odds linear in the logarithms: made for logistic regression."""
    features = rng.gamma(1.0, 20.0, (ROWS, 2))
    log_odds = 1.5 * np.log1p(features[:, 0]) - 1.5 * np.log1p(features[:, 1])
    return features, rng.random(ROWS) < 1 / (1 + np.exp(-log_odds))


def crossed(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Yes where exactly one of two features is high: no line tells them apart."""
    features = rng.random((ROWS, 2)) * 10
    return features, rng.random(ROWS) < np.where((features > 5).sum(axis=1) == 1, 0.85, 0.15)


@pytest.mark.parametrize(("shape", "recipe"), [(smooth, "logistic"), (crossed, "gradient_boosting")])
def test_the_recipe_that_suits_the_data_is_chosen(quick, shape, recipe):
    features, answers = shape(np.random.default_rng(1))
    found = fit_classifier(
        features=features, answers=answers, recipes=("logistic", "gradient_boosting"), settings=quick
    )
    assert found.recipe == recipe
    assert found.cross_validated_log_loss[recipe] == min(found.cross_validated_log_loss.values())


@pytest.mark.parametrize("recipe", ["logistic", "gradient_boosting"])
def test_equal_rows_give_an_equal_model_that_is_calibrated_on_rows_it_has_not_seen(quick, recipe):
    features, answers = smooth(np.random.default_rng(1))
    later, came = smooth(np.random.default_rng(2))
    first, second = (
        fit_classifier(features=features, answers=answers, recipes=(recipe,), settings=quick)
        for _ in range(2)
    )
    told = first.probabilities(later)
    assert np.array_equal(told, second.probabilities(later))
    assert (first.threshold, first.slope) == (second.threshold, second.slope)
    assert area_under_curve(probabilities=told, answers=came) > 0.75
    for low in (0.0, 0.25, 0.5, 0.75):
        group = (told >= low) & (told < low + 0.25)
        assert came[group].mean() == pytest.approx(told[group].mean(), abs=0.06)


# Trees that fit noise are sure of themselves on the rows they know; out of fold they know nothing.
def test_noise_is_told_with_the_common_rate(quick):
    rng = np.random.default_rng(4)
    features, answers = rng.random((ROWS, 5)), rng.random(ROWS) < 0.3
    found = fit_classifier(features=features, answers=answers, recipes=("gradient_boosting",), settings=quick)
    assert abs(found.slope) < 0.5
    assert np.abs(found.probabilities(rng.random((ROWS, 5))) - 0.3).max() < 0.15


@pytest.mark.parametrize("recipe", ["logistic", "gradient_boosting"])
def test_what_is_unknown_below_zero_or_not_there_is_no_obstacle(quick, recipe):
    features, answers = smooth(np.random.default_rng(1))
    holes = np.column_stack([features, np.full(ROWS, np.nan), -features[:, 0]])
    holes[::7, 0] = np.nan
    found = fit_classifier(features=holes, answers=answers, recipes=(recipe,), settings=quick)
    assert np.isfinite(found.probabilities(holes)).all()
    assert found.probabilities(holes[:0]).shape == (0,)


def test_rows_that_do_not_match_and_answers_that_are_missing_are_refused(quick):
    features, answers = smooth(np.random.default_rng(1))
    with pytest.raises(ValueError, match="3000 rows of features and 2999 answers"):
        fit_classifier(features=features, answers=answers[1:], recipes=("logistic",), settings=quick)
    with pytest.raises(ValueError, match="fewer rows of an answer"):
        fit_classifier(
            features=features, answers=np.ones(ROWS, dtype=bool), recipes=("logistic",), settings=quick
        )
