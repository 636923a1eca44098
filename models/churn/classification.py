"""Probabilities of a yes or no: the only file that knows scikit-learn.

Belongs here: fitting on one thread with a seed, choosing between recipes, calibrating, setting the threshold; all
of it cross-validated on the training rows. Does not belong here: what the features mean (`models/churn/churn_features.py`)
or whether the result may be published (`models/churn/churn.py`).

scikit-learn is slow to import, so it is imported when a fit is asked for.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.special import expit, logit

from models.arrays import Bools, Floats
from models.churn.churn_settings import ChurnSettings
from models.churn.classification_metrics import best_threshold, log_loss

Recipe = Literal["logistic", "gradient_boosting"]

CERTAINTY = 1e-6
"""Nobody is more certain than this; it keeps log-odds finite."""


@dataclass(frozen=True, kw_only=True)
class Classifier:
    """A fitted and calibrated model.

    Attributes:
        recipe: how it was fitted.
        threshold: calibrated probability from which the answer is yes; best balanced accuracy out of fold.
        slope: by which the log-odds of the raw model are multiplied; 1 where the raw model was calibrated.
        intercept: what is added to them.
        cross_validated_log_loss: mean log loss of each recipe that was tried, out of fold and calibrated.
        estimator: the fitted pipeline of scikit-learn.
    """

    recipe: Recipe
    threshold: float
    slope: float
    intercept: float
    cross_validated_log_loss: dict[str, float]
    estimator: Any

    def probabilities(self, features: Floats) -> Floats:
        """Give the calibrated probability of yes for each row.

        Args:
            features: columns in the order of the fit, NaN where unknown; shape (rows, features).

        Returns:
            Probabilities 0–1, shape (rows,).
        """
        if len(features) == 0:
            return np.zeros(0)
        return _calibrated(_raw(self.estimator, features), slope=self.slope, intercept=self.intercept)


def fit_classifier(
    *, features: Floats, answers: Bools, recipes: Sequence[Recipe], settings: ChurnSettings
) -> Classifier:
    """Fit the recipe that foretells best out of fold, and calibrate it on what it foretold out of fold.

    Calibration is Platt's sigmoid: it keeps the order of customers. Fits run on one thread, so equal rows in
    equal order give an equal model.

    Args:
        features: shape (rows, features), NaN where unknown.
        answers: shape (rows,), both answers present at least once per fold.
        recipes: what to choose from; the first wins a tie.
        settings: folds, seed and the recipes' parameters.

    Returns:
        The fitted model.

    Raises:
        ValueError: rows do not match, or there are fewer rows of an answer than folds.
    """
    if len(features) != len(answers):
        raise ValueError(f"{len(features)} rows of features and {len(answers)} answers")
    if min(answers.sum(), (~answers).sum()) < settings.churn_folds:
        raise ValueError("fewer rows of an answer than folds")
    foretold = {
        recipe: _out_of_fold(recipe=recipe, features=features, answers=answers, settings=settings)
        for recipe in recipes
    }
    sigmoids = {recipe: _sigmoid(raw=raw, answers=answers) for recipe, raw in foretold.items()}
    calibrated = {
        recipe: _calibrated(raw, slope=sigmoids[recipe][0], intercept=sigmoids[recipe][1])
        for recipe, raw in foretold.items()
    }
    losses = {recipe: log_loss(probabilities=guess, answers=answers) for recipe, guess in calibrated.items()}
    chosen = min(losses.items(), key=operator.itemgetter(1))[0]
    return Classifier(
        recipe=chosen,
        threshold=best_threshold(probabilities=calibrated[chosen], answers=answers),
        slope=sigmoids[chosen][0],
        intercept=sigmoids[chosen][1],
        cross_validated_log_loss={str(recipe): loss for recipe, loss in losses.items()},
        estimator=_fitted(recipe=chosen, features=features, answers=answers, settings=settings),
    )


def _out_of_fold(*, recipe: Recipe, features: Floats, answers: Bools, settings: ChurnSettings) -> Floats:
    from sklearn.model_selection import StratifiedKFold

    folds = StratifiedKFold(n_splits=settings.churn_folds, shuffle=True, random_state=settings.churn_seed)
    foretold = np.zeros(len(answers))
    for kept, held_out in folds.split(features, answers):
        estimator = _fitted(recipe=recipe, features=features[kept], answers=answers[kept], settings=settings)
        foretold[held_out] = _raw(estimator, features[held_out])
    return foretold


def _fitted(*, recipe: Recipe, features: Floats, answers: Bools, settings: ChurnSettings) -> Any:
    from threadpoolctl import threadpool_limits

    estimator = _logistic(settings) if recipe == "logistic" else _boosting(settings)
    # A column that is unknown in all rows of a fold says nothing; boosting cannot cut it into bins.
    filled = np.where(np.isnan(features).all(axis=0), 0.0, features)
    with threadpool_limits(limits=1):
        return estimator.fit(filled, answers)


def _logistic(settings: ChurnSettings) -> Any:
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    return make_pipeline(
        FunctionTransformer(_log_scale),
        SimpleImputer(strategy="median", add_indicator=True),
        StandardScaler(),
        LogisticRegression(C=settings.churn_logistic_inverse_penalty, max_iter=1000),
    )


def _log_scale(values: Floats) -> Floats:
    """Counts, days and money are skewed; money given back below zero counts as none."""
    return np.asarray(np.log1p(np.maximum(values, 0)))


def _boosting(settings: ChurnSettings) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=settings.churn_boosting_rounds,
        learning_rate=settings.churn_boosting_learning_rate,
        max_leaf_nodes=settings.churn_boosting_leaves,
        min_samples_leaf=settings.churn_boosting_leaf_customers,
        early_stopping=False,
        random_state=settings.churn_seed,
    )


def _sigmoid(*, raw: Floats, answers: Bools) -> tuple[float, float]:
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=np.inf).fit(_log_odds(raw).reshape(-1, 1), answers)
    return float(fitted.coef_[0, 0]), float(fitted.intercept_[0])


def _raw(estimator: Any, features: Floats) -> Floats:
    from threadpoolctl import threadpool_limits

    # Trees go row by row and may share the cores; a product of matrices depends on how it is shared.
    with threadpool_limits(limits=1, user_api="blas"):
        return np.asarray(estimator.predict_proba(features)[:, 1], dtype=np.float64)


def _calibrated(raw: Floats, *, slope: float, intercept: float) -> Floats:
    return np.asarray(expit(slope * _log_odds(raw) + intercept))


def _log_odds(probabilities: Floats) -> Floats:
    return np.asarray(logit(np.clip(probabilities, CERTAINTY, 1 - CERTAINTY)))
