"""Within which limits the value of a group of customers lies.

A parametric bootstrap of the group's money in the horizon. Each draw has three sources: the parameters of both
models from the normal distribution of their estimates, the correction likewise, and the future of each customer
from the fitted models. Its cost does not grow with the shop: a group is represented by at most so many
customers, taken evenly from the least to the most valuable, and the spread of their futures is scaled up by the
root of the share that they are. Draws are seeded, so two builds are equal.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from models.arrays import Floats
from models.customer_value.btyd_parameters import AnyPurchaseModel, SpendModel
from models.customer_value.btyd_predictions import expected_order_value, expected_purchases, own_mean_behind
from models.customer_value.btyd_uncertainty import Model, draw_money, draw_orders, moved, parameter_names
from models.customer_value.holdout import Correction
from models.settings import ModelSettings

DERIVATIVE_STEP = 1e-3
"""Relative step of a parameter at which the change of a group's value is taken."""


@dataclass(frozen=True, kw_only=True)
class FittedValue:
    """All that a group's interval rests on.

    Attributes:
        purchases: fitted purchase model.
        purchase_covariance: of the logarithms of its parameters, shape (4, 4).
        spend: fitted spend model.
        spend_covariance: of the logarithms of its parameters, shape (3, 3).
        correction: of the purchase days.
        first_counts: whether the first purchase day is one of the observations of spend.
    """

    purchases: AnyPurchaseModel
    purchase_covariance: Floats
    spend: SpendModel
    spend_covariance: Floats
    correction: Correction
    first_counts: bool


def value_interval(
    *, group: str, scores: pl.DataFrame, fitted: FittedValue, settings: ModelSettings
) -> tuple[float, float]:
    """Give the limits between which the group's money of the horizon lies.

    Args:
        group: name of the group; with the seed of the settings it decides the draws.
        scores: rows of `models.customer_value.cltv_scores.SCORE_SCHEMA` of the group's customers, at least one.
        fitted: models, their covariances and the correction.
        settings: level, horizon, number of draws and of customers, seed.

    Returns:
        Lower and upper limit, money, discounted as the scores are.

    Raises:
        DegenerateModelError: a neighbouring model gives no number.
    """
    rng = np.random.default_rng([settings.cltv_bootstrap_seed, zlib.crc32(group.encode())])
    ordered = scores.sort("cltv_12m", "customer_id")
    size = min(ordered.height, settings.cltv_bootstrap_customers)
    positions = np.floor((np.arange(size) + 0.5) * ordered.height / size).astype(np.int64)
    sample, scale = ordered[positions], ordered.height / size
    total, draws = float(ordered["cltv_12m"].sum()), settings.cltv_bootstrap_draws
    change = _parameter_draws(rng=rng, sample=sample, fitted=fitted, draws=draws, settings=settings) * scale
    futures = _future_draws(rng=rng, sample=sample, fitted=fitted, draws=draws, settings=settings)
    noise = (futures - futures.mean()) * np.sqrt(scale)
    error = fitted.correction.relative_error
    totals = total * (1 + error * rng.standard_normal(draws)) + change + noise
    outside = (1 - settings.confidence_level) / 2
    low, high = np.quantile(totals, [outside, 1 - outside])
    return max(float(low), 0.0), float(high)


def _future_draws(
    *,
    rng: np.random.Generator,
    sample: pl.DataFrame,
    fitted: FittedValue,
    draws: int,
    settings: ModelSettings,
) -> Floats:
    """Money of the sample in each drawn future, shape (draws,)."""
    frequency, observed, age, p_alive, money, value, orders, order_value = _columns(sample, fitted=fitted)
    undiscounted = orders * order_value
    worth = np.divide(value, undiscounted, out=np.ones_like(value), where=undiscounted > 0)
    totals = np.empty(draws)
    for number in range(draws):
        future = draw_orders(
            rng=rng,
            model=fitted.purchases,
            frequency=frequency,
            age_days=age,
            p_alive=p_alive,
            horizon_days=settings.cltv_horizon_days,
            factor=fitted.correction.factor,
        )
        spent = draw_money(
            rng=rng, model=fitted.spend, frequency=observed, monetary_value=money, orders=future
        )
        totals[number] = (spent * worth).sum()
    return totals


def _parameter_draws(
    *,
    rng: np.random.Generator,
    sample: pl.DataFrame,
    fitted: FittedValue,
    draws: int,
    settings: ModelSettings,
) -> Floats:
    """By how much other parameters change the sample's value, to first order, shape (draws,)."""
    _, observed, _, _, money, value, *_ = _columns(sample, fitted=fitted)

    def orders(model: AnyPurchaseModel) -> Floats:
        return expected_purchases(model=model, histories=sample, horizon_days=settings.cltv_horizon_days)

    def order_value(model: SpendModel) -> Floats:
        return expected_order_value(model=model, frequency=observed, monetary_value=money)

    return _draw_change(
        rng=rng,
        slopes=_slopes(model=fitted.purchases, predict=orders, value=value),
        covariance=fitted.purchase_covariance,
        draws=draws,
    ) + _draw_change(
        rng=rng,
        slopes=_slopes(model=fitted.spend, predict=order_value, value=value),
        covariance=fitted.spend_covariance,
        draws=draws,
    )


def _slopes(*, model: Model, predict: Callable[[Model], Floats], value: Floats) -> Floats:
    """Change of the sample's value by the logarithm of each parameter, shape (parameters,)."""
    slopes = []
    for name in parameter_names(model):
        above = predict(moved(model, name=name, logarithm=DERIVATIVE_STEP))
        below = predict(moved(model, name=name, logarithm=-DERIVATIVE_STEP))
        middle = (above + below) / 2
        relative = np.divide(
            above - below, 2 * DERIVATIVE_STEP * middle, out=np.zeros_like(middle), where=middle > 0
        )
        slopes.append((value * relative).sum())
    return np.array(slopes)


def _draw_change(*, rng: np.random.Generator, slopes: Floats, covariance: Floats, draws: int) -> Floats:
    """Draw a normal with the variance that the parameters' covariance gives the sample's value."""
    return np.asarray(np.sqrt(slopes @ covariance @ slopes) * rng.standard_normal(draws))


def _columns(sample: pl.DataFrame, *, fitted: FittedValue) -> tuple[Floats, ...]:
    names = ("frequency", "age_days", "p_alive", "cltv_12m", "expected_orders_12m", "expected_order_value")
    frequency, age, p_alive, value, orders, order_value = (
        sample[name].cast(pl.Float64).to_numpy() for name in names
    )
    observed = frequency + (1 if fitted.first_counts else 0)
    money = own_mean_behind(model=fitted.spend, frequency=observed, order_value=order_value)
    return frequency, observed, age, p_alive, np.maximum(money, 0.0), value, orders, order_value
