"""Customer value by segment: the models' expectation with its limits, and the plan's own formula beside it.

Belongs here: sums over segments. Does not belong here: what one customer is worth (`models/customer_value/cltv_scores.py`),
or which segment a customer is in (`orchestration/kpi/queries/segment_members.sql`).
"""

from __future__ import annotations

import polars as pl

from models.customer_value.btyd_predictions import DegenerateModelError
from models.customer_value.cltv_intervals import FittedValue, value_interval
from models.frames import require_columns
from models.settings import ModelSettings

MEMBERS = ("customer_id", "rfm_tier", "value_level", "orders_12m", "repeat_orders_12m", "net_revenue_12m")
SEGMENT_SCHEMA = pl.Schema(
    {
        "segment": pl.String,
        "customers": pl.Int64,
        "cltv_12m_total": pl.Float64,
        "cltv_12m_total_low": pl.Float64,
        "cltv_12m_total_high": pl.Float64,
        "cltv_12m_mean": pl.Float64,
        "orders_12m": pl.Int64,
        "repeat_orders_12m": pl.Int64,
        "net_revenue_12m": pl.Float64,
        "avg_order_value_12m": pl.Float64,
        "plan_value": pl.Float64,
    }
)


def build_cltv_segments(
    *, scores: pl.DataFrame, members: pl.DataFrame, fitted: FittedValue | None, settings: ModelSettings
) -> pl.DataFrame:
    """Sum customer value and the plan's formula over segments.

    The plan's formula, of the 12 months that end on the as-of date: average order value × repeat orders ÷
    customers.

    Args:
        scores: columns of `models.customer_value.cltv_scores.SCORE_SCHEMA`; empty where no value is published.
        members: one row per buyer, columns of `MEMBERS`: `rfm_tier` and `value_level` (null where there is
            none), `orders_12m`, `repeat_orders_12m` (orders that are not the customer's first),
            `net_revenue_12m`.
        fitted: what intervals rest on, or None where they cannot be had.
        settings: level and cost of the intervals.

    Returns:
        Columns of `SEGMENT_SCHEMA`, one row per segment (`all`, `tier:<tier>`, `value:<level>`), sorted. What
        rests on scores is null where there are none; what rests on orders is null where there were none.
    """
    require_columns(frame=members, columns=MEMBERS, name="members")
    labelled = _labelled(members)
    by_segment = labelled.join(scores.select("customer_id", "cltv_12m"), on="customer_id", how="left")
    has_scores = pl.col("cltv_12m").count() > 0
    # Whole cents and sorted rows: a sum of floats depends on their order.
    money = (pl.col("net_revenue_12m").cast(pl.Float64) * 100).round().cast(pl.Int64).sum() / 100
    summed = (
        by_segment.sort("segment", "customer_id")
        .group_by("segment", maintain_order=True)
        .agg(
            customers=pl.len(),
            cltv_12m_total=pl.when(has_scores).then(pl.col("cltv_12m").sum()),
            orders_12m=pl.col("orders_12m").sum(),
            repeat_orders_12m=pl.col("repeat_orders_12m").sum(),
            net_revenue_12m=money,
        )
    )
    average = pl.when(pl.col("orders_12m") > 0).then(pl.col("net_revenue_12m") / pl.col("orders_12m"))
    limits = _limits(scores=scores, labelled=labelled, fitted=fitted, settings=settings)
    return (
        summed.join(limits, on="segment", how="left")
        .with_columns(
            cltv_12m_mean=pl.col("cltv_12m_total") / pl.col("customers"),
            avg_order_value_12m=average,
            plan_value=average * pl.col("repeat_orders_12m") / pl.col("customers"),
        )
        .select(SEGMENT_SCHEMA.names())
        .cast(SEGMENT_SCHEMA)
        .sort("segment")
    )


def _labelled(members: pl.DataFrame) -> pl.DataFrame:
    labels = {
        "all": pl.lit("all"),
        "rfm_tier": pl.format("tier:{}", "rfm_tier"),
        "value_level": pl.format("value:{}", "value_level"),
    }
    every = [members.with_columns(segment=label) for label in labels.values()]
    return pl.concat(every).filter(pl.col("segment").is_not_null())


def _limits(
    *, scores: pl.DataFrame, labelled: pl.DataFrame, fitted: FittedValue | None, settings: ModelSettings
) -> pl.DataFrame:
    rows = []
    if fitted is not None and not scores.is_empty():
        for segment in labelled["segment"].unique().sort():
            those = labelled.filter(pl.col("segment") == segment).select("customer_id")
            of_segment = scores.join(those, on="customer_id", how="semi")
            if of_segment.is_empty():
                continue
            try:
                low, high = value_interval(group=segment, scores=of_segment, fitted=fitted, settings=settings)
            except DegenerateModelError:
                continue
            rows.append((segment, low, high))
    schema = {"segment": pl.String, "cltv_12m_total_low": pl.Float64, "cltv_12m_total_high": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")
