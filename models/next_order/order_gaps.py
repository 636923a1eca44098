"""How long a customer usually takes from one order to the next: the own gaps, drawn towards the shop's.

Belongs here: the shop's spread of gaps between and within customers, and the weighing of the two. Does not belong
here: who does not come back at all (`models/next_order/waiting_curves.py`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from models.arrays import Floats
from models.frames import require_columns
from models.withholding import WithheldError

MILLION = 1_000_000
"""Logarithms are handed over as whole millionths: sums of integers do not depend on the order of rows."""


@dataclass(frozen=True, kw_only=True)
class GapPrior:
    """The shop's gaps, as normal on the log scale: customers around the shop, gaps around their customer.

    Attributes:
        typical_gap_days: geometric mean of the customers' own geometric means.
        within_variance: variance of a customer's log gaps.
        between_variance: variance of the customers' mean log gaps; 0 where all customers are alike.
    """

    typical_gap_days: float
    within_variance: float
    between_variance: float

    @property
    def weight_in_gaps(self) -> float:
        """How many own gaps weigh as much as the shop's: within ÷ between; infinite where all are alike."""
        return self.within_variance / self.between_variance if self.between_variance > 0 else math.inf


def fit_gap_prior(*, waits: pl.DataFrame) -> GapPrior:
    """Estimate the spread of gaps by analysis of variance for groups of unequal size.

    Gaps that are not over yet are left out, so the shop's gap is rather too short; the curves, which count them,
    make up for it (Searle, Casella, McCulloch 1992, "Variance Components", 3.6).

    Args:
        waits: `customer_id`, `gaps`, `waited_days` (≥1 where over), `is_over`. Not changed.

    Returns:
        The shop's gaps.

    Raises:
        ValueError: a column is missing.
        WithheldError: no customer has two completed gaps, or only one customer has any.
    """
    require_columns(frame=waits, columns=("customer_id", "gaps", "waited_days", "is_over"), name="waits")
    over = waits.filter("is_over").sort("customer_id", "gaps")
    log_gaps = np.log(over["waited_days"].to_numpy().astype(np.float64))
    is_next_customer = (over["customer_id"] != over["customer_id"].shift(1)).fill_null(value=False)
    customer = is_next_customer.cast(pl.Int64).cum_sum().to_numpy()
    counts = np.bincount(customer).astype(np.float64)
    if len(counts) < 2 or counts.sum() <= len(counts):
        raise WithheldError("Too few customers ordered twice and more to tell how their gaps differ.")
    means = np.bincount(customer, weights=log_gaps) / counts
    within = float(np.sum((log_gaps - means[customer]) ** 2) / (counts.sum() - len(counts)))
    between = _between(counts=counts, means=means, within=within)
    weights = 1 / (between + within / counts) if between + within > 0 else counts
    return GapPrior(
        typical_gap_days=float(np.exp(np.sum(weights * means) / np.sum(weights))),
        within_variance=within,
        between_variance=between,
    )


def expected_gaps(*, prior: GapPrior, gaps: Floats, log_gaps: Floats) -> Floats:
    """Draw each customer's mean log gap towards the shop's: the mean of the normal–normal posterior.

    Args:
        prior: the shop's gaps.
        gaps: number of completed gaps, shape (n,).
        log_gaps: sum of their logarithms (of days), shape (n,).

    Returns:
        Days, >0, shape (n,); the shop's typical gap for customers without one.
    """
    weight, shop = prior.weight_in_gaps, math.log(prior.typical_gap_days)
    if math.isinf(weight):
        return np.full(len(gaps), prior.typical_gap_days)
    # Customers whose gaps never differ say all of themselves: 0 / 0 only where nobody has a gap.
    total = gaps + weight
    drawn = np.divide(log_gaps + weight * shop, total, out=np.full(len(gaps), shop), where=total > 0)
    return np.asarray(np.exp(drawn), dtype=np.float64)


def _between(*, counts: Floats, means: Floats, within: float) -> float:
    """Give the variance between customers: what their means differ by more than chance would have it."""
    total, customers = counts.sum(), len(counts)
    grand = np.sum(counts * means) / total
    mean_square = np.sum(counts * (means - grand) ** 2) / (customers - 1)
    typical_count = (total - np.sum(counts**2) / total) / (customers - 1)
    return max(float((mean_square - within) / typical_count), 0.0)
