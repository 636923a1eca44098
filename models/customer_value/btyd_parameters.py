"""What a fit of a buy-till-you-die model leaves behind: parameters, units, and how the fit ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

BetaFamily = Literal["bg_nbd", "mbg_nbd"]
PurchaseFamily = Literal["bg_nbd", "mbg_nbd", "pareto_nbd"]
FitStatus = Literal["converged", "converged_from_another_start", "converged_with_penalizer"]


class FitFailedError(Exception):
    """No step of the retry ladder gave usable parameters; the message says what each step met."""


@dataclass(frozen=True, kw_only=True)
class PurchaseModel:
    """Fitted purchase model whose buyers drop out after a purchase; time in days.

    Attributes:
        family: which likelihood.
        r: shape of the purchase rates' gamma distribution.
        alpha_days: its rate parameter, in days.
        a: first parameter of the drop-out probabilities' beta distribution.
        b: its second parameter.
        status: how the fit ended.
        penalizer: coefficient of the ladder step that converged.
        log_likelihood_per_customer: at the fitted parameters, time scaled so that the oldest age is 1.
        tries: steps of the ladder that were needed, 1 where the first converged.
    """

    family: BetaFamily
    r: float
    alpha_days: float
    a: float
    b: float
    status: FitStatus
    penalizer: float
    log_likelihood_per_customer: float
    tries: int = 1


@dataclass(frozen=True, kw_only=True)
class ParetoModel:
    """Fitted Pareto/NBD, whose buyers drop out at any moment; time in days.

    Attributes:
        r: shape of the purchase rates' gamma distribution.
        alpha_days: its rate parameter, in days.
        s: shape of the drop-out rates' gamma distribution.
        beta_days: its rate parameter, in days.
        status, penalizer, log_likelihood_per_customer, tries: as of `PurchaseModel`.
        family: always pareto_nbd.
    """

    r: float
    alpha_days: float
    s: float
    beta_days: float
    status: FitStatus
    penalizer: float
    log_likelihood_per_customer: float
    tries: int = 1
    family: Literal["pareto_nbd"] = field(default="pareto_nbd", init=False)


AnyPurchaseModel = PurchaseModel | ParetoModel


@dataclass(frozen=True, kw_only=True)
class SpendModel:
    """Fitted Gamma-Gamma model; `v` in the money of the data.

    Attributes:
        p: shape of the spend per order.
        q: shape of the heterogeneity; the population mean exists for q > 1 only.
        v: scale of the heterogeneity, money.
        status: how the fit ended.
        penalizer: coefficient of the ladder step that converged.
        tries: steps of the ladder that were needed, 1 where the first converged.
    """

    p: float
    q: float
    v: float
    status: FitStatus
    penalizer: float
    tries: int = 1
