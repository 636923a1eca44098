"""By how much a festival lifts what known buyers order, against the ordinary days around it.

Belongs here: which days are ordinary, and the lift with its interval. Does not belong here: counting days
(`orchestration/kpi/queries/daily_sales.sql`), the calendar (`seeds/festivals.csv`), or this year beside last
year (`models/effects/festivals.py`).

Repeat orders per buyer so far are a Poisson regression on weekday, time and festival (McCullagh, Nelder 1989,
"Generalized linear models", 6.2), over the festival and the ordinary days near it. Time takes in that buyers
leave and that the shop grows. The interval widens by the dispersion that the days show. It is written out here, because
neither SciPy nor scikit-learn tells the standard errors of such a regression.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from models.arrays import Floats
from models.effects.festivals import FESTIVAL_COLUMNS
from models.frames import require_columns
from models.settings import ModelSettings

DAILY_COLUMNS = ("sales_date", "repeat_orders", "new_customers")
EFFECT_SCHEMA = pl.Schema(
    {
        "festival": pl.String(),
        "festival_year": pl.Int32(),
        "label_zh": pl.String(),
        "starts_on": pl.Date(),
        "ends_on": pl.Date(),
        "festival_days": pl.Int32(),
        "ordinary_days": pl.Int32(),
        "repeat_orders": pl.Int64(),
        "ordinary_repeat_orders": pl.Float64(),
        "lift": pl.Float64(),
        "lift_low": pl.Float64(),
        "lift_high": pl.Float64(),
    }
)
MAX_STEPS = 50
ARRIVED = 1e-10


@dataclass(frozen=True, kw_only=True)
class Lift:
    """A festival's effect.

    Attributes:
        expected: repeat orders of its days, had they been ordinary.
        value: actual orders per buyer and day ÷ those of ordinary days.
        low: lower limit of the value.
        high: upper limit of the value.
    """

    expected: float
    value: float
    low: float
    high: float


def build_festival_effects(
    *, daily_sales: pl.DataFrame, festivals: pl.DataFrame, as_of: date, settings: ModelSettings
) -> pl.DataFrame:
    """Estimate the lift of every festival that the data has seen to its end.

    Args:
        daily_sales: `sales_date`, `repeat_orders` (orders of known customers after their first one),
            `new_customers`; a day without an order has no row.
        festivals: columns of `models.effects.festivals.FESTIVAL_COLUMNS`, one row per festival and year.
        as_of: last day that is known.
        settings: days around a festival, least days and orders, level of the interval.

    Returns:
        Columns of `EFFECT_SCHEMA`, one row per festival and year that lies in the data as a whole. The lift
        is null where too few ordinary days lie on one side, or too few repeat orders were placed.

    Raises:
        ValueError: a column is missing.
    """
    require_columns(frame=daily_sales, columns=DAILY_COLUMNS, name="daily_sales")
    require_columns(frame=festivals, columns=FESTIVAL_COLUMNS, name="festivals")
    if daily_sales.is_empty():
        return pl.DataFrame(schema=EFFECT_SCHEMA)
    days = _days(daily_sales=daily_sales, festivals=festivals, as_of=as_of, settings=settings)
    first_day = days.select(pl.col("sales_date").min()).item()
    seen = festivals.filter(pl.col("starts_on") >= first_day, pl.col("ends_on") <= as_of)
    rows = [
        _effect(days=days, festival=festival, settings=settings) for festival in seen.iter_rows(named=True)
    ]
    return pl.DataFrame(rows, schema=EFFECT_SCHEMA).sort("festival", "festival_year")


def estimate_lift(
    *, orders: Floats, buyers: Floats, weekday: Floats, day: Floats, in_festival: Floats, confidence: float
) -> Lift:
    """Estimate a lift from counted days.

    Args:
        orders: repeat orders of each day, shape (n,).
        buyers: customers who had bought before the day, above 0, shape (n,).
        weekday: 1 to 7, each with an order on some day, shape (n,).
        day: days since any day, shape (n,).
        in_festival: 1 on days of the festival and 0 on ordinary ones, shape (n,).
        confidence: level of the interval, 0–1.

    Returns:
        The lift; its interval is infinite where the days are too few for one.
    """
    from scipy.stats import t

    weekdays = np.unique(weekday)
    columns = [weekday == each for each in weekdays] + [(day - day.mean()) / max(np.ptp(day), 1), in_festival]
    design = np.column_stack(columns).astype(np.float64)
    exposure = np.log(buyers)
    effect = np.zeros(design.shape[1])
    effect[: len(weekdays)] = np.log(orders.sum() / buyers.sum())
    for _ in range(MAX_STEPS):
        mean = np.exp(exposure + design @ effect)
        information = (design * mean[:, None]).T @ design
        step = np.linalg.solve(information, design.T @ (orders - mean))
        effect = effect + step
        if np.abs(step).max() < ARRIVED:
            break
    mean = np.exp(exposure + design @ effect)
    freedom = len(orders) - design.shape[1]
    dispersion = max(1.0, float(((orders - mean) ** 2 / mean).sum()) / freedom)
    error = float(np.sqrt(dispersion * np.linalg.inv((design * mean[:, None]).T @ design)[-1, -1]))
    reach = float(t.ppf((1 + confidence) / 2, freedom)) * error
    lift = float(effect[-1])
    return Lift(
        expected=float((mean * in_festival).sum() / np.exp(lift)),
        value=float(np.exp(lift)),
        low=float(np.exp(lift - reach)),
        high=float(np.exp(lift + reach)),
    )


def _days(
    *, daily_sales: pl.DataFrame, festivals: pl.DataFrame, as_of: date, settings: ModelSettings
) -> pl.DataFrame:
    """Lay out every day of the data: its counts, the buyers so far, and whether a festival touches it."""
    first_day = daily_sales.select(pl.col("sales_date").min()).item()
    calendar = pl.DataFrame({"sales_date": pl.date_range(first_day, as_of, eager=True)})
    after = timedelta(days=settings.festival_days_after)
    touched = (
        festivals.select(sales_date=pl.date_ranges("warm_up_from", pl.col("ends_on") + after))
        .explode("sales_date")
        .unique()
        .with_columns(is_touched=pl.lit(True))
    )
    return (
        calendar.join(daily_sales.select(DAILY_COLUMNS), on="sales_date", how="left")
        .join(touched, on="sales_date", how="left")
        .sort("sales_date")
        .with_columns(pl.col("repeat_orders", "new_customers").fill_null(0))
        .with_columns(
            buyers=pl.col("new_customers").cum_sum() - pl.col("new_customers"),
            is_ordinary=pl.col("is_touched").is_null(),
            weekday=pl.col("sales_date").dt.weekday(),
        )
    )


def _effect(*, days: pl.DataFrame, festival: dict[str, object], settings: ModelSettings) -> dict[str, object]:
    """Estimate one festival, or leave its lift null."""
    day, starts_on, ends_on = pl.col("sales_date"), pl.lit(festival["starts_on"]), pl.lit(festival["ends_on"])
    around = timedelta(days=settings.festival_ordinary_reach_days)
    near = days.filter(day.is_between(starts_on - around, ends_on + around), pl.col("buyers") > 0)
    inside = near.filter(day.is_between(starts_on, ends_on)).with_columns(in_festival=pl.lit(1.0))
    before, after = (
        near.filter(pl.col("is_ordinary"), side).with_columns(in_festival=pl.lit(0.0))
        for side in (day < starts_on, day > ends_on)
    )
    known = {
        name: festival[name] for name in ("festival", "festival_year", "label_zh", "starts_on", "ends_on")
    }
    known |= {
        "festival_days": inside.height,
        "ordinary_days": before.height + after.height,
        "repeat_orders": inside["repeat_orders"].sum(),
    }
    counted = pl.concat([before, inside, after])
    open_weekdays = counted.filter(pl.col("repeat_orders") > 0)["weekday"].unique().implode()
    counted = counted.filter(pl.col("weekday").is_in(open_weekdays))
    enough_days = min(before.height, after.height) >= settings.festival_ordinary_min_days
    orders = [side["repeat_orders"].sum() for side in (before, inside, after)]
    if not enough_days or min(orders) < settings.festival_effect_min_orders:
        return known | dict.fromkeys(("ordinary_repeat_orders", "lift", "lift_low", "lift_high"))
    found = estimate_lift(
        orders=counted["repeat_orders"].cast(pl.Float64).to_numpy(),
        buyers=counted["buyers"].cast(pl.Float64).to_numpy(),
        weekday=counted["weekday"].cast(pl.Float64).to_numpy(),
        day=counted["sales_date"].cast(pl.Int32).cast(pl.Float64).to_numpy(),
        in_festival=counted["in_festival"].to_numpy(),
        confidence=settings.confidence_level,
    )
    return known | {
        "ordinary_repeat_orders": found.expected,
        "lift": found.value,
        "lift_low": found.low,
        "lift_high": found.high,
    }
