"""Scores of single customers from fitted models.

Belongs here: one row per buyer with chance of being active, expected orders and value. Does not belong here:
whether the models may be trusted (`models/customer_value/cltv_trial.py`).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from models.arrays import Floats
from models.customer_value.btyd_parameters import AnyPurchaseModel, SpendModel
from models.customer_value.btyd_predictions import (
    discounted_purchases,
    expected_order_value,
    expected_purchases,
    probability_alive,
)
from models.customer_value.histories import HISTORY
from models.settings import ModelSettings

SCORE_SCHEMA = pl.Schema(
    {
        "customer_id": pl.String,
        "frequency": pl.Int32,
        "recency_days": pl.Int32,
        "age_days": pl.Int32,
        "monetary_value": pl.Float64,
        "p_alive": pl.Float64,
        "expected_orders_12m": pl.Float64,
        "expected_order_value": pl.Float64,
        "cltv_12m": pl.Float64,
    }
)


def score_customers(
    *,
    histories: pl.DataFrame,
    purchases: AnyPurchaseModel,
    spend: SpendModel,
    factor: float,
    first_counts: bool,
    settings: ModelSettings,
) -> pl.DataFrame:
    """Score every buyer.

    Args:
        histories: `customer_id`, `frequency`, `recency_days`, `age_days`, `first_money` (money of the
            first purchase day), `repeat_money` (money of all others).
        purchases: fitted purchase model.
        spend: fitted spend model.
        first_counts: whether the money of the first purchase day says something about the next ones.
        factor: correction of expected purchase days; 1 corrects nothing.
        settings: horizon, steps and discount rate.

    Returns:
        Columns of `SCORE_SCHEMA`, sorted by customer. `monetary_value` (mean money per repeat purchase day)
        is null for one-time buyers; `cltv_12m` = discounted expected purchase days × expected order value; purchase
        days are corrected by the factor, the chance to be active is not.
    """
    ordered = histories.sort("customer_id")
    repeat_revenue = pl.col("repeat_money").cast(pl.Float64)
    monetary_value = ordered.select(
        pl.when(pl.col("frequency") > 0).then(repeat_revenue / pl.col("frequency"))
    )
    order_value = order_values(spend=spend, histories=ordered, first_counts=first_counts)
    discounted = discounted_purchases(
        model=purchases,
        histories=ordered,
        horizon_days=settings.cltv_horizon_days,
        steps=settings.cltv_discount_steps,
        yearly_rate=settings.cltv_yearly_discount_rate,
    )
    undiscounted = expected_purchases(
        model=purchases, histories=ordered, horizon_days=settings.cltv_horizon_days
    )
    return ordered.select(
        "customer_id",
        *HISTORY,
        monetary_value=monetary_value.to_series(),
        p_alive=pl.Series(probability_alive(model=purchases, histories=ordered)),
        expected_orders_12m=pl.Series(undiscounted * factor),
        expected_order_value=pl.Series(order_value),
        cltv_12m=pl.Series(discounted * factor * order_value),
    ).cast(SCORE_SCHEMA)


def order_values(*, spend: SpendModel, histories: pl.DataFrame, first_counts: bool) -> Floats:
    """Give the money expected per future purchase day.

    Args:
        spend: fitted spend model.
        histories: `frequency`, `first_money`, `repeat_money`.
        first_counts: whether the first purchase day is one more observation of what the customer spends.

    Returns:
        Money per purchase day, shape (n,). Refunds can turn an own mean negative; it counts as 0, because such a
        customer is worth nothing, not less than nothing.
    """
    frequency, first, repeat = (
        histories[name].cast(pl.Float64).to_numpy() for name in ("frequency", "first_money", "repeat_money")
    )
    observed, money = (frequency + 1, first + repeat) if first_counts else (frequency, repeat)
    own_mean = np.maximum(money, 0.0) / np.maximum(observed, 1.0)
    return expected_order_value(model=spend, frequency=observed, monetary_value=own_mean)
