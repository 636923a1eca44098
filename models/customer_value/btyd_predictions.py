"""What fitted buy-till-you-die models predict, in closed form.

Belongs here: formulas that take a model and histories and give numbers. Does not belong here: fitting
(`models/customer_value/btyd.py`).

The published formulas multiply a Gauss hypergeometric function that overflows for loyal customers by a
power that underflows. Euler's transformation 2F1(a,b;c;z) = (1−z)^(c−a−b)·2F1(c−a,c−b;c;z) cancels the
power, and what remains is tame for every history. It needs frequency and age only, so it is worked out once
per distinct pair.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.special import expit, hyp2f1

from models.arrays import Floats
from models.customer_value.btyd_likelihoods import pareto_drop_out
from models.customer_value.btyd_parameters import AnyPurchaseModel, ParetoModel, SpendModel
from models.customer_value.histories import HISTORY

DAYS_PER_YEAR = 365
SINGULARITY_WIDTH = 1e-6
"""The formulas divide by a − 1; closer to 1 than this, a is moved aside, which changes nothing visible."""


class DegenerateModelError(Exception):
    """A fitted model gives forecasts that are no numbers; the message names its parameters."""


def probability_alive(*, model: AnyPurchaseModel, histories: pl.DataFrame) -> Floats:
    """Give the probability that each customer has not dropped out at the end of observation.

    BG/NBD: Fader, Hardie, Lee (2008), "Computing P(alive) using the BG/NBD model"; a customer without a
    repeat purchase cannot have dropped out there. MBG/NBD: Wagner, Hoppe (2008), equation 5. Pareto/NBD:
    Schmittlein, Morrison, Colombo (1987), the share of the likelihood that falls to having survived.

    Args:
        model: fitted purchase model.
        histories: `frequency` (repeat purchase days), `recency_days` (first to last purchase), `age_days`
            (first purchase to the end of observation).

    Returns:
        Probabilities 0–1, one per row.
    """
    frequency, recency, age = _arrays(histories)
    if isinstance(model, ParetoModel):
        return _pareto_alive(model=model, frequency=frequency, recency_days=recency, age_days=age)
    r, alpha, a, b = model.r, model.alpha_days, model.a, model.b
    silence = (r + frequency) * (np.log(alpha + age) - np.log(alpha + recency))
    if model.family == "mbg_nbd":
        return np.asarray(expit(-(np.log(a / (b + frequency)) + silence)))
    log_odds = np.log(a / (b + np.maximum(frequency, 1) - 1)) + silence
    return np.where(frequency == 0, 1.0, expit(-log_odds))


def expected_purchases(*, model: AnyPurchaseModel, histories: pl.DataFrame, horizon_days: float) -> Floats:
    """Give the purchase days expected of each customer within the horizon.

    BG/NBD: Fader, Hardie, Lee (2005), equation 10. MBG/NBD: Wagner, Hoppe (2008), equation 4.
    Pareto/NBD: Fader, Hardie (2005), note 009, equation 41.

    Args:
        model: fitted purchase model.
        histories: `frequency`, `recency_days`, `age_days`, as for `probability_alive`.
        horizon_days: how far to look ahead, ≥0.

    Returns:
        Expected number of purchase days, one per row.
    """
    return discounted_purchases(
        model=model, histories=histories, horizon_days=horizon_days, steps=1, yearly_rate=0.0
    )


def discounted_purchases(
    *, model: AnyPurchaseModel, histories: pl.DataFrame, horizon_days: float, steps: int, yearly_rate: float
) -> Floats:
    """Give the expected purchase days of each customer, each worth less the later it falls.

    The horizon is cut into equal steps; what falls into a step is discounted at the step's end by
    (1 + yearly rate)^(days / 365).

    Args:
        model: fitted purchase model.
        histories: `frequency`, `recency_days`, `age_days`, as for `probability_alive`.
        horizon_days: how far to look ahead.
        steps: number of steps, ≥1.
        yearly_rate: e.g. 0.1; 0 gives `expected_purchases`.

    Returns:
        Discounted number of purchase days, one per row.

    Raises:
        DegenerateModelError: the parameters are so extreme that the closed form overflows.
    """
    frequency, _, age = _arrays(histories)
    _, kept, position = np.unique(
        frequency * (age.max(initial=0.0) + 1) + age, return_index=True, return_inverse=True
    )
    total, reached = np.zeros(len(kept)), np.zeros(len(kept))
    for end in horizon_days * np.arange(1, steps + 1) / steps:
        until = _purchases_if_alive(model=model, frequency=frequency[kept], age_days=age[kept], days=end)
        if not np.isfinite(until).all():
            raise DegenerateModelError(
                f"The fitted model lies at the edge of what can be computed ({model}); its forecast is no number."
            )
        total += (until - reached) * (1 + yearly_rate) ** (-end / DAYS_PER_YEAR)
        reached = until
    return np.asarray(probability_alive(model=model, histories=histories) * total[position])


def expected_order_value(*, model: SpendModel, frequency: Floats, monetary_value: Floats) -> Floats:
    """Give the mean spend per future order: the own mean, drawn to the population's by how little is known.

    Fader, Hardie (2013), note 025, equation 5.

    Args:
        model: fitted spend model.
        frequency: repeat purchase days; 0 gives the population mean.
        monetary_value: mean money per repeat purchase day; not read where frequency is 0.

    Returns:
        Expected money per order, one per customer.
    """
    own_weight = model.p * frequency / (model.p * frequency + model.q - 1)
    population_mean = model.v * model.p / (model.q - 1)
    own_mean = np.where(frequency > 0, monetary_value, 0.0)
    return np.asarray((1 - own_weight) * population_mean + own_weight * own_mean)


def own_mean_behind(*, model: SpendModel, frequency: Floats, order_value: Floats) -> Floats:
    """Give the own mean spend that `expected_order_value` was made from; 0 where frequency is 0.

    Args:
        model: fitted spend model.
        frequency: orders that were observed, shape (n,).
        order_value: what `expected_order_value` gave, shape (n,).

    Returns:
        Money per order, shape (n,).
    """
    observed = model.p * frequency
    population_mean = model.v * model.p / (model.q - 1)
    excess = order_value * (observed + model.q - 1) - (model.q - 1) * population_mean
    return np.divide(excess, observed, out=np.zeros_like(order_value), where=observed > 0)


def _purchases_if_alive(
    *, model: AnyPurchaseModel, frequency: Floats, age_days: Floats, days: float
) -> Floats:
    if isinstance(model, ParetoModel):
        return _pareto_purchases_if_alive(model=model, frequency=frequency, age_days=age_days, days=days)
    r, alpha, b = model.r, model.alpha_days, model.b
    a = model.a if abs(model.a - 1) > SINGULARITY_WIDTH else 1 + SINGULARITY_WIDTH
    total = a + b + frequency - (0 if model.family == "mbg_nbd" else 1)
    z = days / (alpha + age_days + days)
    with np.errstate(over="ignore", invalid="ignore"):  # the caller refuses what is not finite
        remaining = np.exp((a - 1) * np.log1p(-z)) * hyp2f1(total - r - frequency, a - 1, total, z)
    return np.asarray(total / (a - 1) * (1 - remaining))


def _pareto_purchases_if_alive(
    *, model: ParetoModel, frequency: Floats, age_days: Floats, days: float
) -> Floats:
    """Rate of an active buyer times the days that the buyer is expected to stay, of those that are asked for."""
    rate = (model.r + frequency) / (model.alpha_days + age_days)
    stretch = np.log1p(days / (model.beta_days + age_days))
    exponent = 1 - model.s
    # (e^(exponent · stretch) − 1) / exponent, which is the stretch itself where s is 1.
    grown = stretch if abs(exponent) < SINGULARITY_WIDTH else np.expm1(exponent * stretch) / exponent
    return np.asarray(rate * (model.beta_days + age_days) * grown)


def _pareto_alive(*, model: ParetoModel, frequency: Floats, recency_days: Floats, age_days: Floats) -> Floats:
    parameters = np.array([model.r, model.alpha_days, model.s, model.beta_days])
    drop_out = pareto_drop_out(parameters, frequency, recency_days, age_days)
    alive = -(model.r + frequency) * np.log(model.alpha_days + age_days)
    alive -= model.s * np.log(model.beta_days + age_days)
    return np.asarray(expit(alive - np.log(model.s) - drop_out.log_density))


def _arrays(histories: pl.DataFrame) -> tuple[Floats, Floats, Floats]:
    frequency, recency, age = (histories[name].cast(pl.Float64).to_numpy() for name in HISTORY)
    return frequency, recency, age
