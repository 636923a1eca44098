"""Fits of the buy-till-you-die models: maximum likelihood on counted histories, with a retry ladder.

Belongs here: the search for the maximum, its retries and its reported status. Does not belong here: the
likelihoods (`models/customer_value/btyd_likelihoods.py`), what the fitted models predict (`models/customer_value/btyd_predictions.py`), or
which customers are scored (`models/customer_value/cltv.py`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from models.arrays import Floats
from models.customer_value.btyd_likelihoods import Likelihood, beta_geometric, gamma_gamma, pareto
from models.customer_value.btyd_parameters import (
    AnyPurchaseModel,
    BetaFamily,
    FitFailedError,
    FitStatus,
    ParetoModel,
    PurchaseFamily,
    PurchaseModel,
    SpendModel,
)
from models.frames import require_columns

TOLERANCE = 1e-7
"""Gradient per customer at which the search stops."""
ARRIVED = 1e-5
"""Gradient per customer at which a search that could go no further has arrived all the same: sums of many
rows carry rounding. It moves no parameter by a thousandth, a penalizer would."""
MAX_STEPS = 500
RUNAWAY = 1e5
"""A parameter beyond this, or below its inverse, with time and money scaled to about 1, has no maximum."""

STARTS = ((1.0, 1.0, 1.0, 1.0), (0.3, 0.1, 0.3, 1.0), (2.0, 0.5, 0.1, 3.0))
"""Where the search for r, alpha and the two parameters of the drop-out begins; alpha in oldest ages."""
SPEND_STARTS = ((1.0, 1.5, 1.0), (5.0, 4.0, 1.0), (1.0, 10.0, 10.0))
"""The same for p, q, v; v in mean spends."""


class Found(NamedTuple):
    """Where a search ended, and after how many tries."""

    parameters: Floats
    log_likelihood: float
    penalizer: float
    status: FitStatus
    tries: int


def fit_purchases(
    *, family: PurchaseFamily, histories: pl.DataFrame, penalizers: Sequence[float]
) -> AnyPurchaseModel:
    """Fit one of the three purchase models. See `fit_mbg_nbd` for the arguments and what is raised."""
    return FITS[family](histories=histories, penalizers=penalizers)


def fit_bg_nbd(*, histories: pl.DataFrame, penalizers: Sequence[float]) -> PurchaseModel:
    """Fit BG/NBD (Fader, Hardie, Lee 2005, Marketing Science 24). See `fit_mbg_nbd` for the arguments."""
    return _fit_beta(family="bg_nbd", histories=histories, penalizers=penalizers)


def fit_mbg_nbd(*, histories: pl.DataFrame, penalizers: Sequence[float]) -> PurchaseModel:
    """Fit MBG/NBD (Batislam, Denizel, Filiztekin 2007, IJRM 24), where a buyer may drop out at once.

    Args:
        histories: one row per distinct history: `frequency` (repeat purchase days), `recency_days` (first to
            last purchase), `age_days` (first purchase to the end of observation), `customers` (how many share
            it). The order of rows does not matter: they are sorted before the fit.
        penalizers: coefficients tried in this order, each from every starting point, until one converges.

    Returns:
        The fitted model.

    Raises:
        ValueError: a column is missing or a history is impossible (recency beyond age, negative time,
            recency without a repeat, no customer, nobody older than a day).
        FitFailedError: no step of the ladder led to a maximum; the message says what each step met.
    """
    return _fit_beta(family="mbg_nbd", histories=histories, penalizers=penalizers)


def fit_pareto_nbd(*, histories: pl.DataFrame, penalizers: Sequence[float]) -> ParetoModel:
    """Fit Pareto/NBD (Schmittlein, Morrison, Colombo 1987), where drop-out is a matter of time.

    See `fit_mbg_nbd` for the arguments and what is raised.
    """
    frequency, recency, age, weights = _arrays(histories)
    unit = float(age.max())

    def likelihood(parameters: Floats) -> Likelihood:
        return pareto(parameters, frequency, recency / unit, age / unit)

    found = _climb(likelihood=likelihood, weights=weights, starts=STARTS, penalizers=penalizers)
    r, alpha, s, beta = (float(value) for value in found.parameters)
    return ParetoModel(
        r=r,
        alpha_days=alpha * unit,
        s=s,
        beta_days=beta * unit,
        status=found.status,
        tries=found.tries,
        penalizer=found.penalizer,
        log_likelihood_per_customer=found.log_likelihood,
    )


def fit_gamma_gamma(*, spending: pl.DataFrame, penalizers: Sequence[float]) -> SpendModel:
    """Fit the Gamma-Gamma model of spend per order (Fader, Hardie 2013, note 025).

    Money is divided by its mean for the fit and multiplied back, so the fit does not depend on the currency.

    Args:
        spending: one row per distinct pair: `frequency` (≥1), `monetary_value` (mean money per repeat
            purchase day, >0), `customers`.
        penalizers: coefficients tried in this order, each from every starting point, until one converges.

    Returns:
        The fitted model.

    Raises:
        ValueError: a column is missing, there is no row, or a frequency, a value or a count is not positive.
        FitFailedError: no step of the ladder led to a maximum with a finite population mean.
    """
    require_columns(frame=spending, columns=("frequency", "monetary_value", "customers"), name="spending")
    ordered = spending.select(pl.col("frequency", "monetary_value", "customers").cast(pl.Float64)).sort(
        "frequency", "monetary_value", "customers"
    )
    if ordered.is_empty():
        raise ValueError("spending holds no row")
    if ordered.null_count().sum_horizontal().item() or not ordered.select(pl.all() > 0).to_numpy().all():
        raise ValueError("frequency, monetary_value and customers must be positive")
    frequency, money, weights = (ordered[name].to_numpy() for name in ordered.columns)
    mean = float((money * weights).sum() / weights.sum())
    found = _climb(
        likelihood=lambda parameters: gamma_gamma(parameters, frequency, money / mean),
        weights=weights,
        starts=SPEND_STARTS,
        penalizers=penalizers,
        refuse=lambda parameters: None if parameters[1] > 1 else "q ≤ 1, so the mean spend would be infinite",
    )
    p, q, v = (float(value) for value in found.parameters)
    return SpendModel(p=p, q=q, v=v * mean, penalizer=found.penalizer, status=found.status, tries=found.tries)


def _fit_beta(*, family: BetaFamily, histories: pl.DataFrame, penalizers: Sequence[float]) -> PurchaseModel:
    frequency, recency, age, weights = _arrays(histories)
    unit = float(age.max())

    def likelihood(parameters: Floats) -> Likelihood:
        return beta_geometric(
            parameters, frequency, recency / unit, age / unit, drops_at_once=family == "mbg_nbd"
        )

    found = _climb(likelihood=likelihood, weights=weights, starts=STARTS, penalizers=penalizers)
    r, alpha, a, b = (float(value) for value in found.parameters)
    return PurchaseModel(
        family=family,
        r=r,
        alpha_days=alpha * unit,
        a=a,
        b=b,
        status=found.status,
        tries=found.tries,
        penalizer=found.penalizer,
        log_likelihood_per_customer=found.log_likelihood,
    )


FITS: dict[PurchaseFamily, Callable[..., AnyPurchaseModel]] = {
    "bg_nbd": fit_bg_nbd,
    "mbg_nbd": fit_mbg_nbd,
    "pareto_nbd": fit_pareto_nbd,
}


def _arrays(histories: pl.DataFrame) -> tuple[Floats, Floats, Floats, Floats]:
    names = ("frequency", "recency_days", "age_days", "customers")
    require_columns(frame=histories, columns=names, name="histories")
    ordered = histories.select(pl.col(*names).cast(pl.Float64)).sort(*names)
    _refuse_impossible(ordered)
    frequency, recency, age, customers = (ordered[name].to_numpy() for name in names)
    return frequency, recency, age, customers


def _refuse_impossible(histories: pl.DataFrame) -> None:
    frequency, recency, age = pl.col("frequency"), pl.col("recency_days"), pl.col("age_days")
    rules = {
        "a history has a null": pl.any_horizontal(pl.all().is_null()),
        "frequency is negative or not whole": (frequency < 0) | (frequency != frequency.floor()),
        "recency is negative": recency < 0,
        "recency lies beyond age": recency > age,
        "there is a recency without a repeat purchase": (frequency == 0) & (recency != 0),
        "a history belongs to no customer": pl.col("customers") <= 0,
    }
    if histories.is_empty():
        raise ValueError("histories holds no row")
    broken = histories.select(rule.any().alias(sentence) for sentence, rule in rules.items())
    for sentence in rules:
        if broken[sentence].item():
            raise ValueError(sentence)
    if not histories.select(age.max()).item() > 0:
        raise ValueError("nobody has been a customer for a day")


def _climb(
    *,
    likelihood: Callable[[Floats], Likelihood],
    weights: Floats,
    starts: Sequence[Sequence[float]],
    penalizers: Sequence[float],
    refuse: Callable[[Floats], str | None] = lambda _: None,
) -> Found:
    """Try one penalizer after the other, each from every start, until a maximum is found."""
    met: list[str] = []
    for tries, (penalizer, (number, start)) in enumerate(
        itertools.product(penalizers, enumerate(starts, start=1)), start=1
    ):
        parameters, mean, trouble = _search(
            likelihood=likelihood, weights=weights, start=start, penalizer=penalizer
        )
        trouble = trouble or refuse(parameters)
        if trouble is None:
            return Found(parameters, mean, penalizer, _status(penalizer=penalizer, start=number), tries)
        met.append(f"penalizer {penalizer:g}, start {number}: {trouble}")
    raise FitFailedError("; ".join(met) or "no penalizer was given")


def _status(*, penalizer: float, start: int) -> FitStatus:
    if penalizer > 0:
        return "converged_with_penalizer"
    return "converged" if start == 1 else "converged_from_another_start"


def _search(
    *,
    likelihood: Callable[[Floats], Likelihood],
    weights: Floats,
    start: Sequence[float],
    penalizer: float,
) -> tuple[Floats, float, str | None]:
    """Go uphill in the logarithms of the parameters; say what stands in the way of calling it a maximum."""
    from scipy.optimize import minimize

    shares = weights / weights.sum()

    def cost(logarithms: Floats) -> tuple[float, Floats]:
        parameters = np.exp(logarithms)
        found = likelihood(parameters)
        slope = (found.gradient * shares).sum(axis=1) * parameters
        value = float((found.rows * shares).sum())
        return penalizer * float((parameters**2).sum()) - value, 2 * penalizer * parameters**2 - slope

    limit = float(np.log(RUNAWAY))
    with np.errstate(all="ignore"):
        ended = minimize(
            cost,
            np.log(start),
            jac=True,
            method="L-BFGS-B",
            bounds=[(-limit, limit)] * len(start),
            options={"gtol": TOLERANCE, "ftol": 0.0, "maxiter": MAX_STEPS},
        )
        value, slope = cost(ended.x)
    parameters = np.exp(ended.x)
    mean = penalizer * float((parameters**2).sum()) - value
    if not (np.isfinite(mean) and np.isfinite(slope).all()):
        return parameters, mean, "the likelihood is no number"
    if np.abs(ended.x).max() >= limit:
        return parameters, mean, "a parameter runs away"
    steepest = float(np.abs(slope).max())
    return parameters, mean, None if steepest <= ARRIVED else f"still rising by {steepest:.1g} per customer"
