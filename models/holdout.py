"""A forecast tried on days it has not seen, beside what anybody could have guessed.

Belongs here: errors of expected purchase counts on a holdout in time. Does not belong here: fitting, or the
decision to publish.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import polars as pl

from models.btyd_parameters import PurchaseModel
from models.btyd_predictions import Floats, expected_purchases
from models.frames import require_columns


@dataclass(frozen=True, kw_only=True)
class HoldoutErrors:
    """Forecast against actual purchase days within the holdout.

    Attributes:
        customers: customers who had bought before the cut.
        actual_orders: purchase days that they had within the holdout.
        predicted_orders: what was expected of them.
        bias_share: predicted ÷ actual − 1; null where there was none.
        rmse_orders: root mean squared error per customer, purchase days.
    """

    customers: int
    actual_orders: float
    predicted_orders: float
    bias_share: float | None
    rmse_orders: float

    def as_metrics(self) -> dict[str, float | int | None]:
        """Give the errors by name, for a model card."""
        return asdict(self)


def try_on_holdout(
    *, model: PurchaseModel, calibration: pl.DataFrame, holdout_days: int
) -> tuple[HoldoutErrors, dict[str, HoldoutErrors]]:
    """Compare a model fitted before the cut, and two naive forecasts, with what happened after it.

    Args:
        model: purchase model fitted on histories that end at the cut.
        calibration: counted rows `frequency`, `recency_days`, `age_days` (at the cut), `holdout_orders`
            (purchase days after it), `customers`.
        holdout_days: length of the holdout.

    Returns:
        The model's errors, and those of `own_past_rate` (everybody goes on at the own repeat rate) and
        `same_for_all` (everybody has the shop's repeat rate).

    Raises:
        ValueError: a column is missing or there is no row.
    """
    names = ("frequency", "recency_days", "age_days", "holdout_orders", "customers")
    require_columns(frame=calibration, columns=names, name="calibration")
    if calibration.is_empty():
        raise ValueError("calibration holds no row")
    ordered = calibration.select(pl.col(*names).cast(pl.Float64)).sort(*names)
    frequency, _, age, actual, customers = (ordered[name].to_numpy() for name in names)
    forecast = expected_purchases(model=model, histories=ordered, horizon_days=holdout_days)
    days_known = max(float((age * customers).sum()), 1.0)
    naive = {
        "own_past_rate": frequency / np.maximum(age, 1) * holdout_days,
        "same_for_all": np.full_like(age, (frequency * customers).sum() / days_known * holdout_days),
    }
    return _errors(forecast, actual, customers), {
        name: _errors(guess, actual, customers) for name, guess in naive.items()
    }


def _errors(forecast: Floats, actual: Floats, customers: Floats) -> HoldoutErrors:
    count = float(customers.sum())
    total_actual = float((actual * customers).sum())
    total_forecast = float((forecast * customers).sum())
    return HoldoutErrors(
        customers=int(count),
        actual_orders=total_actual,
        predicted_orders=total_forecast,
        bias_share=total_forecast / total_actual - 1 if total_actual else None,
        rmse_orders=float(np.sqrt(((forecast - actual) ** 2 * customers).sum() / count)),
    )
