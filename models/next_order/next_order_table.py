"""The published table of next orders: dates from days, and what is due to be bought again beside them.

Belongs here: its columns, and why a date is missing. Does not belong here: how days come about.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from models.frames import require_columns

NOT_PUBLISHED, UNLIKELY = "not_published", "unlikely_within_horizon"
DATES = {
    "next_order_date": "next_order_days",
    "earliest_next_order_date": "earliest_days",
    "latest_next_order_date": "latest_days",
}
REPURCHASE = {
    "due_product_category": pl.String,
    "due_product_id": pl.String,
    "repurchase_gap_days": pl.Int32,
    "repurchase_basis": pl.String,
    "repurchase_due_date": pl.Date,
    "is_repurchase_due": pl.Boolean,
}
REPURCHASE_SCHEMA = pl.Schema({"customer_id": pl.String, **REPURCHASE})
NEXT_ORDERS_SCHEMA = pl.Schema(
    {
        "customer_id": pl.String,
        "expected_gap_days": pl.Float64,
        "basis": pl.String,
        "next_order_date": pl.Date,
        "earliest_next_order_date": pl.Date,
        "latest_next_order_date": pl.Date,
        "no_date_reason": pl.String,
        **REPURCHASE,
    }
)


def build_next_orders(
    *, repurchases: pl.DataFrame, forecast: pl.DataFrame | None, today: date
) -> pl.DataFrame:
    """Set the next order of each buyer beside what is due to be bought again.

    Args:
        repurchases: columns of `REPURCHASE_SCHEMA`, one row per customer with a successful order.
        forecast: columns of `models.next_order.next_order_forecast.foretell_next_order`, one row per customer; None where no
            date may be told.
        today: the day from which days are counted.

    Returns:
        Columns of `NEXT_ORDERS_SCHEMA`, a row for each of `repurchases`, sorted by customer.

    Raises:
        ValueError: a column is missing.
    """
    require_columns(frame=repurchases, columns=REPURCHASE_SCHEMA, name="repurchases")
    if forecast is None:
        nothing = NEXT_ORDERS_SCHEMA.keys() - REPURCHASE_SCHEMA.keys()
        frame = repurchases.with_columns(pl.lit(None).alias(name) for name in sorted(nothing))
        frame = frame.with_columns(no_date_reason=pl.lit(NOT_PUBLISHED))
    else:
        dates = [
            (pl.lit(today) + pl.duration(days=pl.col(days))).cast(pl.Date).alias(name)
            for name, days in DATES.items()
        ]
        has_no_date = pl.col("next_order_days").is_null()
        frame = repurchases.join(forecast, on="customer_id", how="left").with_columns(
            *dates, no_date_reason=pl.when(has_no_date).then(pl.lit(UNLIKELY))
        )
    return frame.select(NEXT_ORDERS_SCHEMA.names()).cast(NEXT_ORDERS_SCHEMA).sort("customer_id")
