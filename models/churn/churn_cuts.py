"""Days at which the churn model looks back, and what came after them.

Belongs here: the cuts, who had left after one, the training sample, and whether there is enough to learn from. Does
not belong here: features, fits, figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from models.arrays import Bools
from models.churn.churn_features import OBSERVED
from models.churn.churn_settings import ChurnSettings
from models.frames import require_columns
from models.withholding import WithheldError


@dataclass(frozen=True, kw_only=True)
class Cut:
    """Customers as they were known at the end of a day, and who came back after it.

    Attributes:
        cut_date: the day.
        customers: `customer_id` and the columns of `models.churn.churn_features.OBSERVED`, one row per customer who
            had placed an order.
        outcomes: `customer_id`, `order_days`, `net_revenue` of those with a successful order in the horizon
            after the day.
    """

    cut_date: date
    customers: pl.DataFrame
    outcomes: pl.DataFrame


def churn_cuts(*, as_of: date, settings: ChurnSettings) -> tuple[date, date]:
    """Give the training cut and the test cut: the latest days whose outcomes end in time."""
    later = as_of - timedelta(days=settings.churn_horizon_days)
    return later - timedelta(days=settings.churn_horizon_days + settings.churn_gap_days), later


def demand_time_between(*, earlier: date, later: date, as_of: date, settings: ChurnSettings) -> None:
    """Refuse cuts whose outcomes reach beyond the next cut or the as-of date.

    Raises:
        ValueError: they do.
    """
    horizon = settings.churn_horizon_days
    if (later - earlier).days < horizon + settings.churn_gap_days or (as_of - later).days < horizon:
        raise ValueError("the outcome of a cut must end before the next cut, and before the as-of date")


def count_answers(*, training: Cut, test: Cut, settings: ChurnSettings) -> dict[str, object]:
    """Count customers and leavers at both cuts.

    Returns:
        `training_customers`, `training_churned`, `test_customers`, `test_churned`.

    Raises:
        WithheldError: too few stayed or left.
    """
    facts: dict[str, object] = {}
    least = settings.churn_min_class_customers
    for name, cut in (("training", training), ("test", test)):
        left = int(is_churned(customers=cut.customers, outcomes=cut.outcomes).sum())
        stayed = cut.customers.height - left
        facts |= {f"{name}_customers": cut.customers.height, f"{name}_churned": left}
        if min(left, stayed) < least:
            raise WithheldError(
                f"After the {name} cut {cut.cut_date} {stayed} customers stayed and {left} left; at least "
                f"{least} of each are needed."
            )
    return facts


def draw_sample(*, customers: pl.DataFrame, settings: ChurnSettings) -> pl.DataFrame:
    """Draw the training rows; sorted first, so that equal customers give an equal sample.

    Args:
        customers: as of `Cut.customers`.
        settings: size of the sample and seed.

    Returns:
        Rows of `customers`, sorted by customer; all of them where they are no more than the size.

    Raises:
        ValueError: a column is missing.
    """
    require_columns(frame=customers, columns=("customer_id", *OBSERVED), name="customers")
    ordered = customers.sort("customer_id")
    if ordered.height <= settings.churn_max_training_customers:
        return ordered
    drawn = np.random.default_rng(settings.churn_seed).choice(
        ordered.height, size=settings.churn_max_training_customers, replace=False
    )
    return ordered[np.sort(drawn)]


def is_churned(*, customers: pl.DataFrame, outcomes: pl.DataFrame) -> Bools:
    """Tell who had no successful order; rows in the order of `customers`."""
    came_back = outcomes.filter(pl.col("order_days") > 0)["customer_id"]
    return (~customers["customer_id"].is_in(came_back.implode())).to_numpy()
