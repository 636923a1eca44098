"""The numbers the statistics need, read from the rows of `seeds/model_settings.csv`.

Belongs here: names, types and bounds of settings. Does not belong here: any value of a setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from models.setting_rows import Bounds, ReadBy, Values


def _crm_start_date(values: Values) -> date | None:
    """Read a day written as the number YYYYMMDD; 0, or no row, is none."""
    number = values.get("crm_start_date", 0.0)
    if number == 0:
        return None
    try:
        return datetime.strptime(f"{number:.0f}", "%Y%m%d").date()
    except ValueError:
        raise ValueError("crm_start_date is no day YYYYMMDD") from None


def _fit_penalizers(values: Values) -> tuple[float, ...]:
    """Read the rows `fit_penalizer_…`, the mildest first."""
    ladder = tuple(sorted(value for name, value in values.items() if name.startswith("fit_penalizer_")))
    if not ladder or ladder[0] < 0:
        raise ValueError("fit_penalizer_1")
    return ladder


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """All settings of the statistics; each attribute is the row of the same name.

    Attributes:
        confidence_level: two-sided level of every interval, 0–1.
        repeat_window_short_days: shorter window of repeat purchase and retention.
        repeat_window_long_days: longer one.
        retention_history_months: months of rolling retention that are computed.
        crm_start_date: day on which the CRM began; None where the shop has not said (0 or no row).
        festival_days_after: days that a festival is followed after its last day.
        festival_ordinary_reach_days: days before and after a festival in which its ordinary days are looked for.
        festival_ordinary_min_days: ordinary days that must lie on each side for a lift.
        festival_effect_min_orders: repeat orders that each side and the festival must have for a lift.
        campaign_effect_days: days after a message within which its receivers' orders count.
        cltv_horizon_days: how far customer value looks ahead.
        cltv_discount_steps: equal steps of the horizon, each discounted at its end.
        cltv_yearly_discount_rate: 0.1 means that money in a year is worth 1/1.1 today.
        cltv_holdout_days: length of the holdout that the forecast is tried on.
        cltv_long_holdout_days: length of the holdout where the shop is old enough for it.
        cltv_long_holdout_min_known_days: days since the first order from which it is.
        cltv_min_repeat_buyers: fewer repeat buyers than this and nothing is fitted.
        cltv_max_fit_histories: above this many distinct histories time and money are coarsened for the fit.
        cltv_fit_step_days: step of time when coarsened.
        cltv_fit_money_digits: significant digits that group money when coarsened.
        cltv_max_money_correlation: frequency–money correlation above which the card warns.
        cltv_max_correction: distance of the correction from 1 beyond which nothing is published.
        cltv_money_is_margin: whether value is counted in margin instead of net revenue.
        cltv_min_cost_coverage: share of item revenue whose cost must be known to count in margin.
        cltv_bootstrap_draws: draws behind an interval of a segment's value.
        cltv_bootstrap_customers: customers who represent a segment in these draws.
        cltv_bootstrap_seed: decides the draws.
        fit_penalizers: coefficients of the retry ladder, in order.
    """

    confidence_level: Annotated[float, Bounds(below=1)]
    repeat_window_short_days: Annotated[int, Bounds(below="repeat_window_long_days")]
    repeat_window_long_days: int
    retention_history_months: int
    crm_start_date: Annotated[date | None, ReadBy(_crm_start_date)]
    festival_days_after: Annotated[int, Bounds(least=0)]
    festival_ordinary_reach_days: int
    festival_ordinary_min_days: int
    festival_effect_min_orders: int
    campaign_effect_days: int
    cltv_horizon_days: float
    cltv_discount_steps: int
    cltv_yearly_discount_rate: Annotated[float, Bounds(least=0)]
    cltv_holdout_days: int
    cltv_long_holdout_days: int
    cltv_long_holdout_min_known_days: int
    cltv_min_repeat_buyers: int
    cltv_max_fit_histories: int
    cltv_fit_step_days: int
    cltv_fit_money_digits: int
    cltv_max_money_correlation: Annotated[float, Bounds(least=0)]
    cltv_max_correction: float
    cltv_money_is_margin: Annotated[bool, Bounds(least=0)]
    cltv_min_cost_coverage: Annotated[float, Bounds(least=0, most=1)]
    cltv_bootstrap_draws: int
    cltv_bootstrap_customers: int
    cltv_bootstrap_seed: Annotated[int, Bounds(least=0)]
    fit_penalizers: Annotated[tuple[float, ...], ReadBy(_fit_penalizers)]

    @property
    def repeat_windows_days(self) -> tuple[int, int]:
        """Windows of repeat purchase and retention, ascending."""
        return self.repeat_window_short_days, self.repeat_window_long_days
