"""What a variant of a campaign brought, against another variant that was sent to others at random.

Belongs here: the ratio of orders per receiver with its interval. Does not belong here: who received what
(`orchestration/kpi/queries/campaign_groups.sql`).
"""

from __future__ import annotations

from statistics import NormalDist

import polars as pl

from models.frames import require_columns

GROUP_COLUMNS = (
    *("campaign_id", "variant", "sent_from", "sent_until", "is_over"),
    *("customers", "orders", "squared_orders"),
)
EFFECT_SCHEMA = pl.Schema(
    {
        "campaign_id": pl.String(),
        "variant": pl.String(),
        "compared_with": pl.String(),
        "sent_from": pl.Date(),
        "sent_until": pl.Date(),
        "customers": pl.Int64(),
        "orders": pl.Int64(),
        "orders_per_customer": pl.Float64(),
        "ratio": pl.Float64(),
        "ratio_low": pl.Float64(),
        "ratio_high": pl.Float64(),
    }
)


def build_campaign_effects(*, groups: pl.DataFrame, confidence: float) -> pl.DataFrame:
    """Compare every variant with the first one of its campaign.

    The interval is that of the logarithm of a ratio of two means (delta method), from how much receivers
    differ: a frequent buyer's orders are not independent of each other.

    Args:
        groups: one row per campaign and variant, columns of `GROUP_COLUMNS`: first and last day of sending,
            whether the days after it have passed for everybody, receivers, their orders in these days, and
            the sum over receivers of their squared orders.
        confidence: level of the interval, 0–1.

    Returns:
        Columns of `EFFECT_SCHEMA`. Orders are null until the days have passed; the ratio is null for the
        first variant, and where one of the two groups ordered nothing.

    Raises:
        ValueError: a column is missing.
    """
    require_columns(frame=groups, columns=GROUP_COLUMNS, name="groups")
    n, orders = pl.col("customers"), pl.col("orders")
    mean = orders / n
    spread = (pl.col("squared_orders") - n * mean**2) / (n - 1)
    counted = (
        groups.sort("campaign_id", "variant")
        .with_columns(pl.when(pl.col("is_over")).then(pl.col("orders", "squared_orders")))
        .with_columns(
            orders_per_customer=mean,
            relative_variance=pl.when((orders > 0) & (n > 1)).then(spread / (n * mean**2)),
        )
        .with_columns(
            pl.col("variant", "orders_per_customer", "relative_variance")
            .first()
            .over("campaign_id")
            .name.prefix("first_")
        )
    )
    reach = (
        NormalDist().inv_cdf((1 + confidence) / 2)
        * (pl.col("relative_variance") + pl.col("first_relative_variance")).sqrt()
    )
    ratio = pl.col("orders_per_customer") / pl.col("first_orders_per_customer")
    is_other = pl.col("variant") != pl.col("first_variant")
    return (
        counted.with_columns(compared_with=pl.when(is_other).then("first_variant"))
        .with_columns(ratio=pl.when(is_other & reach.is_not_null()).then(ratio))
        .with_columns(ratio_low=pl.col("ratio") * (-reach).exp(), ratio_high=pl.col("ratio") * reach.exp())
        .select(EFFECT_SCHEMA.names())
        .cast(EFFECT_SCHEMA)
    )
