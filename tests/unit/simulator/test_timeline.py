"""Festivals lie on their true days, and the buyers' clock runs faster in them."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from simulator.timeline import Timeline

TWO_YEARS = Timeline(start=date(2024, 7, 1), days=730)


@pytest.mark.parametrize(
    ("day", "lift"),
    [
        (date(2025, 5, 31), 1.0),
        (date(2025, 6, 1), 1.8),
        (date(2025, 6, 18), 1.8),
        (date(2025, 6, 19), 1.0),
        (date(2024, 10, 20), 2.2),
        (date(2024, 11, 11), 2.2),
        (date(2024, 11, 12), 1.0),
        (date(2025, 1, 29), 0.7),  # lunar new year 2025
        (date(2026, 2, 17), 0.7),  # lunar new year 2026
    ],
)
def test_lift_of_a_day(day: date, lift: float) -> None:
    assert TWO_YEARS.lifts[TWO_YEARS.day_of(day)] == lift


def test_periods_are_calendar_quarters_without_gap_or_overlap() -> None:
    timeline = Timeline(start=date(2024, 8, 15), days=200)
    periods = timeline.periods(3)
    assert periods[0] == (0, timeline.day_of(date(2024, 10, 1)))
    assert periods[1] == (timeline.day_of(date(2024, 10, 1)), timeline.day_of(date(2025, 1, 1)))
    assert periods[-1][1] == 200
    assert all(before[1] == after[0] for before, after in pairwise(periods))


def test_days_are_drawn_in_proportion_to_activity() -> None:
    rng = np.random.default_rng(1)
    first = np.full(400_000, TWO_YEARS.day_of(date(2025, 5, 4)))
    days = TWO_YEARS.draw_days(rng, first, first + 55)
    in_festival = TWO_YEARS.lifts[days] > 1
    assert days.min() == first[0]
    assert days.max() == first[0] + 55
    per_day = np.array([in_festival.sum() / 18, (~in_festival).sum() / 38])
    assert per_day[0] / per_day[1] == pytest.approx(1.8, rel=0.03)


def test_one_day_is_drawn_where_first_and_last_are_equal() -> None:
    day = np.array([0, 300, 729])
    assert TWO_YEARS.draw_days(np.random.default_rng(1), day, day).tolist() == day.tolist()


def test_customers_shop_by_day() -> None:
    hours = TWO_YEARS.seconds_of_day(np.random.default_rng(1), 100_000) // 3600
    assert hours.min() >= 0
    assert hours.max() == 23
    assert np.mean((hours >= 1) & (hours < 7)) < 0.06
    assert np.mean((hours >= 19) & (hours < 23)) > 0.25
