"""Churn: how likely each customer is to place no successful order in the 90 days after the as-of date.

Three days in time. The model is chosen, calibrated and given its threshold at a training cut; it is tested at a
later cut, whose outcome ends on the as-of date; if it holds, it is fitted anew at the later cut and scores the
as-of date. The earlier outcome ends before the later cut, so the test is a test of the future.

Belongs here: that course, the card, and every reason to withhold. Does not belong here: features, fits, figures.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date, timedelta

import polars as pl

from models.arrays import Bools
from models.churn.churn_cuts import Cut, count_answers, demand_time_between, draw_sample, is_churned
from models.churn.churn_features import FeatureMaker, make_features, matrix
from models.churn.churn_quality import (
    demand_better,
    measure,
    measure_baselines,
    revenue_share_of_safest,
)
from models.churn.churn_settings import ChurnSettings
from models.churn.classification import Classifier, Recipe, fit_classifier
from models.deciles import share_deciles
from models.drift import demand_no_drift, stability_indexes
from models.model_cards import Findings, build_card
from models.settings import ModelSettings
from models.withholding import WithheldError

RECIPES: tuple[Recipe, ...] = ("logistic", "gradient_boosting")
PRAISE = "Beats every baseline on a later cut in AUC, balanced accuracy and Brier score."
SCORE_SCHEMA = pl.Schema(
    {"customer_id": pl.String, "churn_probability_90d": pl.Float64, "risk_level": pl.String}
)


@dataclass(frozen=True, kw_only=True)
class ChurnResult:
    """Scores and the card that explains them.

    Attributes:
        scores: columns of `SCORE_SCHEMA`, one row per customer who has placed an order; empty where the card says
            that it is not published.
        deciles: columns of `models.deciles.DECILE_SCHEMA`, what was foretold at the later cut and what came; empty
            where nothing was tested.
        card: one row, columns of `models.model_cards.CARD_SCHEMA`.
    """

    scores: pl.DataFrame
    deciles: pl.DataFrame
    card: pl.DataFrame


@dataclass(frozen=True, kw_only=True)
class _Trained:
    """A model with what it was trained on: customers, who of them had left, and the rows that drift is measured against."""

    maker: FeatureMaker
    classifier: Classifier
    sample: pl.DataFrame
    answers: Bools
    described: pl.DataFrame


@dataclass(frozen=True, kw_only=True)
class _Course:
    """One course of training, test and scoring; it notes for the card what it finds on the way."""

    settings: ChurnSettings
    purchase_settings: ModelSettings
    found: Findings = field(default_factory=Findings)

    def train(self, *, cut: Cut, recipes: tuple[Recipe, ...]) -> _Trained:
        """Fit at a cut, on a sample of its customers."""
        sample = draw_sample(customers=cut.customers, settings=self.settings)
        maker = make_features(
            training=cut.customers,
            horizon_days=self.settings.churn_horizon_days,
            settings=self.purchase_settings,
        )
        if not maker.columns:
            raise WithheldError("At the training cut all customers look the same.")
        described = maker.describe(sample)
        answers = is_churned(customers=sample, outcomes=cut.outcomes)
        classifier = fit_classifier(
            features=matrix(described), answers=answers, recipes=recipes, settings=self.settings
        )
        return _Trained(
            maker=maker, classifier=classifier, sample=sample, answers=answers, described=described
        )

    def prove(self, *, earlier: Cut, later: Cut) -> Recipe:
        """Choose and train at the earlier cut, test at the later one, and refuse what a baseline beats."""
        tried = self.train(cut=earlier, recipes=RECIPES)
        self.found.parameters.update(_parameters(tried))
        self.found.trained_on = self._end_of(earlier)
        asked = later.customers.sort("customer_id")
        answers = is_churned(customers=asked, outcomes=later.outcomes)
        probabilities = tried.classifier.probabilities(matrix(tried.maker.describe(asked)))
        tested = measure(
            probabilities=probabilities,
            is_churned=answers,
            threshold=tried.classifier.threshold,
            settings=self.settings,
        )
        measured = measure_baselines(
            training=tried.sample,
            training_answers=tried.answers,
            test=asked,
            test_answers=answers,
            settings=self.settings,
        )
        self.found.metrics["test"] = tested
        self.found.cut_date = later.cut_date
        self.found.deciles.append(
            share_deciles(
                model="churn",
                figure="churned",
                probabilities=probabilities,
                answers=answers,
                confidence=self.purchase_settings.confidence_level,
            )
        )
        self.found.metrics["revenue_share_of_safest"] = revenue_share_of_safest(
            asked=asked,
            outcomes=later.outcomes,
            probabilities=probabilities,
            share=self.settings.churn_lift_share,
        )
        self.found.baselines.update(measured)
        demand_better(model=tested, baselines=measured, settings=self.settings)
        return tried.classifier.recipe

    def score(self, *, recipe: Recipe, later: Cut, current: pl.DataFrame) -> pl.DataFrame:
        """Fit anew at the later cut and score today's customers, unless they have become others."""
        final = self.train(cut=later, recipes=(recipe,))
        self.found.parameters["refitted"] = _parameters(final)
        self.found.trained_on = self._end_of(later)
        described = final.maker.describe(current)
        if described.is_empty():
            raise WithheldError("There is nobody to score.")
        indexes = stability_indexes(
            before=final.described, after=described, columns=final.maker.columns, settings=self.settings
        )
        self.found.metrics["stability_indexes"] = indexes
        demand_no_drift(indexes=indexes, settings=self.settings, since="the last training cut")
        probabilities = final.classifier.probabilities(matrix(described))
        return _with_risk(
            current.select("customer_id", churn_probability_90d=pl.Series(probabilities)),
            settings=self.settings,
        )

    def _end_of(self, cut: Cut) -> date:
        """Give the last day of a cut's outcome."""
        return cut.cut_date + timedelta(days=self.settings.churn_horizon_days)


