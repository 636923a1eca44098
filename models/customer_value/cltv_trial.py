"""Whether customer value may be trusted: what a shop's own holdout says of it.

Belongs here: the length of the holdout, orders and money tried on it, what is found on the way, and every reason to
withhold that the holdout gives. Does not belong here: the fit on all that is known and the scores (`models/customer_value/cltv.py`), or
figures of quality (`models/customer_value/holdout.py`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import polars as pl

from models.arrays import Floats
from models.customer_value.btyd import fit_gamma_gamma
from models.customer_value.btyd_parameters import FitFailedError
from models.customer_value.cltv_scores import order_values
from models.customer_value.histories import count_spending
from models.customer_value.holdout import (
    Correction,
    HoldoutErrors,
    estimate_correction,
    forecast_errors,
    money_of_the_best,
    naive_forecasts,
    sorted_calibration,
)
from models.customer_value.purchase_choice import Trial, try_purchase_models
from models.deciles import mean_deciles
from models.model_cards import Findings
from models.settings import ModelSettings
from models.withholding import WithheldError


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What the holdout decides.

    Attributes:
        best: the family that errs least.
        correction: of its purchase days; None where it cannot be told.
        first_counts: whether the money of the first purchase day tells of later money.
    """

    best: Trial
    correction: Correction | None
    first_counts: bool


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


def try_on_holdout(
    *, calibration: pl.DataFrame, holdout_days: int, settings: ModelSettings, found: Findings
) -> Tried:
    """Let every family forecast the holdout; write down how the best does, and naive forecasts beside it.

    Args:
        calibration: columns of `models.customer_value.holdout.CALIBRATION`.
        holdout_days: length of the holdout.
        settings: limits, retry ladder, level of the limits.
        found: is told the figures.

    Raises:
        WithheldError: too few had bought again before the holdout, or no fit converged.
        ValueError: a history is impossible.
    """
    demand_repeat_buyers(frame=calibration, settings=settings, when="before the holdout")
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
    orders = best.forecast * (correction.factor if correction else 1.0)
    _note_deciles("orders", orders, actual, settings=settings, found=found)
    for name, guess in naive_forecasts(calibration=ordered, holdout_days=holdout_days).items():
        found.baselines[name] = forecast_errors(forecast=guess, actual=actual).as_metrics()
    first_counts = _try_money(calibration=ordered, orders=orders, settings=settings, found=found)
    return Tried(best=best, correction=correction, first_counts=first_counts)


def _try_money(
    *, calibration: pl.DataFrame, orders: Floats, settings: ModelSettings, found: Findings
) -> bool:
    """Write down how value, not orders alone, came out; tell whether the first order tells of later money.

    Gamma-Gamma is fitted on repeat purchases, as published; whether the money of the first one is an observation
    of the same kind differs from shop to shop (welcome coupons), so the holdout decides.
    """
    payers = calibration.filter(pl.col("frequency") > 0, pl.col("repeat_money") > 0)
    try:
        spend = fit_gamma_gamma(
            spending=count_spending(spending=payers, settings=settings), penalizers=settings.fit_penalizers
        )
    except (FitFailedError, ValueError):
        return False
    last_year, actual = (
        calibration[name].cast(pl.Float64).to_numpy() for name in ("last_year_money", "holdout_money")
    )
    values = [
        orders * order_values(spend=spend, histories=calibration, first_counts=counts)
        for counts in (False, True)
    ]
    errors = [float(np.sqrt(((value - actual) ** 2).mean())) for value in values]
    first_counts = errors[True] < errors[False]
    value, total = values[first_counts], float(actual.sum())
    _note_deciles("money", value, actual, settings=settings, found=found)
    found.metrics["first_order_tells_of_money"] = first_counts
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
    return first_counts


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


def demand_repeat_buyers(*, frame: pl.DataFrame, settings: ModelSettings, when: str) -> None:
    """Refuse a shop where nearly nobody has bought again.

    Raises:
        WithheldError: fewer repeat buyers than the settings ask for.
    """
    count = frame.filter(pl.col("frequency") > 0).height
    if count < settings.cltv_min_repeat_buyers:
        raise WithheldError(
            f"Only {count} customers {when} bought again; {settings.cltv_min_repeat_buyers} are needed."
        )


def demand_better(*, errors: HoldoutErrors, found: Findings) -> None:
    """Refuse a forecast that a naive one beats; the correction, which knows the holdout, is left out.

    Raises:
        WithheldError: a naive forecast errs no more than the model.
    """
    for name, guess in found.baselines.items():
        if not errors.rmse_orders < guess.get("rmse_orders", np.inf):
            raise WithheldError(
                f"On the holdout the naive forecast {name} errs by {guess['rmse_orders']:.4f} orders per "
                f"customer and the model by {errors.rmse_orders:.4f}."
            )


def demand_mendable(*, correction: Correction | None, settings: ModelSettings) -> Correction:
    """Refuse a forecast that is so wrong in total that a factor would only hide it.

    Raises:
        WithheldError: there is no correction, or it lies too far from 1.
    """
    if correction is None:
        raise WithheldError("Nobody bought within the holdout, so nothing can be said of the forecast.")
    if abs(correction.factor - 1) > settings.cltv_max_correction:
        raise WithheldError(
            f"The forecast of the holdout would have to be multiplied by {correction.factor:.2f}; beyond "
            f"{settings.cltv_max_correction:g} from 1 it is not mended but withheld."
        )
    return correction
