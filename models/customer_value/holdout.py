"""A forecast tried on days it has not seen, beside what anybody could have guessed.

Belongs here: errors of expected purchase days and money on a holdout in time, naive forecasts, and the
correction that follows from the holdout. Does not belong here: fitting, the choice of a model
(`models/customer_value/purchase_choice.py`), or the decision to publish (`models/customer_value/cltv_trial.py`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import polars as pl

from models.arrays import Floats
from models.frames import require_columns

CALIBRATION = (
    "customer_id",
    "frequency",
    "recency_days",
    "age_days",
    "first_money",
    "repeat_money",
    "last_year_orders",
    "last_year_money",
    "holdout_orders",
    "holdout_money",
)
"""One row per customer who had bought before the cut; everything but the holdout's columns as of the cut."""
TOP_SHARE = 0.1
"""The customers whose share of the holdout's money is told: the best tenth, as every lift table has it."""
DAYS_PER_YEAR = 365


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


@dataclass(frozen=True, kw_only=True)
class Correction:
    """By what a forecast of purchase days is multiplied, and how well that is known.

    Attributes:
        factor: actual ÷ predicted purchase days of the holdout.
        relative_error: standard error of the factor ÷ factor.
        bias_share_after: bias that is left on customers whom the factor was not estimated on: the worse of
            two halves, each corrected by the other.
    """

    factor: float
    relative_error: float
    bias_share_after: float


def sorted_calibration(calibration: pl.DataFrame) -> pl.DataFrame:
    """Check the columns of a calibration frame, and put its rows into the order that all else relies on.

    Raises:
        ValueError: a column is missing or there is no row.
    """
    require_columns(frame=calibration, columns=CALIBRATION, name="calibration")
    if calibration.is_empty():
        raise ValueError("calibration holds no row")
    return calibration.sort("customer_id")


def forecast_errors(*, forecast: Floats, actual: Floats) -> HoldoutErrors:
    """Compare a forecast with what happened.

    Args:
        forecast: expected purchase days per customer, shape (n,).
        actual: purchase days that were, shape (n,).

    Returns:
        The errors.
    """
    bought = float(actual.sum())
    return HoldoutErrors(
        customers=len(actual),
        actual_orders=bought,
        predicted_orders=float(forecast.sum()),
        bias_share=float(forecast.sum()) / bought - 1 if bought else None,
        rmse_orders=float(np.sqrt(((forecast - actual) ** 2).mean())),
    )


def naive_forecasts(*, calibration: pl.DataFrame, holdout_days: int) -> dict[str, Floats]:
    """Give what anybody could guess without a model.

    Args:
        calibration: columns of `CALIBRATION`.
        holdout_days: length of the holdout.

    Returns:
        Expected purchase days, one per row and guess: `own_past_rate` (everybody goes on at the own repeat
        rate), `last_year_repeats` (everybody buys as in the year before the cut), `same_for_all` (everybody
        has the shop's repeat rate).
    """
    frequency, age, last_year = (
        calibration[name].cast(pl.Float64).to_numpy()
        for name in ("frequency", "age_days", "last_year_orders")
    )
    repeats_per_day = frequency.sum() / max(float(age.sum()), 1.0)
    return {
        "own_past_rate": frequency / np.maximum(age, 1) * holdout_days,
        "last_year_repeats": last_year * (holdout_days / DAYS_PER_YEAR),
        "same_for_all": np.full_like(age, repeats_per_day * holdout_days),
    }


def estimate_correction(*, forecast: Floats, actual: Floats) -> Correction | None:
    """Estimate by what a forecast would have to be multiplied to be right in total.

    The standard error is that of a ratio of sums over customers (Cochran 1977, "Sampling techniques", 6.4).

    Args:
        forecast: expected purchase days per customer, in an order that says nothing about them, shape (n,).
        actual: purchase days that were, shape (n,).

    Returns:
        The correction, or None where one half of the customers bought nothing or was expected to.
    """
    first = np.arange(len(actual)) % 2 == 0
    halves = [(float(forecast[half].sum()), float(actual[half].sum())) for half in (first, ~first)]
    if min(min(half) for half in halves) <= 0:
        return None
    factors = [bought / expected for expected, bought in halves]
    left = [
        expected * other / bought - 1
        for (expected, bought), other in zip(halves, reversed(factors), strict=True)
    ]
    factor = float(actual.sum() / forecast.sum())
    spread = float(np.sqrt(((actual - factor * forecast) ** 2).sum()))
    return Correction(
        factor=factor,
        relative_error=spread / float(actual.sum()),
        bias_share_after=max(left, key=abs),
    )


def money_of_the_best(*, score: Floats, money: Floats) -> float | None:
    """Give the share of the holdout's money that the best tenth by a score brought.

    Args:
        score: what customers are ranked by, best highest; equal scores keep the order of rows, shape (n,).
        money: what they spent within the holdout, shape (n,).

    Returns:
        A share, or None where nothing was spent.
    """
    best = np.argsort(-score, kind="stable")[: int(np.ceil(len(score) * TOP_SHARE))]
    return float(money[best].sum() / money.sum()) if money.sum() > 0 else None
