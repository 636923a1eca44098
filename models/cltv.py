"""Customer lifetime value: what each buyer is expected to spend in the next 12 months.

A purchase model (BG/NBD, MBG/NBD or Pareto/NBD, whichever forecasts the shop's own holdout best) says how often
a buyer will come, Gamma-Gamma how much is spent each time (Fader, Hardie, Lee 2005, "RFM and CLV"). Belongs
here: preconditions, the order of the steps, what is withheld, and the card. Does not belong here: any formula.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from models.btyd import fit_gamma_gamma, fit_purchases
from models.btyd_likelihoods import Floats
from models.btyd_parameters import AnyPurchaseModel, FitFailedError, SpendModel
from models.btyd_predictions import DegenerateModelError
from models.btyd_uncertainty import purchase_covariance, spend_covariance
from models.cltv_intervals import FittedValue
from models.cltv_scores import SCORE_SCHEMA, order_values, score_customers
from models.cltv_segments import build_cltv_segments
from models.deciles import DECILE_SCHEMA, mean_deciles
from models.frames import require_columns
from models.histories import HISTORY, count_histories, count_spending
from models.holdout import (
    CALIBRATION,
    Correction,
    HoldoutErrors,
    estimate_correction,
    forecast_errors,
    money_of_the_best,
    naive_forecasts,
    sorted_calibration,
)
from models.model_cards import build_card
from models.purchase_choice import Trial, try_purchase_models
from models.settings import ModelSettings
from models.withholding import WithheldError

MONEY = ("first_money", "repeat_money")


@dataclass(frozen=True, kw_only=True)
class CltvResult:
    """Scores and the card that explains them.

    Attributes:
        scores: columns of `SCORE_SCHEMA`, one row per buyer; empty where the card says it is not published.
        segments: columns of `models.cltv_segments.SEGMENT_SCHEMA`; without scores the plan's formula alone.
        deciles: columns of `models.deciles.DECILE_SCHEMA`, forecast and holdout; empty where nothing was tried.
        card: one row, columns of `models.model_cards.CARD_SCHEMA`.
    """

    scores: pl.DataFrame
    segments: pl.DataFrame
    deciles: pl.DataFrame
    card: pl.DataFrame


@dataclass(kw_only=True)
class Findings:
    """What the card will say, gathered on the way, so that a withheld value is explained as well.

    Attributes:
        metrics: figures of input and quality by name.
        baselines: the same figures of naive forecasts.
        parameters: fitted parameters by model.
        deciles: forecast and holdout, columns of `models.deciles.DECILE_SCHEMA`.
    """

    metrics: dict[str, Any]
    baselines: dict[str, dict[str, Any]] = field(default_factory=dict)
    parameters: dict[str, object] = field(default_factory=dict)
    deciles: list[pl.DataFrame] = field(default_factory=lambda: [pl.DataFrame(schema=DECILE_SCHEMA)])


def choose_holdout_days(*, known_days: int, settings: ModelSettings) -> int:
    """Say how long the holdout is: a whole year where the shop is old enough, else the short one.

    A forecast of 12 months that is judged on a quarter is judged on that quarter's season.

    Args:
        known_days: days from the shop's first order to the as-of date.
        settings: both lengths, and from which age the long one holds.

    Returns:
        Days.
    """
    is_old_enough = known_days >= settings.cltv_long_holdout_min_known_days
    return settings.cltv_long_holdout_days if is_old_enough else settings.cltv_holdout_days


def compute_cltv(
    *,
    histories: pl.DataFrame,
    calibration: pl.DataFrame,
    members: pl.DataFrame,
    as_of: date,
    holdout_days: int,
    settings: ModelSettings,
    money: str = "net revenue",
) -> CltvResult:
    """Score every buyer and segment, or say why nobody is scored.

    Args:
        histories: one row per buyer at the as-of date: `customer_id`, `frequency` (purchase days after the
            first), `recency_days` (first to last purchase), `age_days` (first purchase to as-of),
            `first_money` (money of the first purchase day), `repeat_money` (money of the others).
        calibration: columns of `models.holdout.CALIBRATION`: the same as of the cut, which lies
            `holdout_days` before the as-of date, and what followed.
        members: columns of `models.cltv_segments.MEMBERS`: the segments of every buyer.
        as_of: last day that is known.
        holdout_days: length of the holdout.
        settings: horizon, discount, limits and retry ladder.
        money: what money is, for the card: net revenue or margin.

    Returns:
        Scores, segments and card. A forecast that does not beat all naive forecasts on the holdout is not
        published.

    Raises:
        ValueError: a column is missing or a history is impossible.
    """
    require_columns(frame=histories, columns=("customer_id", *HISTORY, *MONEY), name="histories")
    require_columns(frame=calibration, columns=CALIBRATION, name="calibration")
    found = Findings(
        metrics={
            "money": money,
            "customers": histories.height,
            "repeat_buyers": histories.filter(pl.col("frequency") > 0).height,
        }
    )
    fitted = None
    try:
        scores, fitted = _score(
            histories=histories,
            calibration=calibration,
            holdout_days=holdout_days,
            settings=settings,
            found=found,
        )
        reason, is_published = _praise(found=found, settings=settings), True
    except (WithheldError, DegenerateModelError) as withheld:
        scores, reason, is_published = pl.DataFrame(schema=SCORE_SCHEMA), str(withheld), False
    segments = build_cltv_segments(scores=scores, members=members, fitted=fitted, settings=settings)
    card = build_card(
        model="cltv",
        trained_on=as_of,
        cut_date=as_of - timedelta(days=holdout_days) if "holdout" in found.metrics else None,
        parameters=found.parameters,
        metrics=found.metrics,
        baseline_metrics=found.baselines,
        is_published=is_published,
        reason=reason,
    )
    return CltvResult(scores=scores, segments=segments, deciles=pl.concat(found.deciles), card=card)


def _score(
    *,
    histories: pl.DataFrame,
    calibration: pl.DataFrame,
    holdout_days: int,
    settings: ModelSettings,
    found: Findings,
) -> tuple[pl.DataFrame, FittedValue | None]:
    """Fit, choose, correct and score; or raise why nobody is scored."""
    spend, spending = _fit_spend(histories=histories, settings=settings, found=found)
    best, correction = _try(
        calibration=calibration, holdout_days=holdout_days, settings=settings, found=found
    )
    purchases, counted = _fit_purchases(trial=best, histories=histories, settings=settings, found=found)
    found.parameters |= {"purchases": asdict(purchases), "spend": asdict(spend)}
    _demand_better(errors=best.errors, found=found)
    correction = _demand_mendable(correction=correction, settings=settings)
    first_counts = found.metrics.get("first_order_tells_of_money", False)
    scores = score_customers(
        histories=histories,
        purchases=purchases,
        spend=spend,
        factor=correction.factor,
        first_counts=first_counts,
        settings=settings,
    )
    return scores, _with_covariances(
        purchases=purchases,
        counted=counted,
        spend=spend,
        spending=spending,
        correction=correction,
        first_counts=first_counts,
    )


def _fit_spend(
    *, histories: pl.DataFrame, settings: ModelSettings, found: Findings
) -> tuple[SpendModel, pl.DataFrame]:
    """Check what Gamma-Gamma takes for granted, and fit it."""
    _demand_repeat_buyers(frame=histories, settings=settings, when="at the as-of date")
    repeaters = histories.filter(pl.col("frequency") > 0)
    payers = repeaters.filter(pl.col("repeat_money") > 0)
    if payers.height < settings.cltv_min_repeat_buyers:
        raise WithheldError(f"Only {payers.height} repeat buyers spent money on balance.")
    found.metrics["repeat_buyers_without_positive_money"] = repeaters.height - payers.height
    found.metrics["frequency_money_correlation"] = _correlation(payers)
    spending = count_spending(spending=payers, settings=settings)
    try:
        return fit_gamma_gamma(spending=spending, penalizers=settings.fit_penalizers), spending
    except FitFailedError as failure:
        raise WithheldError(f"The fit of spend did not converge ({failure}).") from failure


def _fit_purchases(
    *, trial: Trial, histories: pl.DataFrame, settings: ModelSettings, found: Findings
) -> tuple[AnyPurchaseModel, pl.DataFrame]:
    """Fit the chosen family on all that is known."""
    counted = count_histories(histories=histories, settings=settings)
    found.metrics["fitted_histories"] = counted.height
    try:
        purchases = fit_purchases(
            family=trial.model.family, histories=counted, penalizers=settings.fit_penalizers
        )
    except FitFailedError as failure:
        raise WithheldError(f"The fit of {trial.model.family} did not converge ({failure}).") from failure
    return purchases, counted


def _try(
    *, calibration: pl.DataFrame, holdout_days: int, settings: ModelSettings, found: Findings
) -> tuple[Trial, Correction | None]:
    """Let every family forecast the holdout; write down how the best does, and naive forecasts beside it."""
    _demand_repeat_buyers(frame=calibration, settings=settings, when="before the holdout")
    ordered = sorted_calibration(calibration)
    trials = try_purchase_models(calibration=ordered, holdout_days=holdout_days, settings=settings)
    found.metrics["families"] = trials.as_metrics()
    if not trials.ranked:
        raise WithheldError(f"No fit before the holdout converged ({trials.failures}).")
    best = trials.ranked[0]
    actual = ordered["holdout_orders"].cast(pl.Float64).to_numpy()
    correction = estimate_correction(forecast=best.forecast, actual=actual)
    found.metrics |= {
        "holdout_days": holdout_days,
        "holdout": best.errors.as_metrics(),
        "correction": asdict(correction) if correction else None,
    }
    factor = correction.factor if correction else 1.0
    _note_deciles("orders", best.forecast * factor, actual, settings=settings, found=found)
    for name, guess in naive_forecasts(calibration=ordered, holdout_days=holdout_days).items():
        found.baselines[name] = forecast_errors(forecast=guess, actual=actual).as_metrics()
    _try_money(calibration=ordered, trial=best, correction=correction, settings=settings, found=found)
    return best, correction


def _try_money(
    *,
    calibration: pl.DataFrame,
    trial: Trial,
    correction: Correction | None,
    settings: ModelSettings,
    found: Findings,
) -> None:
    """Write down how value, not orders alone, came out, and whether the first order tells of later money.

    Gamma-Gamma is fitted on repeat purchases, as published; whether the money of the first one is an observation
    of the same kind differs from shop to shop (welcome coupons), so the holdout decides.
    """
    payers = calibration.filter(pl.col("frequency") > 0, pl.col("repeat_money") > 0)
    try:
        spend = fit_gamma_gamma(
            spending=count_spending(spending=payers, settings=settings), penalizers=settings.fit_penalizers
        )
    except (FitFailedError, ValueError):
        return
    last_year, actual = (
        calibration[name].cast(pl.Float64).to_numpy() for name in ("last_year_money", "holdout_money")
    )
    orders = trial.forecast * (correction.factor if correction else 1.0)
    values = [
        orders * order_values(spend=spend, histories=calibration, first_counts=counts)
        for counts in (False, True)
    ]
    errors = [float(np.sqrt(((value - actual) ** 2).mean())) for value in values]
    first_counts = errors[True] < errors[False]
    value = values[first_counts]
    found.metrics["first_order_tells_of_money"] = first_counts
    _note_deciles("money", value, actual, settings=settings, found=found)
    total = float(actual.sum())
    found.metrics["holdout_money"] = {
        "actual_money": total,
        "rmse_money": errors[first_counts],
        "predicted_money_after_correction": float(value.sum()),
        "bias_share_after_correction": float(value.sum()) / total - 1 if total > 0 else None,
        "money_share_of_best_tenth": money_of_the_best(score=value, money=actual),
    }
    found.baselines["last_year_money"] = {
        "money_share_of_best_tenth": money_of_the_best(score=last_year, money=actual)
    }


def _note_deciles(
    figure: str, predicted: Floats, actual: Floats, *, settings: ModelSettings, found: Findings
) -> None:
    found.deciles.append(
        mean_deciles(
            model="cltv",
            figure=figure,
            predicted=predicted,
            actual=actual,
            confidence=settings.confidence_level,
        )
    )


def _demand_better(*, errors: HoldoutErrors, found: Findings) -> None:
    """Refuse a forecast that a naive one beats; the correction, which knows the holdout, is left out."""
    for name, guess in found.baselines.items():
        if not errors.rmse_orders < guess.get("rmse_orders", np.inf):
            raise WithheldError(
                f"On the holdout the naive forecast {name} errs by {guess['rmse_orders']:.4f} orders per "
                f"customer and the model by {errors.rmse_orders:.4f}."
            )


def _demand_mendable(*, correction: Correction | None, settings: ModelSettings) -> Correction:
    """Refuse a forecast that is so wrong in total that a factor would only hide it."""
    if correction is None:
        raise WithheldError("Nobody bought within the holdout, so nothing can be said of the forecast.")
    if abs(correction.factor - 1) > settings.cltv_max_correction:
        raise WithheldError(
            f"The forecast of the holdout would have to be multiplied by {correction.factor:.2f}; beyond "
            f"{settings.cltv_max_correction:g} from 1 it is not mended but withheld."
        )
    return correction


def _with_covariances(
    *,
    purchases: AnyPurchaseModel,
    counted: pl.DataFrame,
    spend: SpendModel,
    spending: pl.DataFrame,
    correction: Correction,
    first_counts: bool,
) -> FittedValue | None:
    """Add how well the parameters are known; None where a likelihood is no peak, and so no limit can be told."""
    of_purchases = purchase_covariance(model=purchases, histories=counted)
    of_spend = spend_covariance(model=spend, spending=spending)
    if of_purchases is None or of_spend is None:
        return None
    return FittedValue(
        purchases=purchases,
        purchase_covariance=of_purchases,
        spend=spend,
        spend_covariance=of_spend,
        correction=correction,
        first_counts=first_counts,
    )


def _demand_repeat_buyers(*, frame: pl.DataFrame, settings: ModelSettings, when: str) -> None:
    count = frame.filter(pl.col("frequency") > 0).height
    if count < settings.cltv_min_repeat_buyers:
        raise WithheldError(
            f"Only {count} customers {when} bought again; {settings.cltv_min_repeat_buyers} are needed."
        )


def _correlation(spending: pl.DataFrame) -> float | None:
    ordered = spending.sort("frequency", "repeat_money")
    frequency = ordered["frequency"].cast(pl.Float64).to_numpy()
    money = ordered["repeat_money"].cast(pl.Float64).to_numpy() / frequency
    if np.ptp(frequency) == 0 or np.ptp(money) == 0:
        return None
    return float(np.corrcoef(frequency, money)[0, 1])


def _praise(*, found: Findings, settings: ModelSettings) -> str:
    correction, errors = found.metrics["correction"], found.metrics["holdout"]
    sentence = (
        f"Beats all naive forecasts of orders on the holdout. There it was off by {errors['bias_share']:+.1%} in"
        f" total, so expected orders are multiplied by {correction['factor']:.3f} (a correction, not a model)."
    )
    correlation = found.metrics["frequency_money_correlation"]
    if isinstance(correlation, float) and abs(correlation) > settings.cltv_max_money_correlation:
        sentence += (
            f" Spend per order depends on frequency (correlation {correlation:.2f}), which Gamma-Gamma"
            " assumes not to happen: read values of single customers with care."
        )
    return sentence
