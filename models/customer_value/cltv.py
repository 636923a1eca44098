"""Customer lifetime value: what each buyer is expected to spend in the next 12 months.

A purchase model (BG/NBD, MBG/NBD or Pareto/NBD, whichever forecasts the shop's own holdout best) says how often
a buyer will come, Gamma-Gamma how much is spent each time (Fader, Hardie, Lee 2005, "RFM and CLV"). Belongs
here: the order of the steps, the fit on all that is known, and the card. Does not belong here: what the holdout says
(`models/customer_value/cltv_trial.py`), or any formula.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from models.customer_value.btyd import fit_gamma_gamma, fit_purchases
from models.customer_value.btyd_parameters import AnyPurchaseModel, FitFailedError, PurchaseFamily, SpendModel
from models.customer_value.btyd_predictions import DegenerateModelError
from models.customer_value.btyd_uncertainty import purchase_covariance, spend_covariance
from models.customer_value.cltv_intervals import FittedValue
from models.customer_value.cltv_scores import SCORE_SCHEMA, score_customers
from models.customer_value.cltv_segments import build_cltv_segments
from models.customer_value.cltv_trial import (
    demand_better,
    demand_mendable,
    demand_repeat_buyers,
    try_on_holdout,
)
from models.customer_value.histories import HISTORY, count_histories, count_spending
from models.customer_value.holdout import CALIBRATION
from models.frames import require_columns
from models.model_cards import Findings, build_card
from models.settings import ModelSettings
from models.withholding import WithheldError

MONEY = ("first_money", "repeat_money")


@dataclass(frozen=True, kw_only=True)
class CltvResult:
    """Scores and the card that explains them.

    Attributes:
        scores: columns of `SCORE_SCHEMA`, one row per buyer; empty where the card says it is not published.
        segments: columns of `models.customer_value.cltv_segments.SEGMENT_SCHEMA`; without scores the plan's formula alone.
        deciles: columns of `models.deciles.DECILE_SCHEMA`, forecast and holdout; empty where nothing was tried.
        card: one row, columns of `models.model_cards.CARD_SCHEMA`.
    """

    scores: pl.DataFrame
    segments: pl.DataFrame
    deciles: pl.DataFrame
    card: pl.DataFrame


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
        calibration: columns of `models.customer_value.holdout.CALIBRATION`: the same as of the cut, which lies
            `holdout_days` before the as-of date, and what followed.
        members: columns of `models.customer_value.cltv_segments.MEMBERS`: the segments of every buyer.
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
    repeat_buyers = histories.filter(pl.col("frequency") > 0).height
    counts = {"money": money, "customers": histories.height, "repeat_buyers": repeat_buyers}
    found, fitted = Findings(trained_on=as_of, metrics=counts), None
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
    if "holdout" in found.metrics:
        found.cut_date = as_of - timedelta(days=holdout_days)
    card = build_card(model="cltv", found=found, is_published=is_published, reason=reason)
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
    tried = try_on_holdout(calibration=calibration, holdout_days=holdout_days, settings=settings, found=found)
    purchases, counted = _fit_purchases(
        family=tried.best.model.family, histories=histories, settings=settings, found=found
    )
    found.parameters |= {"purchases": asdict(purchases), "spend": asdict(spend)}
    demand_better(errors=tried.best.errors, found=found)
    correction = demand_mendable(correction=tried.correction, settings=settings)
    scores = score_customers(
        histories=histories,
        purchases=purchases,
        spend=spend,
        factor=correction.factor,
        first_counts=tried.first_counts,
        settings=settings,
    )
    of_purchases = purchase_covariance(model=purchases, histories=counted)
    of_spend = spend_covariance(model=spend, spending=spending)
    if of_purchases is None or of_spend is None:
        # A likelihood that is no peak says nothing of how well its parameters are known, so no limit can be told.
        return scores, None
    return scores, FittedValue(
        purchases=purchases,
        purchase_covariance=of_purchases,
        spend=spend,
        spend_covariance=of_spend,
        correction=correction,
        first_counts=tried.first_counts,
    )


def _fit_spend(
    *, histories: pl.DataFrame, settings: ModelSettings, found: Findings
) -> tuple[SpendModel, pl.DataFrame]:
    """Check what Gamma-Gamma takes for granted, and fit it."""
    demand_repeat_buyers(frame=histories, settings=settings, when="at the as-of date")
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
    *, family: PurchaseFamily, histories: pl.DataFrame, settings: ModelSettings, found: Findings
) -> tuple[AnyPurchaseModel, pl.DataFrame]:
    """Fit the chosen family on all that is known."""
    counted = count_histories(histories=histories, settings=settings)
    found.metrics["fitted_histories"] = counted.height
    try:
        purchases = fit_purchases(family=family, histories=counted, penalizers=settings.fit_penalizers)
    except FitFailedError as failure:
        raise WithheldError(f"The fit of {family} did not converge ({failure}).") from failure
    return purchases, counted


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
