"""The numbers of the KPIs, read from the rows of `seeds/model_settings.csv`.

Belongs here: names and bounds of settings. Does not belong here: any value of a setting.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import polars as pl

from models.frames import require_columns


@dataclass(frozen=True, kw_only=True)
class KpiSettings:
    """Settings of the KPIs, all whole numbers, above 0 where not said otherwise; each attribute is the row of the same name.

    Attributes:
        kpi_cross_sell_days: days in which a buyer of a category may buy another one.
        kpi_path_register_days: days in which a visitor may register.
        kpi_path_first_order_days: days in which a registered customer may order.
        kpi_path_second_order_days: days in which a first-time buyer may order again.
        kpi_path_loyal_days: days in which a second-time buyer may become loyal.
        kpi_path_loyal_orders: successful orders from which a customer is loyal, ≥3.
        kpi_return_refund_days: days in which the refund may follow a return ticket.
        kpi_registration_coverage_days: days in which a registration may follow an account's first order.
        kpi_history_months: months of `kpi_monthly`.
        kpi_previous_max_missing_days: days before the first order that a compared period may begin with, ≥0.
    """

    kpi_cross_sell_days: int
    kpi_path_register_days: int
    kpi_path_first_order_days: int
    kpi_path_second_order_days: int
    kpi_path_loyal_days: int
    kpi_path_loyal_orders: int
    kpi_return_refund_days: int
    kpi_registration_coverage_days: int
    kpi_history_months: int
    kpi_previous_max_missing_days: int


LEAST = {"kpi_path_loyal_orders": 3, "kpi_previous_max_missing_days": 0}
"""Bounds other than 1: the step before loyal is the second order; nothing need be missing."""


def parse_kpi_settings(*, rows: pl.DataFrame) -> KpiSettings:
    """Turn the seed's rows into typed settings; rows of models are passed over.

    Args:
        rows: columns `setting`, `value`; at most one row per setting (the one valid at the as-of date).

    Returns:
        The settings.

    Raises:
        ValueError: a setting is missing, stands twice, is no whole number, or lies outside its bounds.
    """
    require_columns(frame=rows, columns=("setting", "value"), name="model_settings")
    names = [field.name for field in fields(KpiSettings)]
    asked = rows.filter(pl.col("setting").is_in(names), pl.col("value").is_not_null())
    if asked["setting"].is_duplicated().any():
        raise ValueError("model_settings holds a setting twice")
    values = dict(asked.select("setting", pl.col("value").cast(pl.Float64)).iter_rows())
    missing = [name for name in names if name not in values]
    if missing:
        raise ValueError(f"model_settings lacks the row {missing[0]}")
    wrong = [n for n in names if values[n] < LEAST.get(n, 1) or values[n] != int(values[n])]
    if wrong:
        raise ValueError(f"model_settings out of bounds: {', '.join(wrong)}")
    return KpiSettings(**{name: int(values[name]) for name in names})