def compute_churn(
    *,
    earlier: Cut,
    later: Cut,
    current: pl.DataFrame,
    as_of: date,
    settings: ChurnSettings,
    purchase_settings: ModelSettings,
) -> ChurnResult:
    """Score every customer who has placed an order, or say why nobody is scored.

    Args:
        earlier: the training cut; its horizon ends on or before the later cut.
        later: the test cut; its horizon ends on or before the as-of date.
        current: the customers as they are known on the as-of date, columns as of `Cut.customers`.
        as_of: last day that is known.
        settings: horizon, sample, recipes, margins, limits.
        purchase_settings: limits and retry ladder of the purchase model.

    Returns:
        Scores and card.

    Raises:
        ValueError: a column is missing, or the cuts lie too close together.
    """
    demand_time_between(earlier=earlier.cut_date, later=later.cut_date, as_of=as_of, settings=settings)
    course = _Course(settings=settings, purchase_settings=purchase_settings)
    found = course.found
    found.metrics["training_cut"] = earlier.cut_date.isoformat()
    scores = pl.DataFrame(schema=SCORE_SCHEMA)
    try:
        found.metrics.update(count_answers(training=earlier, test=later, settings=settings))
        recipe = course.prove(earlier=earlier, later=later)
        scores = course.score(recipe=recipe, later=later, current=current)
        reason, is_published = PRAISE, True
    except WithheldError as withheld:
        reason, is_published = str(withheld), False
    card = build_card(model="churn", found=found, is_published=is_published, reason=reason)
    return ChurnResult(scores=scores, deciles=pl.concat(found.deciles), card=card)


def _with_risk(scores: pl.DataFrame, *, settings: ChurnSettings) -> pl.DataFrame:
    churn = pl.col("churn_probability_90d")
    risk = (
        pl.when(churn >= settings.churn_high_risk_from)
        .then(pl.lit("high"))
        .when(churn >= settings.churn_medium_risk_from)
        .then(pl.lit("medium"))
        .otherwise(pl.lit("low"))
    )
    return scores.with_columns(risk_level=risk).cast(SCORE_SCHEMA).sort("customer_id")


def _parameters(trained: _Trained) -> dict[str, object]:
    classifier, purchases = trained.classifier, trained.maker.purchases
    return {
        "recipe": classifier.recipe,
        "threshold": classifier.threshold,
        "calibration_slope": classifier.slope,
        "calibration_intercept": classifier.intercept,
        "cross_validated_log_loss": classifier.cross_validated_log_loss,
        "features": ", ".join(trained.maker.columns),
        "training_rows": trained.described.height,
        "purchases": asdict(purchases) if purchases else None,
    }
