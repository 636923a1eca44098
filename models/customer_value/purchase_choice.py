"""Which purchase model a shop gets: the one that forecasts its own holdout best.

Belongs here: fitting every family before the cut and comparing their forecasts. Does not belong here: whether
the best is good enough (`models/customer_value/cltv_trial.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from models.arrays import Floats
from models.customer_value.btyd import FITS, fit_purchases
from models.customer_value.btyd_parameters import AnyPurchaseModel, FitFailedError
from models.customer_value.btyd_predictions import DegenerateModelError, expected_purchases
from models.customer_value.histories import count_histories
from models.customer_value.holdout import HoldoutErrors, forecast_errors
from models.settings import ModelSettings


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One family on the holdout.

    Attributes:
        model: as fitted before the cut.
        forecast: its expected purchase days, one per row of the calibration.
        errors: the forecast beside what happened.
    """

    model: AnyPurchaseModel
    forecast: Floats
    errors: HoldoutErrors


@dataclass(frozen=True, kw_only=True)
class Trials:
    """All families on the holdout, best first.

    Attributes:
        ranked: trials by ascending error per customer; families that failed are left out.
        failures: why, by family.
    """

    ranked: tuple[Trial, ...]
    failures: dict[str, str]

    def as_metrics(self) -> dict[str, object]:
        """Give the errors and ends of all fits by family, for a model card."""
        tried: dict[str, object] = {
            trial.model.family: {
                "bias_share": trial.errors.bias_share,
                "rmse_orders": trial.errors.rmse_orders,
                "log_likelihood_per_customer": trial.model.log_likelihood_per_customer,
                "status": trial.model.status,
                "tries": trial.model.tries,
                "penalizer": trial.model.penalizer,
            }
            for trial in self.ranked
        }
        return tried | {family: {"status": "failed", "reason": why} for family, why in self.failures.items()}


def try_purchase_models(*, calibration: pl.DataFrame, holdout_days: int, settings: ModelSettings) -> Trials:
    """Fit every family up to the cut and let it forecast the holdout.

    Args:
        calibration: one row per customer, sorted: `frequency`, `recency_days`, `age_days` at the cut,
            `holdout_orders` after it.
        holdout_days: length of the holdout.
        settings: retry ladder and limits of the fit.

    Returns:
        The trials; by root mean squared error of purchase days per customer, equals in the order of `FITS`.

    Raises:
        ValueError: a history is impossible.
    """
    counted = count_histories(histories=calibration, settings=settings)
    actual = calibration["holdout_orders"].cast(pl.Float64).to_numpy()
    trials: list[Trial] = []
    failures: dict[str, str] = {}
    for family in FITS:
        try:
            model = fit_purchases(family=family, histories=counted, penalizers=settings.fit_penalizers)
            forecast = expected_purchases(model=model, histories=calibration, horizon_days=holdout_days)
        except (FitFailedError, DegenerateModelError) as failure:
            failures[family] = str(failure)
            continue
        errors = forecast_errors(forecast=forecast, actual=actual)
        trials.append(Trial(model=model, forecast=forecast, errors=errors))
    return Trials(ranked=tuple(sorted(trials, key=lambda trial: trial.errors.rmse_orders)), failures=failures)
