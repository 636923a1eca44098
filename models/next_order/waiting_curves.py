"""How many still wait: the product-limit estimate, which counts those who have not come back yet.

Belongs here: one curve. Does not belong here: whose waits go into it, and in which unit of time
(`models/next_order/next_order_forecast.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Bools, Floats

ROUNDING = 1e-12
"""By what a share may miss itself, being a product of many fractions."""


@dataclass(frozen=True, eq=False)
class WaitingCurve:
    """Share that still waits, as a falling step function; 1 before the first step.

    Attributes:
        times: where a step may be, ascending, shape (n,). The curve says nothing beyond the last one.
        still_waiting: share from that time on, shape (n,).
    """

    times: Floats
    still_waiting: Floats

    @property
    def end(self) -> float:
        """The last time that the curve knows; 0 where it knows none."""
        return float(self.times[-1]) if len(self.times) else 0.0

    def share_waiting(self, at: Floats) -> Floats:
        """Give the share that still waits at each time; beyond the end that of the end. Shape as `at`."""
        steps = np.concatenate([[1.0], self.still_waiting])
        return np.asarray(steps[np.searchsorted(self.times, at, side="right")], dtype=np.float64)

    def time_until(self, share: Floats) -> Floats:
        """Give the first time at which no more than this share waits; infinite where more wait at the end."""
        step = np.searchsorted(-self.still_waiting, -(share + ROUNDING), side="left")
        reached = np.concatenate([self.times, [np.inf]])
        return np.asarray(np.where(share >= 1, 0.0, reached[step]), dtype=np.float64)


def fit_waiting_curve(*, times: Floats, is_over: Bools, min_waiting: int) -> WaitingCurve:
    """Estimate a curve from waits that are over and waits that are not (Kaplan, Meier 1958).

    Args:
        times: how long each wait has lasted, ≥0, shape (n,).
        is_over: whether it ended then; if not, it lasted at least as long. Shape (n,).
        min_waiting: the curve ends where fewer waits than this have lasted as long.

    Returns:
        The curve.
    """
    order = np.argsort(times, kind="stable")
    distinct, first = np.unique(times[order], return_index=True)
    if not len(distinct):
        return WaitingCurve(np.zeros(0), np.zeros(0))
    ended = np.add.reduceat(is_over[order].astype(np.int64), first)
    waiting = len(times) - first
    is_known = waiting >= min_waiting
    still_waiting = np.cumprod(1 - ended[is_known] / waiting[is_known])
    return WaitingCurve(distinct[is_known].astype(np.float64), np.asarray(still_waiting, dtype=np.float64))
