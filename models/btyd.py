"""Fits of the buy-till-you-die models: the only file that knows the `lifetimes` library.

Belongs here: fitting, with retries and a reported status, and containing the library's warnings and prints.
Does not belong here: what the fitted models predict (`models/btyd_predictions.py`), or which customers are
scored (`models/cltv.py`).

`lifetimes` is archived and slow to import, so it is imported when a fit is asked for.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import warnings
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import polars as pl

from models.btyd_parameters import FitFailedError, FitStatus, PurchaseFamily, PurchaseModel, SpendModel
from models.frames import require_columns

TOLERANCES = (1e-7, 1e-5)
"""Gradient per customer at which the search may stop. The second is for searches that have arrived but
cannot show it to the seventh digit; it moves no parameter by a thousandth, a penalizer would."""


def fit_bg_nbd(*, histories: pl.DataFrame, penalizers: Sequence[float]) -> PurchaseModel:
    """Fit BG/NBD (Fader, Hardie, Lee 2005, Marketing Science 24). See `fit_mbg_nbd` for the arguments."""
    return _fit_purchases(family="bg_nbd", histories=histories, penalizers=penalizers)


def fit_mbg_nbd(*, histories: pl.DataFrame, penalizers: Sequence[float]) -> PurchaseModel:
    """Fit MBG/NBD (Batislam, Denizel, Filiztekin 2007, IJRM 24), where a buyer may drop out at once.

    Args:
        histories: one row per distinct history: `frequency` (repeat purchase days), `recency_days` (first to
            last purchase), `age_days` (first purchase to the end of observation), `customers` (how many share
            it). The order of rows does not matter: they are sorted before the fit.
        penalizers: coefficients tried in this order until one converges.

    Returns:
        The fitted model.

    Raises:
        ValueError: a column is missing or a history is impossible (recency beyond age, negative time,
            recency without a repeat, no customer, nobody older than a day).
        FitFailedError: no penalizer led to finite, positive parameters.
    """
    return _fit_purchases(family="mbg_nbd", histories=histories, penalizers=penalizers)


def fit_gamma_gamma(*, spending: pl.DataFrame, penalizers: Sequence[float]) -> SpendModel:
    """Fit the Gamma-Gamma model of spend per order (Fader, Hardie 2013, note 025).

    Money is divided by its mean for the fit and multiplied back, so the fit does not depend on the currency.

    Args:
        spending: one row per distinct pair: `frequency` (≥1), `monetary_value` (mean money per repeat
            purchase day, >0), `customers`.
        penalizers: coefficients tried in this order until one converges.

    Returns:
        The fitted model.

    Raises:
        ValueError: a column is missing, there is no row, or a frequency, a value or a count is not positive.
        FitFailedError: no penalizer led to a model with a finite population mean.
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
    mean = float(np.average(money, weights=weights))

    def attempt(penalizer: float, tolerance: float) -> dict[str, float]:
        from lifetimes import GammaGammaFitter  # type: ignore[import-untyped]

        fitter = GammaGammaFitter(penalizer_coef=penalizer)
        fitter.fit(frequency, money / mean, weights=weights, tol=tolerance)
        found = {name: float(value) for name, value in fitter.params_.items()}
        if not found["q"] > 1:
            raise FitFailedError("q ≤ 1, so the mean spend would be infinite")
        return found

    found, penalizer, status = _climb(attempt=attempt, penalizers=penalizers)
    return SpendModel(p=found["p"], q=found["q"], v=found["v"] * mean, penalizer=penalizer, status=status)


def _fit_purchases(
    *, family: PurchaseFamily, histories: pl.DataFrame, penalizers: Sequence[float]
) -> PurchaseModel:
    names = ("frequency", "recency_days", "age_days", "customers")
    require_columns(frame=histories, columns=names, name="histories")
    ordered = histories.select(pl.col(*names).cast(pl.Float64)).sort(*names)
    _refuse_impossible(ordered)
    frequency, recency, age, weights = (ordered[name].to_numpy() for name in names)

    def attempt(penalizer: float, tolerance: float) -> dict[str, float]:
        import lifetimes

        fitters = {"bg_nbd": lifetimes.BetaGeoFitter, "mbg_nbd": lifetimes.ModifiedBetaGeoFitter}
        fitter = fitters[family](penalizer_coef=penalizer)
        fitter.fit(frequency, recency, age, weights=weights, tol=tolerance)
        found = {name: float(value) for name, value in fitter.params_.items()}
        return found | {"log_likelihood": -float(fitter._negative_log_likelihood_)}

    found, penalizer, status = _climb(attempt=attempt, penalizers=penalizers)
    return PurchaseModel(
        family=family,
        r=found["r"],
        alpha_days=found["alpha"],
        a=found["a"],
        b=found["b"],
        status=status,
        penalizer=penalizer,
        log_likelihood_per_customer=found["log_likelihood"],
    )


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
    *, attempt: Callable[[float, float], dict[str, float]], penalizers: Sequence[float]
) -> tuple[dict[str, float], float, FitStatus]:
    """Try one penalizer after the other, each also with patience, until the parameters are usable."""
    met: list[str] = []
    for penalizer, tolerance in itertools.product(penalizers, TOLERANCES):
        step = f"penalizer {penalizer:g}, tolerance {tolerance:g}"
        try:
            with _quiet():
                found = attempt(penalizer, tolerance)
        except tuple(_expected_errors()) as error:
            met.append(f"{step}: {_one_line(error)}")
            continue
        parameters = [value for name, value in found.items() if name != "log_likelihood"]
        if np.all(np.isfinite(list(found.values()))) and min(parameters) > 0:
            return found, penalizer, "converged" if penalizer == 0 else "converged_with_penalizer"
        met.append(f"{step}: parameters are not finite and positive")
    raise FitFailedError("; ".join(met) or "no penalizer was given")


def _one_line(error: object) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _expected_errors() -> list[type[Exception]]:
    """Give what a fit may raise because of the data; anything else is a fault and goes through."""
    with _quiet():
        from lifetimes.utils import ConvergenceError  # type: ignore[import-untyped]

    return [FitFailedError, ArithmeticError, np.linalg.LinAlgError, ConvergenceError]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence what the library prints and warns of; the outcome is judged by its parameters instead."""
    with warnings.catch_warnings(), np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
