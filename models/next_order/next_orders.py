"""The next order: when each customer will probably order again, and what is due to be bought again.

Two days in time. The waits up to a cut, one horizon before the as-of date, are fitted and foretell who orders when after
it; if that holds, the waits up to the as-of date are fitted and foretell the days after it. A wait that is not over
yet counts as one that has lasted so long already.

Belongs here: that course, the card, and every reason to withhold. Does not belong here: fits, figures, the published
table, or the rule of repurchase (`orchestration/kpi/queries/repurchases.sql`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import polars as pl

from models.drift import demand_no_drift, stability_indexes
from models.frames import require_columns
from models.model_cards import Findings, build_card
from models.next_order.next_order_forecast import (
    OPEN_WAIT,
    NextOrderModel,
    fit_next_order,
    foretell_next_order,
)
from models.next_order.next_order_quality import (
    actual_days,
    demand_better,
    measure_baselines,
    measure_forecast,
)
from models.next_order.next_order_settings import NextOrderSettings
from models.next_order.next_order_table import REPURCHASE_SCHEMA, build_next_orders
from models.withholding import WithheldError

PRAISE = (
    "Misses the next order by fewer days than every baseline on a holdout in time, and its intervals hold."
)
DRIFTING = ("gaps", "waited_days", "expected_gap_days")


@dataclass(frozen=True, kw_only=True)
class KnownWaits:
    """What is known of waits at the end of a day.

    Attributes:
        day: the day.
        waits: the columns of `models.next_order.next_order_forecast.WAIT`, one row per order day of the customers who train.
        open_waits: the columns of `OPEN_WAIT`, one row per customer who had placed an order.
    """

    day: date
    waits: pl.DataFrame
    open_waits: pl.DataFrame


@dataclass(frozen=True, kw_only=True)
class NextOrderResult:
    """Dates and the card that explains them.

    Attributes:
        next_orders: columns of `models.next_order.next_order_table.NEXT_ORDERS_SCHEMA`, one row per customer of `repurchases`.
        card: one row, columns of `models.model_cards.CARD_SCHEMA`.
    """

    next_orders: pl.DataFrame
    card: pl.DataFrame


@dataclass(frozen=True, kw_only=True)
class _Course:
    """One course of training, test and scoring; it notes for the card what it finds on the way."""

    settings: NextOrderSettings
    found: Findings = field(default_factory=Findings)

    def prove(self, *, cut: KnownWaits, outcomes: pl.DataFrame) -> None:
        """Fit up to the cut, test after it, and refuse what a baseline beats."""
        actual = actual_days(open_waits=cut.open_waits, outcomes=outcomes)
        self._demand_enough(customers=len(actual), ordered=int((actual < float("inf")).sum()), day=cut.day)
        model = fit_next_order(waits=cut.waits, settings=self.settings)
        self.found.parameters.update(_parameters(model, cut))
        self.found.trained_on = cut.day
        forecast = foretell_next_order(model=model, open_waits=cut.open_waits, settings=self.settings)
        tested = measure_forecast(forecast=forecast, actual=actual, settings=self.settings)
        measured = measure_baselines(
            waits=cut.waits, open_waits=cut.open_waits, actual=actual, settings=self.settings
        )
        self.found.metrics["test"] = tested
        self.found.cut_date = cut.day
        self.found.baselines.update(measured)
        demand_better(model=tested, baselines=measured, settings=self.settings)

    def foretell(self, *, cut: KnownWaits, today: KnownWaits) -> pl.DataFrame:
        """Fit anew on all that is known and foretell, unless today's customers have become others."""
        model = fit_next_order(waits=today.waits, settings=self.settings)
        self.found.parameters["refitted"] = _parameters(model, today)
        self.found.trained_on = today.day
        before, after = (
            known.open_waits.join(
                foretell_next_order(model=model, open_waits=known.open_waits, settings=self.settings),
                on="customer_id",
            )
            for known in (cut, today)
        )
        indexes = stability_indexes(before=before, after=after, columns=DRIFTING, settings=self.settings)
        self.found.metrics["stability_indexes"] = indexes
        demand_no_drift(
            indexes=indexes, settings=self.settings, since="the cut of the test", what="customers"
        )
        return after

    def _demand_enough(self, *, customers: int, ordered: int, day: date) -> None:
        self.found.metrics.update(test_customers=customers, test_ordered=ordered)
        least = self.settings.next_order_min_class_customers
        if min(ordered, customers - ordered) < least:
            raise WithheldError(
                f"After the cut {day} {ordered} customers ordered and {customers - ordered} did not; at least "
                f"{least} of each are needed."
            )


def next_order_cut(*, as_of: date, settings: NextOrderSettings) -> date:
    """Give the cut of the test: the latest day whose horizon ends in time."""
    return as_of - timedelta(days=settings.next_order_horizon_days)


def compute_next_orders(
    *,
    cut: KnownWaits,
    outcomes: pl.DataFrame,
    today: KnownWaits,
    repurchases: pl.DataFrame,
    settings: NextOrderSettings,
) -> NextOrderResult:
    """Tell the next order of every buyer, or say why none is told.

    Args:
        cut: what was known at the cut of the test.
        outcomes: `customer_id`, `days_until_order` of those who ordered within the horizon after the cut.
        today: what is known on the as-of date.
        repurchases: columns of `REPURCHASE_SCHEMA`, one row per customer with a successful order; a rule, not a
            model, so it is told whatever the card says.
        settings: horizon, classes, margins, limits.

    Returns:
        The table and the card.

    Raises:
        ValueError: a column is missing, or the horizon of the cut reaches beyond the as-of date.
    """
    require_columns(frame=repurchases, columns=REPURCHASE_SCHEMA, name="repurchases")
    require_columns(frame=outcomes, columns=("customer_id", "days_until_order"), name="outcomes")
    for known in (cut, today):
        require_columns(frame=known.open_waits, columns=OPEN_WAIT, name="open_waits")
    if cut.day > next_order_cut(as_of=today.day, settings=settings):
        raise ValueError("the horizon after the cut must end before the as-of date")
    course, forecast = _Course(settings=settings), None
    try:
        course.prove(cut=cut, outcomes=outcomes)
        forecast = course.foretell(cut=cut, today=today)
        reason = PRAISE
    except WithheldError as withheld:
        reason = str(withheld)
    card = build_card(
        model="next_order", found=course.found, is_published=forecast is not None, reason=reason
    )
    return NextOrderResult(
        next_orders=build_next_orders(repurchases=repurchases, forecast=forecast, today=today.day), card=card
    )


def _parameters(model: NextOrderModel, known: KnownWaits) -> dict[str, object]:
    return {
        "typical_gap_days": model.prior.typical_gap_days,
        "within_variance": model.prior.within_variance,
        "between_variance": model.prior.between_variance,
        "training_waits": known.waits.height,
        "training_gaps": int(known.waits["is_over"].sum()),
        "still_waiting_at_end_by_class": {
            str(number): float(curve.still_waiting[-1]) if len(curve.times) else None
            for number, curve in enumerate(model.curves)
        },
    }
