"""Purchase histories, counted: how customers become the few distinct rows that a fit needs.

Belongs here: counting equal histories and, where there are too many, coarsening them without moving any
mean. Does not belong here: how a history follows from orders (`orchestration/kpi/queries/`).
"""

from __future__ import annotations

import polars as pl

from models.settings import ModelSettings

HISTORY = ("frequency", "recency_days", "age_days")


def count_histories(*, histories: pl.DataFrame, settings: ModelSettings) -> pl.DataFrame:
    """Count customers with equal (frequency, recency, age).

    Above the row limit of the settings, recency and age are grouped in steps (weeks) and each group is
    represented by its mean, so that the fit's cost is bounded and total time stays what it was. Where the
    rows are still too many, the step is doubled until they are not.

    Args:
        histories: `frequency`, `recency_days`, `age_days`, whole numbers; optionally `customers` where rows
            are counted already. Not changed.
        settings: limit and step.

    Returns:
        `frequency`, `recency_days`, `age_days` (Float64), `customers`; sorted by the first three.
    """
    weighted = histories if "customers" in histories.columns else histories.with_columns(customers=pl.lit(1))
    counted = weighted.group_by(HISTORY).agg(pl.col("customers").cast(pl.Int64).sum())
    exact, step_days = counted, settings.cltv_fit_step_days
    oldest = exact.select(pl.col("age_days").max()).item() or 0
    while counted.height > settings.cltv_max_fit_histories and step_days <= oldest:
        counted = _in_steps(counted=exact, step_days=step_days)
        step_days *= 2
    return counted.with_columns(pl.col("recency_days", "age_days").cast(pl.Float64)).sort(HISTORY)


def count_spending(*, spending: pl.DataFrame, settings: ModelSettings) -> pl.DataFrame:
    """Count customers with equal (frequency, mean money per repeat purchase day).

    Above the row limit money is grouped by its leading digits and represented by the group's mean. Money is
    counted in whole cents on the way: sums of integers do not depend on the order of rows.

    Args:
        spending: `frequency` (≥1), `repeat_money` (money of all repeat purchase days, >0).
        settings: limit and digits.

    Returns:
        `frequency`, `monetary_value` (Float64), `customers`; sorted by the first two.
    """
    counted = (
        spending.select(
            "frequency",
            repeat_cents=(pl.col("repeat_money").cast(pl.Float64) * 100).round().cast(pl.Int64),
        )
        .group_by("frequency", "repeat_cents")
        .agg(customers=pl.len().cast(pl.Int64))
    )
    keys = ["frequency", "repeat_cents"]
    if counted.height > settings.cltv_max_fit_histories:
        leading = pl.col("repeat_cents").cast(pl.Float64).round_sig_figs(settings.cltv_fit_money_digits)
        counted = counted.with_columns(leading=leading)
        keys = ["frequency", "leading"]
    return (
        counted.group_by(keys)
        .agg(cents=(pl.col("repeat_cents") * pl.col("customers")).sum(), customers=pl.col("customers").sum())
        .select(
            "frequency",
            monetary_value=pl.col("cents") / pl.col("customers") / pl.col("frequency") / 100,
            customers="customers",
        )
        .sort("frequency", "monetary_value", "customers")
    )


def _in_steps(*, counted: pl.DataFrame, step_days: int) -> pl.DataFrame:
    mean = [
        ((pl.col(name).cast(pl.Int64) * pl.col("customers")).sum() / pl.col("customers").sum()).alias(name)
        for name in ("recency_days", "age_days")
    ]
    return (
        counted.group_by(
            "frequency",
            recency_step=pl.col("recency_days") // step_days,
            age_step=pl.col("age_days") // step_days,
        )
        .agg(*mean, pl.col("customers").sum())
        .select(*HISTORY, "customers")
    )
