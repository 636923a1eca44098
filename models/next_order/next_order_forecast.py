"""When a customer orders next: the waits of all customers, each measured in the waiting customer's own gap.

Time is counted in expected gaps (`models/next_order/order_gaps.py`), so that a wait of ten days is long for one customer and
short for another. For customers with no gap, one, two or three, and so on there is one curve of how many still wait
(`models/next_order/waiting_curves.py`). What is left of a wait that has lasted some time follows from the curve beyond it.

Belongs here: these curves, and dates from them. Does not belong here: quality (`models/next_order/next_order_quality.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from models.arrays import Floats, Ints
from models.frames import require_columns
from models.next_order.next_order_settings import NextOrderSettings
from models.next_order.order_gaps import MILLION, GapPrior, expected_gaps, fit_gap_prior
from models.next_order.waiting_curves import WaitingCurve, fit_waiting_curve
from models.withholding import WithheldError

OPEN_WAIT = ("customer_id", "gaps", "log_gaps_millionths", "waited_days")
"""A customer on a day: completed gaps, the sum of their logarithms, days since the last order."""
WAIT = (*OPEN_WAIT, "is_over")
"""The same at any order, with the days until the next one, or until the day if there is none."""
OWN_GAP, SHOP_GAP = "own_gap", "shop_gap"
ROUNDING = 1e-9
"""Days by which a date may miss a whole day through rounding in division."""


@dataclass(frozen=True, kw_only=True)
class NextOrderModel:
    """What must stay the same between training and scoring.

    Attributes:
        prior: the shop's gaps.
        curves: of the classes of customers by number of gaps, the first one without a gap.
    """

    prior: GapPrior
    curves: tuple[WaitingCurve, ...]


def fit_next_order(*, waits: pl.DataFrame, settings: NextOrderSettings) -> NextOrderModel:
    """Fit the shop's gaps, and a curve for each class of customers.

    Args:
        waits: the columns of `WAIT`, one row per order day and customer. Not changed.
        settings: classes, and how much a curve needs.

    Returns:
        The model; a class with too few gaps shares the curve of the class below it.

    Raises:
        ValueError: a column is missing.
        WithheldError: there are too few completed gaps for a single curve.
    """
    require_columns(frame=waits, columns=WAIT, name="waits")
    over = int(waits["is_over"].sum())
    if over < settings.next_order_min_gaps:
        raise WithheldError(
            f"There are {over} gaps between orders; {settings.next_order_min_gaps} are needed."
        )
    prior = fit_gap_prior(waits=waits)
    lasted = _days(waits) / _expected(waits, prior)
    is_over = waits["is_over"].to_numpy().astype(bool)
    classes = _gap_classes(waits, settings)
    curve_of_class = _curve_of_class(np.bincount(classes[is_over]), settings)
    curves = [
        fit_waiting_curve(
            times=lasted[curve_of_class[classes] == number],
            is_over=is_over[curve_of_class[classes] == number],
            min_waiting=settings.next_order_min_waiting,
        )
        for number in range(int(curve_of_class.max()) + 1)
    ]
    return NextOrderModel(prior=prior, curves=tuple(curves[number] for number in curve_of_class))


def foretell_next_order(
    *, model: NextOrderModel, open_waits: pl.DataFrame, settings: NextOrderSettings
) -> pl.DataFrame:
    """Tell for each customer when half of such customers will have ordered again.

    Args:
        model: the fit.
        open_waits: the columns of `OPEN_WAIT`, one row per customer; `waited_days` ≥0. Not changed.
        settings: horizon and level of the interval.

    Returns:
        In the order of `open_waits`: `customer_id`; `expected_gap_days`; `basis` (`own_gap` where the own gaps weigh
        at least as much as the shop's); `order_probability` within the horizon; `next_order_days` from today, ≥1,
        null where fewer than half order within the horizon; `earliest_days`, and `latest_days`, null where it lies
        beyond the horizon, which leaves the interval open; `interval_probability`, what the interval holds.

    Raises:
        ValueError: a column is missing.
    """
    require_columns(frame=open_waits, columns=OPEN_WAIT, name="open_waits")
    classes, gap = _gap_classes(open_waits, settings), _expected(open_waits, model.prior)
    waited, horizon = _days(open_waits), float(settings.next_order_horizon_days)
    tail = (1 - settings.next_order_interval_level) / 2
    quantiles = (0.5, tail, 1 - tail)
    days = np.full((len(quantiles), len(gap)), np.inf)
    ordered_by = np.zeros((3, len(gap)))
    for number, curve in enumerate(model.curves):
        own = classes == number
        asked = _Residual(curve=curve, waited=waited[own], gap=gap[own])
        days[:, own] = [asked.days_until(quantile) for quantile in quantiles]
        for row, until in enumerate((np.full(own.sum(), horizon), days[1, own] - 1, days[2, own])):
            ordered_by[row, own] = asked.share_ordered(np.minimum(until, horizon))
    days[days > horizon] = np.inf
    held = np.where(np.isinf(days[2]), 1.0, ordered_by[2]) - ordered_by[1]
    basis = np.where(open_waits["gaps"].to_numpy() >= model.prior.weight_in_gaps, OWN_GAP, SHOP_GAP)
    told = np.where(np.isinf(days[0]), np.inf, days)
    return open_waits.select(
        "customer_id",
        expected_gap_days=pl.Series(gap),
        basis=pl.Series(basis, dtype=pl.String),
        order_probability=pl.Series(ordered_by[0]),
        next_order_days=_whole(told[0]),
        earliest_days=_whole(told[1]),
        latest_days=_whole(told[2]),
        interval_probability=pl.Series(np.where(np.isinf(told[0]), np.nan, held)).fill_nan(None),
    )


@dataclass(frozen=True, eq=False)
class _Residual:
    """What is left of waits that have lasted some days already, all of them on one curve."""

    curve: WaitingCurve
    waited: Floats
    gap: Floats

    @property
    def so_far(self) -> Floats:
        """How long the waits have lasted, in gaps."""
        return np.asarray((self.waited + ROUNDING) / self.gap, dtype=np.float64)

    def days_until(self, quantile: float) -> Floats:
        """Give the first whole day, ≥1, by which this share has ordered; infinite where the curve does not tell."""
        ends = self.curve.time_until(self.curve.share_waiting(self.so_far) * (1 - quantile)) * self.gap
        days = np.maximum(np.ceil(ends - self.waited - ROUNDING), 1.0)
        return np.where(self.so_far < self.curve.end, days, np.inf)

    def share_ordered(self, days: Floats) -> Floats:
        """Give the share that orders within so many days from now."""
        still = self.curve.share_waiting(self.so_far)
        later = self.curve.share_waiting((self.waited + days + ROUNDING) / self.gap)
        return 1 - np.divide(later, still, out=np.ones_like(later), where=still > 0)


def _days(frame: pl.DataFrame) -> Floats:
    return np.asarray(frame["waited_days"].to_numpy(), dtype=np.float64)


def _expected(frame: pl.DataFrame, prior: GapPrior) -> Floats:
    gaps, millionths = (frame[name].to_numpy().astype(np.float64) for name in ("gaps", "log_gaps_millionths"))
    return expected_gaps(prior=prior, gaps=gaps, log_gaps=millionths / MILLION)


def _gap_classes(frame: pl.DataFrame, settings: NextOrderSettings) -> Ints:
    """Number the classes: 0 for no gap, 1 for one, 2 for two or three, each twice as wide as the one before."""
    edges = 2 ** np.arange(settings.next_order_gap_classes - 1)
    return np.searchsorted(edges, frame["gaps"].to_numpy(), side="right").astype(np.int64)


def _curve_of_class(over: Ints, settings: NextOrderSettings) -> Ints:
    """Give each class a curve: its own, or that of the class below where its completed gaps are too few.

    The lowest classes share the first curve that has enough; where none has, all share one.
    """
    classes = np.arange(settings.next_order_gap_classes)
    enough = np.flatnonzero(over >= settings.next_order_min_gaps)
    return np.maximum(np.searchsorted(enough, classes, side="right") - 1, 0)


def _whole(days: Floats) -> pl.Series:
    return pl.Series(np.where(np.isinf(days), np.nan, days)).fill_nan(None).cast(pl.Int32)
