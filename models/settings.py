"""The numbers the statistics need, read from the rows of `seeds/model_settings.csv`.

Belongs here: names, types and bounds of settings. Does not belong here: any value of a setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from models.frames import require_columns

PENALIZER_PREFIX = "fit_penalizer_"
CRM_START = "crm_start_date"


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """All settings of the statistics; each attribute is the row of the same name.

    Attributes:
        confidence_level: two-sided level of every interval, 0–1.
        repeat_windows_days: windows of repeat purchase and retention, ascending.
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

    confidence_level: float
    repeat_windows_days: tuple[int, ...]
    retention_history_months: int
    crm_start_date: date | None
    festival_days_after: int
    festival_ordinary_reach_days: int
    festival_ordinary_min_days: int
    festival_effect_min_orders: int
    campaign_effect_days: int
    cltv_horizon_days: float
    cltv_discount_steps: int
    cltv_yearly_discount_rate: float
    cltv_holdout_days: int
    cltv_long_holdout_days: int
    cltv_long_holdout_min_known_days: int
    cltv_min_repeat_buyers: int
    cltv_max_fit_histories: int
    cltv_fit_step_days: int
    cltv_fit_money_digits: int
    cltv_max_money_correlation: float
    cltv_max_correction: float
    cltv_money_is_margin: bool
    cltv_min_cost_coverage: float
    cltv_bootstrap_draws: int
    cltv_bootstrap_customers: int
    cltv_bootstrap_seed: int
    fit_penalizers: tuple[float, ...]


def parse_model_settings(*, rows: pl.DataFrame) -> ModelSettings:
    """Turn the seed's rows into typed settings.

    Args:
        rows: columns `setting`, `value`; at most one row per setting (the one valid at the as-of date).

    Returns:
        The settings.

    Raises:
        ValueError: a setting is missing, stands twice, is not a number, or lies outside its bounds.
    """
    require_columns(frame=rows, columns=("setting", "value"), name="model_settings")
    if rows["setting"].is_duplicated().any():
        raise ValueError("model_settings holds a setting twice")
    values = dict(rows.select("setting", pl.col("value").cast(pl.Float64)).iter_rows())
    ladder = sorted(name for name in values if name.startswith(PENALIZER_PREFIX))
    try:
        settings = ModelSettings(
            confidence_level=values["confidence_level"],
            repeat_windows_days=(
                int(values["repeat_window_short_days"]),
                int(values["repeat_window_long_days"]),
            ),
            retention_history_months=int(values["retention_history_months"]),
            crm_start_date=_parse_day(values.get(CRM_START, 0.0)),
            festival_days_after=int(values["festival_days_after"]),
            festival_ordinary_reach_days=int(values["festival_ordinary_reach_days"]),
            festival_ordinary_min_days=int(values["festival_ordinary_min_days"]),
            festival_effect_min_orders=int(values["festival_effect_min_orders"]),
            campaign_effect_days=int(values["campaign_effect_days"]),
            cltv_horizon_days=values["cltv_horizon_days"],
            cltv_discount_steps=int(values["cltv_discount_steps"]),
            cltv_yearly_discount_rate=values["cltv_yearly_discount_rate"],
            cltv_holdout_days=int(values["cltv_holdout_days"]),
            cltv_long_holdout_days=int(values["cltv_long_holdout_days"]),
            cltv_long_holdout_min_known_days=int(values["cltv_long_holdout_min_known_days"]),
            cltv_min_repeat_buyers=int(values["cltv_min_repeat_buyers"]),
            cltv_max_fit_histories=int(values["cltv_max_fit_histories"]),
            cltv_fit_step_days=int(values["cltv_fit_step_days"]),
            cltv_fit_money_digits=int(values["cltv_fit_money_digits"]),
            cltv_max_money_correlation=values["cltv_max_money_correlation"],
            cltv_max_correction=values["cltv_max_correction"],
            cltv_money_is_margin=values["cltv_money_is_margin"] == 1,
            cltv_min_cost_coverage=values["cltv_min_cost_coverage"],
            cltv_bootstrap_draws=int(values["cltv_bootstrap_draws"]),
            cltv_bootstrap_customers=int(values["cltv_bootstrap_customers"]),
            cltv_bootstrap_seed=int(values["cltv_bootstrap_seed"]),
            fit_penalizers=tuple(values[name] for name in ladder),
        )
    except KeyError as missing:
        raise ValueError(f"model_settings lacks the row {missing.args[0]}") from None
    _refuse_out_of_bounds(settings)
    return settings


def _parse_day(number: float) -> date | None:
    """Read a day written as the number YYYYMMDD; 0 is none."""
    if number == 0:
        return None
    try:
        return datetime.strptime(f"{number:.0f}", "%Y%m%d").date()
    except ValueError:
        raise ValueError(f"model_settings out of bounds: {CRM_START} is no day YYYYMMDD") from None


def _refuse_out_of_bounds(settings: ModelSettings) -> None:
    positive = (
        "retention_history_months",
        "festival_ordinary_reach_days",
        "festival_ordinary_min_days",
        "festival_effect_min_orders",
        "campaign_effect_days",
        "cltv_horizon_days",
        "cltv_discount_steps",
        "cltv_holdout_days",
        "cltv_long_holdout_days",
        "cltv_long_holdout_min_known_days",
        "cltv_min_repeat_buyers",
        "cltv_max_fit_histories",
        "cltv_fit_step_days",
        "cltv_fit_money_digits",
        "cltv_max_correction",
        "cltv_bootstrap_draws",
        "cltv_bootstrap_customers",
    )
    wrong = [name for name in positive if not getattr(settings, name) > 0]
    if not 0 < settings.confidence_level < 1:
        wrong.append("confidence_level")
    if not settings.festival_days_after >= 0:
        wrong.append("festival_days_after")
    if not settings.cltv_yearly_discount_rate >= 0:
        wrong.append("cltv_yearly_discount_rate")
    if not 0 <= settings.cltv_min_cost_coverage <= 1:
        wrong.append("cltv_min_cost_coverage")
    if not settings.fit_penalizers or min(settings.fit_penalizers) < 0:
        wrong.append("fit_penalizer_1")
    short, long = settings.repeat_windows_days
    if not 0 < short < long:
        wrong.append("repeat_window_short_days")
    if wrong:
        raise ValueError(f"model_settings out of bounds: {', '.join(sorted(wrong))}")
