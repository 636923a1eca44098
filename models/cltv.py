"""Customer lifetime value: what each buyer is expected to spend in the next 12 months.

MBG/NBD says how often a buyer will come, Gamma-Gamma how much is spent each time (Fader, Hardie, Lee 2005,
"RFM and CLV"). Belongs here: preconditions, the two fits, the scores and the card. Does not belong here: the
choice among several purchase models, which would replace `fit_mbg_nbd` below.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from models.btyd import fit_gamma_gamma, fit_mbg_nbd
from models.btyd_parameters import FitFailedError, PurchaseModel, SpendModel
from models.btyd_predictions import DegenerateModelError
from models.cltv_scores import SCORE_SCHEMA, score_customers
from models.frames import require_columns
from models.histories import HISTORY, count_histories, count_spending
from models.holdout import HoldoutErrors, try_on_holdout
from models.model_cards import build_card
from models.settings import ModelSettings


class WithheldError(Exception):
    """Customer value cannot be computed or trusted on this data; the message says why."""


@dataclass(frozen=True, kw_only=True)
class CltvResult:
    """Scores and the card that explains them.

    Attributes:
        scores: columns of `SCORE_SCHEMA`, one row per buyer; empty where the card says it is not published.
        card: one row, columns of `models.model_cards.CARD_SCHEMA`.
    """

    scores: pl.DataFrame
    card: pl.DataFrame


def compute_cltv(
    *, histories: pl.DataFrame, calibration: pl.DataFrame, as_of: date, settings: ModelSettings
) -> CltvResult:
    """Score every buyer, or say why nobody is scored.

    Args:
        histories: one row per buyer at the as-of date: `customer_id`, `frequency` (purchase days after the
            first), `recency_days` (first to last purchase), `age_days` (first purchase to as-of),
            `repeat_net_revenue` (money of the purchase days after the first).
        calibration: the same histories as of the cut, counted: `frequency`, `recency_days`, `age_days`,
            `holdout_orders` (purchase days in the holdout), `customers`. The cut lies
            `settings.cltv_holdout_days` before the as-of date.
        as_of: last day that is known.
        settings: horizon, discount, limits and retry ladder.

    Returns:
        Scores and card. A forecast that does not beat both naive forecasts on the holdout is not published.

    Raises:
        ValueError: a column is missing or a history is impossible.
    """
    require_columns(
        frame=histories, columns=("customer_id", *HISTORY, "repeat_net_revenue"), name="histories"
    )
    cut_date = as_of - timedelta(days=settings.cltv_holdout_days)
    facts: dict[str, object] = {
        "customers": histories.height,
        "repeat_buyers": histories.filter(pl.col("frequency") > 0).height,
    }
    parameters: dict[str, object] = {}
    baselines: dict[str, object] = {}
    try:
        purchases, spend = _fit(histories=histories, settings=settings, facts=facts)
        parameters = {"purchases": asdict(purchases), "spend": asdict(spend)}
        _prove(calibration=calibration, settings=settings, facts=facts, baselines=baselines)
        scores = score_customers(histories=histories, purchases=purchases, spend=spend, settings=settings)
        reason, is_published = _praise(facts=facts, settings=settings), True
    except (WithheldError, DegenerateModelError) as withheld:
        scores, reason, is_published = pl.DataFrame(schema=SCORE_SCHEMA), str(withheld), False
    card = build_card(
        model="cltv",
        trained_on=as_of,
        cut_date=cut_date if "holdout" in facts else None,
        parameters=parameters,
        metrics=facts,
        baseline_metrics=baselines,
        is_published=is_published,
        reason=reason,
    )
    return CltvResult(scores=scores, card=card)


def _fit(
    *, histories: pl.DataFrame, settings: ModelSettings, facts: dict[str, object]
) -> tuple[PurchaseModel, SpendModel]:
    _demand_repeat_buyers(frame=histories, settings=settings, when="at the as-of date")
    spending = histories.filter(pl.col("frequency") > 0, pl.col("repeat_net_revenue") > 0)
    if spending.height < settings.cltv_min_repeat_buyers:
        raise WithheldError(f"Only {spending.height} repeat buyers spent money on balance.")
    facts["repeat_buyers_without_positive_money"] = (
        histories.filter(pl.col("frequency") > 0).height - spending.height
    )
    facts["frequency_money_correlation"] = _correlation(spending)
    counted = count_histories(histories=histories, settings=settings)
    facts["fitted_histories"] = counted.height
    try:
        purchases = fit_mbg_nbd(histories=counted, penalizers=settings.fit_penalizers)
        spend = fit_gamma_gamma(
            spending=count_spending(spending=spending, settings=settings), penalizers=settings.fit_penalizers
        )
    except FitFailedError as failure:
        raise WithheldError(f"The fit did not converge ({failure}).") from failure
    return purchases, spend


def _prove(
    *,
    calibration: pl.DataFrame,
    settings: ModelSettings,
    facts: dict[str, object],
    baselines: dict[str, object],
) -> None:
    """Fit up to the cut, forecast the holdout, and refuse a forecast that a naive one beats."""
    _demand_repeat_buyers(frame=calibration, settings=settings, when="before the holdout")
    counted = count_histories(histories=calibration, settings=settings)
    try:
        model = fit_mbg_nbd(histories=counted, penalizers=settings.fit_penalizers)
    except FitFailedError as failure:
        raise WithheldError(f"The fit before the holdout did not converge ({failure}).") from failure
    errors, naive = try_on_holdout(
        model=model, calibration=calibration, holdout_days=settings.cltv_holdout_days
    )
    facts["holdout_days"] = settings.cltv_holdout_days
    facts["holdout"] = errors.as_metrics()
    baselines.update({name: guess.as_metrics() for name, guess in naive.items()})
    _demand_better(errors=errors, naive=naive)


def _demand_better(*, errors: HoldoutErrors, naive: dict[str, HoldoutErrors]) -> None:
    for name, guess in naive.items():
        if not errors.rmse_orders < guess.rmse_orders:
            raise WithheldError(
                f"On the holdout the naive forecast {name} errs by {guess.rmse_orders:.4f} orders per "
                f"customer and the model by {errors.rmse_orders:.4f}."
            )


def _demand_repeat_buyers(*, frame: pl.DataFrame, settings: ModelSettings, when: str) -> None:
    repeaters = frame.filter(pl.col("frequency") > 0)
    count = repeaters["customers"].sum() if "customers" in frame.columns else repeaters.height
    if count < settings.cltv_min_repeat_buyers:
        raise WithheldError(
            f"Only {count} customers {when} bought again; {settings.cltv_min_repeat_buyers} are needed."
        )


def _correlation(spending: pl.DataFrame) -> float | None:
    ordered = spending.sort("frequency", "repeat_net_revenue")
    frequency = ordered["frequency"].cast(pl.Float64).to_numpy()
    money = ordered["repeat_net_revenue"].cast(pl.Float64).to_numpy() / frequency
    if np.ptp(frequency) == 0 or np.ptp(money) == 0:
        return None
    return float(np.corrcoef(frequency, money)[0, 1])


def _praise(*, facts: dict[str, object], settings: ModelSettings) -> str:
    sentence = "Beats both naive forecasts of orders on the holdout."
    correlation = facts["frequency_money_correlation"]
    if isinstance(correlation, float) and abs(correlation) > settings.cltv_max_money_correlation:
        sentence += (
            f" Spend per order depends on frequency (correlation {correlation:.2f}), which Gamma-Gamma"
            " assumes not to happen: read values of single customers with care."
        )
    return sentence
