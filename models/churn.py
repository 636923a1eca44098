"""Churn: how likely each customer is to place no successful order in the 90 days after the as-of date.

Three days in time. The model is chosen, calibrated and given its threshold at a training cut; it is tested at a
later cut, whose outcome ends on the as-of date; if it holds, it is fitted anew at the later cut and scores the
as-of date. The earlier outcome ends before the later cut, so the test is a test of the future.

Belongs here: that course, the card, and every reason to withhold. Does not belong here: features, fits, figures.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from models.churn_features import OBSERVED, FeatureMaker, make_features, matrix
from models.churn_quality import NotBetterError, demand_better, measure, measure_baselines
from models.churn_settings import ChurnSettings
from models.classification import Classifier, Recipe, fit_classifier
from models.drift import stability_indexes
from models.frames import require_columns
from models.model_cards import build_card
from models.settings import ModelSettings

RECIPES: tuple[Recipe, ...] = ("logistic", "gradient_boosting")
SCORE_SCHEMA = pl.Schema(
    {"customer_id": pl.String, "churn_probability_90d": pl.Float64, "risk_level": pl.String}
)


class WithheldError(Exception):
    """Churn cannot be foretold or trusted on this data; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Customers as they were known at the end of a day, and who came back after it.

    Attributes:
        cut_date: the day.
        customers: `customer_id` and the columns of `models.churn_features.OBSERVED`, one row per customer who
            had placed an order.
        outcomes: `customer_id`, `order_days`, `net_revenue` of those with a successful order in the horizon
            after the day.
    """

    cut_date: date
    customers: pl.DataFrame
    outcomes: pl.DataFrame


@dataclass(frozen=True, kw_only=True)
class ChurnResult:
    """Scores and the card that explains them.

    Attributes:
        scores: columns of `SCORE_SCHEMA`, one row per customer who has placed an order; empty where the card says
            that it is not published.
        card: one row, columns of `models.model_cards.CARD_SCHEMA`.
    """

    scores: pl.DataFrame
    card: pl.DataFrame


@dataclass(frozen=True, kw_only=True)
class _Trained:
    """A model with what it was trained on: the rows that drift is measured against."""

    maker: FeatureMaker
    classifier: Classifier
    described: pl.DataFrame


def churn_cuts(*, as_of: date, settings: ChurnSettings) -> tuple[date, date]:
    """Give the training cut and the test cut: the latest days whose outcomes end in time."""
    later = as_of - timedelta(days=settings.churn_horizon_days)
    return later - timedelta(days=settings.churn_horizon_days + settings.churn_gap_days), later


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
    _demand_time_between(earlier.cut_date, later.cut_date, as_of, settings)
    facts: dict[str, object] = {"training_cut": earlier.cut_date.isoformat()}
    parameters: dict[str, object] = {}
    baselines: dict[str, object] = {}
    scores = pl.DataFrame(schema=SCORE_SCHEMA)
    try:
        _demand_both_answers((earlier, later), settings=settings, facts=facts)
        tried = _train(cut=earlier, recipes=RECIPES, settings=settings, purchase_settings=purchase_settings)
        parameters |= _parameters(tried)
        _test(tried=tried, earlier=earlier, later=later, settings=settings, facts=facts, baselines=baselines)
        final = _train(
            cut=later,
            recipes=(tried.classifier.recipe,),
            settings=settings,
            purchase_settings=purchase_settings,
        )
        parameters |= {"refitted": _parameters(final)}
        described = final.maker.describe(current)
        _demand_no_drift(final=final, described=described, settings=settings, facts=facts)
        scores = _score(final=final, current=current, described=described, settings=settings)
        reason, is_published = (
            "Beats every baseline on a later cut in AUC, balanced accuracy and Brier score.",
            True,
        )
    except (WithheldError, NotBetterError) as withheld:
        reason, is_published = str(withheld), False
    card = build_card(
        model="churn",
        trained_on=as_of if "refitted" in parameters else later.cut_date if parameters else None,
        cut_date=later.cut_date if "test" in facts else None,
        parameters=parameters,
        metrics=facts,
        baseline_metrics=baselines,
        is_published=is_published,
        reason=reason,
    )
    return ChurnResult(scores=scores, card=card)


def _train(
    *, cut: Cut, recipes: tuple[Recipe, ...], settings: ChurnSettings, purchase_settings: ModelSettings
) -> _Trained:
    sample = _sample(cut.customers, settings=settings)
    maker = make_features(
        training=cut.customers, horizon_days=settings.churn_horizon_days, settings=purchase_settings
    )
    if not maker.columns:
        raise WithheldError("At the training cut all customers look the same.")
    described = maker.describe(sample)
    classifier = fit_classifier(
        features=matrix(described),
        answers=_is_churned(sample, cut.outcomes),
        recipes=recipes,
        settings=settings,
    )
    return _Trained(maker=maker, classifier=classifier, described=described)


def _test(
    *,
    tried: _Trained,
    earlier: Cut,
    later: Cut,
    settings: ChurnSettings,
    facts: dict[str, object],
    baselines: dict[str, object],
) -> None:
    """Measure the model and its baselines at the later cut, and refuse a model that a baseline beats."""
    sample = _sample(earlier.customers, settings=settings)
    asked = later.customers.sort("customer_id")
    answers = _is_churned(asked, later.outcomes)
    probabilities = tried.classifier.probabilities(matrix(tried.maker.describe(asked)))
    tested = measure(
        probabilities=probabilities,
        is_churned=answers,
        threshold=tried.classifier.threshold,
        settings=settings,
    )
    measured = measure_baselines(
        training=sample,
        training_answers=_is_churned(sample, earlier.outcomes),
        test=asked,
        test_answers=answers,
        settings=settings,
    )
    facts["test"] = tested
    facts["revenue_share_of_safest"] = _revenue_share(asked, later.outcomes, probabilities, settings)
    baselines.update(measured)
    demand_better(model=tested, baselines=measured, settings=settings)


def _demand_time_between(earlier: date, later: date, as_of: date, settings: ChurnSettings) -> None:
    horizon = settings.churn_horizon_days
    if (later - earlier).days < horizon + settings.churn_gap_days or (as_of - later).days < horizon:
        raise ValueError("the outcome of a cut must end before the next cut, and before the as-of date")


def _demand_both_answers(cuts: tuple[Cut, Cut], *, settings: ChurnSettings, facts: dict[str, object]) -> None:
    least = settings.churn_min_class_customers
    for name, cut in zip(("training", "test"), cuts, strict=True):
        left = int(_is_churned(cut.customers, cut.outcomes).sum())
        stayed = cut.customers.height - left
        facts |= {f"{name}_customers": cut.customers.height, f"{name}_churned": left}
        if min(left, stayed) < least:
            raise WithheldError(
                f"After the {name} cut {cut.cut_date} {stayed} customers stayed and {left} left; at least "
                f"{least} of each are needed."
            )


def _demand_no_drift(
    *, final: _Trained, described: pl.DataFrame, settings: ChurnSettings, facts: dict[str, object]
) -> None:
    if described.is_empty():
        raise WithheldError("There is nobody to score.")
    indexes = stability_indexes(
        before=final.described,
        after=described,
        columns=final.maker.columns,
        groups=settings.drift_groups,
        min_share=settings.drift_min_share,
    )
    facts["stability_indexes"] = indexes
    limit = settings.drift_max_stability_index
    drifted = {name: index for name, index in indexes.items() if index > limit}
    if drifted:
        told = ", ".join(f"{name} {index:.2f}" for name, index in sorted(drifted.items()))
        raise WithheldError(
            f"Since the last training cut the inputs have drifted: population stability index of {told}; "
            f"the limit is {limit:g}."
        )


def _score(
    *, final: _Trained, current: pl.DataFrame, described: pl.DataFrame, settings: ChurnSettings
) -> pl.DataFrame:
    churn = pl.col("churn_probability_90d")
    return (
        current.select(
            "customer_id", churn_probability_90d=pl.Series(final.classifier.probabilities(matrix(described)))
        )
        .with_columns(
            risk_level=pl.when(churn >= settings.churn_high_risk_from)
            .then(pl.lit("high"))
            .when(churn >= settings.churn_medium_risk_from)
            .then(pl.lit("medium"))
            .otherwise(pl.lit("low"))
        )
        .cast(SCORE_SCHEMA)
        .sort("customer_id")
    )


def _sample(customers: pl.DataFrame, *, settings: ChurnSettings) -> pl.DataFrame:
    """Draw the training rows; sorted first, so that equal customers give an equal sample."""
    require_columns(frame=customers, columns=("customer_id", *OBSERVED), name="customers")
    ordered = customers.sort("customer_id")
    if ordered.height <= settings.churn_max_training_customers:
        return ordered
    drawn = np.random.default_rng(settings.churn_seed).choice(
        ordered.height, size=settings.churn_max_training_customers, replace=False
    )
    return ordered[np.sort(drawn)]


def _is_churned(customers: pl.DataFrame, outcomes: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell who had no successful order; rows in the order of `customers`."""
    came_back = outcomes.filter(pl.col("order_days") > 0)["customer_id"]
    return (~customers["customer_id"].is_in(came_back.implode())).to_numpy()


def _revenue_share(
    asked: pl.DataFrame,
    outcomes: pl.DataFrame,
    probabilities: npt.NDArray[np.float64],
    settings: ChurnSettings,
) -> float | None:
    """Share of the horizon's net revenue that the customers least likely to leave brought (their share: of the lift)."""
    ranked = (
        asked.select("customer_id", probability=pl.Series(probabilities))
        .join(outcomes.select("customer_id", "net_revenue"), on="customer_id", how="left")
        .sort("probability", "customer_id")
    )
    revenue = ranked["net_revenue"].cast(pl.Float64).fill_null(0.0).to_numpy()
    safest = revenue[: round(settings.churn_lift_share * len(revenue))]
    return float(safest.sum() / revenue.sum()) if revenue.sum() > 0 else None


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
