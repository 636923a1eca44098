"""How well the parameters of fitted models are known, and which futures they allow.

Belongs here: covariances of parameters and simulated futures of single customers. Does not belong here: what
is summed over which customers (`models/customer_value/cltv_intervals.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np
import polars as pl

from models.arrays import Floats
from models.customer_value.btyd_likelihoods import Likelihood, beta_geometric, gamma_gamma, pareto
from models.customer_value.btyd_parameters import AnyPurchaseModel, ParetoModel, SpendModel
from models.customer_value.histories import HISTORY

Model = TypeVar("Model", AnyPurchaseModel, SpendModel)

STEP = 1e-4
"""Relative step of a parameter where a derivative is taken."""
SMALLEST_CHANCE = 1e-12


def parameter_names(model: AnyPurchaseModel | SpendModel) -> tuple[str, ...]:
    """Name the fitted parameters of a model, in the order of its likelihood."""
    if isinstance(model, SpendModel):
        return ("p", "q", "v")
    return (
        ("r", "alpha_days", "s", "beta_days")
        if isinstance(model, ParetoModel)
        else ("r", "alpha_days", "a", "b")
    )


def moved(model: Model, *, name: str, logarithm: float) -> Model:
    """Give a model whose named parameter is multiplied by e^logarithm."""
    return replace(model, **{name: getattr(model, name) * float(np.exp(logarithm))})


def purchase_covariance(*, model: AnyPurchaseModel, histories: pl.DataFrame) -> Floats | None:
    """Give the covariance of the logarithms of a purchase model's parameters.

    The inverse of the observed information (Efron, Hinkley 1978, Biometrika 65).

    Args:
        model: as fitted.
        histories: the counted rows that it was fitted on.

    Returns:
        Shape (4, 4), or None where the likelihood is no peak at the parameters.
    """
    frequency, recency, age, customers = (
        histories[name].cast(pl.Float64).to_numpy() for name in (*HISTORY, "customers")
    )

    def likelihood(parameters: Floats) -> Likelihood:
        if isinstance(model, ParetoModel):
            return pareto(parameters, frequency, recency, age)
        return beta_geometric(parameters, frequency, recency, age, drops_at_once=model.family == "mbg_nbd")

    return _covariance(likelihood=likelihood, at=_values(model), weights=customers)


def spend_covariance(*, model: SpendModel, spending: pl.DataFrame) -> Floats | None:
    """Give the covariance of the logarithms of p, q and v, as `purchase_covariance` does; shape (3, 3)."""
    frequency, money, customers = (
        spending[name].cast(pl.Float64).to_numpy() for name in ("frequency", "monetary_value", "customers")
    )
    return _covariance(
        likelihood=lambda parameters: gamma_gamma(parameters, frequency, money),
        at=_values(model),
        weights=customers,
    )


def draw_orders(
    *,
    rng: np.random.Generator,
    model: AnyPurchaseModel,
    frequency: Floats,
    age_days: Floats,
    p_alive: Floats,
    horizon_days: float,
    factor: float,
) -> Floats:
    """Draw one future per customer: who is still active, at which rate, until when.

    Given that a customer is active, rate and drop-out follow their own posteriors (the likelihood of being
    active is a product), so both are drawn directly.

    Args:
        rng: source of chance.
        model: fitted purchase model.
        frequency: repeat purchase days, shape (n,).
        age_days: first purchase to the end of observation, shape (n,).
        p_alive: chance of being active at the end of observation, shape (n,).
        horizon_days: how far to look ahead.
        factor: correction of the purchase rate.

    Returns:
        Purchase days within the horizon, shape (n,).
    """
    count = len(frequency)
    rate = rng.gamma(model.r + frequency) / (model.alpha_days + age_days) * factor
    is_alive = rng.random(count) < p_alive
    if isinstance(model, ParetoModel):
        hazard = np.maximum(rng.gamma(model.s, size=count) / (model.beta_days + age_days), SMALLEST_CHANCE)
        stay = np.minimum(rng.exponential(size=count) / hazard, horizon_days)
        return np.asarray(np.where(is_alive, rng.poisson(rate * stay), 0), dtype=np.float64)
    survived = frequency + (1 if model.family == "mbg_nbd" else 0)
    chance = np.maximum(rng.beta(model.a, model.b + survived), SMALLEST_CHANCE)
    last = rng.geometric(chance)
    return np.asarray(
        np.where(is_alive, np.minimum(rng.poisson(rate * horizon_days), last), 0), dtype=np.float64
    )


def draw_money(
    *,
    rng: np.random.Generator,
    model: SpendModel,
    frequency: Floats,
    monetary_value: Floats,
    orders: Floats,
) -> Floats:
    """Draw what the customers spend on their future orders.

    Args:
        rng: source of chance.
        model: fitted spend model.
        frequency: repeat purchase days, shape (n,).
        monetary_value: mean money per repeat purchase day, 0 without one, shape (n,).
        orders: future purchase days, shape (n,).

    Returns:
        Money, shape (n,).
    """
    inverse_level = rng.gamma(model.q + model.p * frequency) / (model.v + frequency * monetary_value)
    return np.asarray(rng.gamma(model.p * orders) / inverse_level)


def _values(model: AnyPurchaseModel | SpendModel) -> Floats:
    return np.array([getattr(model, name) for name in parameter_names(model)])


def _covariance(*, likelihood: Callable[[Floats], Likelihood], at: Floats, weights: Floats) -> Floats | None:
    def slope(parameters: Floats) -> Floats:
        return np.asarray((likelihood(parameters).gradient * weights).sum(axis=1) * parameters)

    with np.errstate(all="ignore"):
        columns = [
            (slope(at * np.exp(STEP * unit)) - slope(at * np.exp(-STEP * unit))) / (2 * STEP)
            for unit in np.eye(len(at))
        ]
    information = -(np.array(columns) + np.array(columns).T) / 2
    if not np.isfinite(information).all() or np.linalg.eigvalsh(information).min() <= 0:
        return None
    return np.asarray(np.linalg.inv(information))
