"""What the churn model looks at: habits up to a cut, and the purchase model's view of them.

Belongs here: which columns are features, how a history becomes scores of MBG/NBD, the matrix. Does not belong here:
how a column follows from orders, visits and tickets (`orchestration/kpi/queries/churn_features.sql`).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from models.arrays import Floats
from models.customer_value.btyd import fit_mbg_nbd
from models.customer_value.btyd_parameters import FitFailedError, PurchaseModel
from models.customer_value.btyd_predictions import DegenerateModelError, expected_purchases, probability_alive
from models.customer_value.histories import HISTORY, count_histories
from models.frames import require_columns
from models.settings import ModelSettings

OBSERVED = (
    *HISTORY,
    "days_since_last_order",
    "order_days_short",
    "order_days_middle",
    "order_days_long",
    "mean_ordered_amount",
    "discounted_share",
    "days_since_last_visit",
    "visits_short",
    "visits_middle",
    "cart_visits_middle",
    "product_views_middle",
    "tickets_long",
    "complaints_long",
    "open_tickets",
    "mean_satisfaction",
)
"""Columns of a frame of customers, beside `customer_id`; null where there is nothing to tell."""

READ_BY_PURCHASE_MODEL_ONLY = ("age_days",)
"""No feature itself: the customers of every shop that lives grow older, which would count as drift."""


@dataclass(frozen=True, kw_only=True)
class FeatureMaker:
    """What must stay the same between training and scoring.

    Attributes:
        columns: features in the order of the matrix; those that tell customers apart at the training cut.
        purchases: MBG/NBD fitted up to the training cut; None where it could not be fitted.
        horizon_days: how far its forecast looks ahead.
    """

    columns: tuple[str, ...]
    purchases: PurchaseModel | None
    horizon_days: int

    def describe(self, customers: pl.DataFrame) -> pl.DataFrame:
        """Add what follows from the observed columns.

        Args:
            customers: `customer_id` and the columns of `OBSERVED`, one row per customer.

        Returns:
            The columns of the matrix (Float64, null where unknown), rows in the order of `customers`.

        Raises:
            ValueError: a column is missing.
        """
        return _describe(
            customers=customers, purchases=self.purchases, horizon_days=self.horizon_days
        ).select(self.columns)


def make_features(*, training: pl.DataFrame, horizon_days: int, settings: ModelSettings) -> FeatureMaker:
    """Fit the purchase model up to the training cut, and keep the features that vary there.

    Args:
        training: `customer_id` and the columns of `OBSERVED` at the training cut.
        horizon_days: what is foretold, days.
        settings: limits and retry ladder of the purchase model.

    Returns:
        What turns any frame of customers into a matrix.

    Raises:
        ValueError: a column is missing.
    """
    require_columns(frame=training, columns=("customer_id", *OBSERVED), name="training")
    purchases = _fit_purchases(training=training, settings=settings)
    described = _describe(customers=training, purchases=purchases, horizon_days=horizon_days)
    varying = tuple(name for name in described.columns if described[name].n_unique() > 1)
    return FeatureMaker(columns=varying, purchases=purchases, horizon_days=horizon_days)


def matrix(described: pl.DataFrame) -> Floats:
    """Give the columns as an array, NaN where unknown; shape (rows, columns)."""
    return described.fill_null(float("nan")).to_numpy()


def _fit_purchases(*, training: pl.DataFrame, settings: ModelSettings) -> PurchaseModel | None:
    if training.filter(pl.col("frequency") > 0).height < settings.cltv_min_repeat_buyers:
        return None
    counted = count_histories(histories=training, settings=settings)
    try:
        return fit_mbg_nbd(histories=counted, penalizers=settings.fit_penalizers)
    except FitFailedError:
        return None


def _describe(*, customers: pl.DataFrame, purchases: PurchaseModel | None, horizon_days: int) -> pl.DataFrame:
    require_columns(frame=customers, columns=("customer_id", *OBSERVED), name="customers")
    alive, expected = _purchase_scores(customers=customers, purchases=purchases, horizon_days=horizon_days)
    # How many of the own mean gaps the customer has been silent; one-time buyers have no gap.
    silence = pl.when(pl.col("frequency") > 0, pl.col("recency_days") > 0).then(
        pl.col("days_since_last_order").cast(pl.Float64) * pl.col("frequency") / pl.col("recency_days")
    )
    return customers.select(
        pl.col([name for name in OBSERVED if name not in READ_BY_PURCHASE_MODEL_ONLY]).cast(pl.Float64),
        silence_in_gaps=silence,
        p_alive=alive,
        expected_order_days=expected,
    )


def _purchase_scores(
    *, customers: pl.DataFrame, purchases: PurchaseModel | None, horizon_days: int
) -> tuple[pl.Series, pl.Series]:
    unknown = pl.Series([None], dtype=pl.Float64).new_from_index(0, customers.height)
    if purchases is None or customers.is_empty():
        return unknown, unknown
    try:
        expected = expected_purchases(model=purchases, histories=customers, horizon_days=horizon_days)
    except DegenerateModelError:
        return unknown, unknown
    return pl.Series(probability_alive(model=purchases, histories=customers)), pl.Series(expected)
