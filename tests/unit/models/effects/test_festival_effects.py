"""The lift of a festival: by hand, on drawn days, and null where the days say too little."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models.effects.festival_effects import EFFECT_SCHEMA, build_festival_effects, estimate_lift

START = date(2025, 1, 6)  # a Monday
FESTIVAL = pl.DataFrame(
    {
        "festival": ["618"],
        "label_zh": ["618"],
        "festival_year": [2025],
        "warm_up_from": [date(2025, 2, 24)],
        "starts_on": [date(2025, 3, 3)],
        "ends_on": [date(2025, 3, 16)],
        "anchor_on": [date(2025, 3, 16)],
    }
)
AS_OF = date(2025, 5, 11)


@pytest.fixture
def chosen(settings):
    return replace(settings, festival_days_after=7)


def shop(orders_of, *, until: date = AS_OF, buyers: int = 1000) -> pl.DataFrame:
    """Everybody bought on the day before the first one; `orders_of` gives the repeat orders of each day."""
    days = [START + timedelta(n) for n in range((until - START).days + 1)]
    first = {"sales_date": START - timedelta(1), "repeat_orders": 0, "new_customers": buyers}
    rows = [{"sales_date": day, "repeat_orders": orders_of(day), "new_customers": 0} for day in days]
    return pl.DataFrame([first, *rows])


def effect(sales: pl.DataFrame, chosen, *, as_of: date = AS_OF, festivals: pl.DataFrame = FESTIVAL) -> dict:
    frame = build_festival_effects(daily_sales=sales, festivals=festivals, as_of=as_of, settings=chosen)
    assert frame.schema == EFFECT_SCHEMA
    return frame.row(0, named=True)


def in_festival(day: date) -> bool:
    return date(2025, 3, 3) <= day <= date(2025, 3, 16)


# Weeks of 10 orders a day and 20 on Sundays; in the festival twice as many: the model is exact, so is the lift.
def test_a_festival_of_twice_the_orders_has_lift_two_whatever_the_weekday(chosen):
    found = effect(shop(lambda day: (20 if day.weekday() == 6 else 10) * (1 + in_festival(day))), chosen)
    assert found["lift"] == pytest.approx(2)
    assert found["repeat_orders"] == 2 * 160
    assert found["ordinary_repeat_orders"] == pytest.approx(160)
    assert found["lift_low"] < 2 < found["lift_high"]
    assert (found["festival_days"], found["ordinary_days"]) == (14, 49 + 49)


def test_neither_warm_up_nor_the_days_after_count_as_ordinary(chosen):
    touched = (date(2025, 2, 24), date(2025, 3, 23))
    quiet = shop(
        lambda day: 20 if in_festival(day) else (0 if touched[0] <= day <= touched[1] else 10), buyers=500
    )
    assert effect(quiet, chosen)["lift"] == pytest.approx(2)


# Orders treble on weekends, and the festival is one weekend: against all days its lift would be nearly four.
def test_a_festival_of_one_weekend_is_measured_against_weekends(chosen):
    weekend = FESTIVAL.with_columns(starts_on=date(2025, 3, 15))
    sales = shop(
        lambda day: (30 if day.weekday() > 4 else 10) * (1 + (day in (date(2025, 3, 15), date(2025, 3, 16))))
    )
    assert effect(sales, chosen, festivals=weekend)["lift"] == pytest.approx(2)


# A thousand more buyers come before the festival and order as the others do; no line in time follows such a step.
def test_orders_are_measured_per_buyer(chosen):
    came_on = date(2025, 1, 27)
    sales = shop(lambda day: 10 * (1 + (day > came_on)) * (1 + in_festival(day)))
    won = pl.when(pl.col("sales_date") == came_on).then(1000).otherwise(pl.col("new_customers"))
    assert effect(sales.with_columns(new_customers=won), chosen)["lift"] == pytest.approx(2)


def test_steady_decline_is_no_effect(chosen):
    falling = shop(lambda day: round(4000 * np.exp(-0.01 * (day - START).days)))
    found = effect(falling, chosen)
    assert found["lift"] == pytest.approx(1, abs=0.01)


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(5)
    day = np.arange(70.0)
    festival = (day >= 28) & (day < 42)
    held = []
    for _ in range(300):
        drawn = rng.poisson(rng.gamma(20, 1 / 20, 70) * 30 * np.where(festival, 1.5, 1.0))
        found = estimate_lift(
            orders=drawn.astype(float),
            buyers=np.full(70, 900.0),
            weekday=day % 7 + 1,
            day=day,
            in_festival=festival.astype(float),
            confidence=0.95,
        )
        held.append(found.low <= 1.5 <= found.high)
    assert 0.92 <= np.mean(held) <= 0.98


@pytest.mark.parametrize(
    "as_of",
    [date(2025, 4, 5), date(2025, 3, 23)],
    ids=["thirteen ordinary days after it", "no ordinary day after it"],
)
def test_a_festival_that_is_just_over_has_no_lift_yet(chosen, as_of):
    found = effect(shop(lambda _: 10, until=as_of), chosen, as_of=as_of)
    assert found["repeat_orders"] == 140
    assert [found[name] for name in ("lift", "lift_low", "lift_high", "ordinary_repeat_orders")] == [None] * 4


def test_the_fourteenth_ordinary_day_gives_the_lift(chosen):
    day = date(2025, 4, 6)
    assert effect(shop(lambda _: 10, until=day), chosen, as_of=day)["lift"] == pytest.approx(1)


def test_too_few_orders_say_nothing(chosen):
    assert effect(shop(lambda day: int(day.day == 1)), chosen)["lift"] is None


def test_a_weekday_on_which_the_shop_is_closed_is_left_out(chosen):
    found = effect(shop(lambda day: 0 if day.weekday() == 6 else 10 * (1 + in_festival(day))), chosen)
    assert found["lift"] == pytest.approx(2)


def test_a_festival_that_the_data_has_not_seen_whole_has_no_row(chosen):
    for as_of in (date(2025, 3, 15), date(2025, 3, 16)):
        frame = build_festival_effects(
            daily_sales=shop(lambda _: 10, until=as_of), festivals=FESTIVAL, as_of=as_of, settings=chosen
        )
        assert frame.height == (as_of == date(2025, 3, 16))


def test_a_shop_without_orders_has_no_effect(chosen):
    nothing = shop(lambda _: 0).clear()
    frame = build_festival_effects(daily_sales=nothing, festivals=FESTIVAL, as_of=AS_OF, settings=chosen)
    assert frame.is_empty()
