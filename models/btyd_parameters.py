"""What a fit of a buy-till-you-die model leaves behind: parameters, units, and how the fit ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PurchaseFamily = Literal["bg_nbd", "mbg_nbd"]
FitStatus = Literal["converged", "converged_with_penalizer"]


class FitFailedError(Exception):
    """No step of the retry ladder gave usable parameters; the message says what each step met."""


@dataclass(frozen=True, kw_only=True)
class PurchaseModel:
    """Fitted purchase model; time in days.

    Attributes:
        family: which likelihood.
        r: shape of the purchase rates' gamma distribution.
        alpha_days: its rate parameter, in days.
        a: first parameter of the drop-out probabilities' beta distribution.
        b: its second parameter.
        status: how the fit ended.
        penalizer: coefficient of the ladder step that converged.
        log_likelihood_per_customer: at the fitted parameters, time scaled so that the oldest age is 1.
    """

    family: PurchaseFamily
    r: float
    alpha_days: float
    a: float
    b: float
    status: FitStatus
    penalizer: float
    log_likelihood_per_customer: float


@dataclass(frozen=True, kw_only=True)
class SpendModel:
    """Fitted Gamma-Gamma model; `v` in the money of the data.

    Attributes:
        p: shape of the spend per order.
        q: shape of the heterogeneity; the population mean exists for q > 1 only.
        v: scale of the heterogeneity, money.
        status: how the fit ended.
        penalizer: coefficient of the ladder step that converged.
    """

    p: float
    q: float
    v: float
    status: FitStatus
    penalizer: float
