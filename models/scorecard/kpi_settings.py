"""The numbers of the KPIs, read from the rows of `seeds/model_settings.csv`.

Belongs here: names and bounds of settings. Does not belong here: any value of a setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from models.setting_rows import Bounds


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
    kpi_path_loyal_orders: Annotated[int, Bounds(least=3)]
    kpi_return_refund_days: int
    kpi_registration_coverage_days: int
    kpi_history_months: int
    kpi_previous_max_missing_days: Annotated[int, Bounds(least=0)]
