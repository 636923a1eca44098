"""The shop's calendar: days, festivals with their true lift, weekdays and hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise

import numpy as np
from lunarcalendar import Converter, Lunar  # type: ignore[import-untyped]

from simulator.assumptions import HOUR_WEIGHTS, WEEKDAY_WEIGHTS
from simulator.columns import DAY_SECONDS, Array, Floats, Ints
from simulator.draws import Chances


@dataclass(frozen=True)
class Festival:
    """A season in which buyers order more (or less) often.

    Attributes:
        name: e.g. `618_2025`.
        label: its name in the shop's language.
        first_day: first local day.
        last_day: last local day.
        lift: orders per active buyer and day, relative to an ordinary day.
    """

    name: str
    label: str
    first_day: date
    last_day: date
    lift: float


def festivals_of(year: int) -> list[Festival]:
    """The seasons of one year: 618, double 11, double 12, and the two sides of the spring festival."""
    new_year = Converter.Lunar2Solar(Lunar(year, 1, 1)).to_date()
    return [
        Festival(f"spring_goods_{year}", "年货节", new_year - timedelta(21), new_year - timedelta(5), 1.35),
        Festival(f"spring_festival_{year}", "春节", new_year - timedelta(1), new_year + timedelta(6), 0.7),
        Festival(f"618_{year}", "618", date(year, 6, 1), date(year, 6, 18), 1.8),
        Festival(f"double11_{year}", "双11", date(year, 10, 20), date(year, 11, 11), 2.2),
        Festival(f"double12_{year}", "双12", date(year, 12, 9), date(year, 12, 12), 1.6),
    ]


@dataclass(frozen=True)
class Timeline:
    """The simulated days; day 0 is `start`, times are local seconds since its midnight.

    Attributes:
        start: first local day.
        days: how many days.
    """

    start: date
    days: int

    @property
    def end_second(self) -> int:
        """The last local second that the shop knows."""
        return self.days * DAY_SECONDS - 1

    @cached_property
    def festivals(self) -> list[Festival]:
        """Seasons that touch the simulated days, in order of time."""
        last = self.start + timedelta(self.days - 1)
        years = range(self.start.year, last.year + 1)
        found = [each for year in years for each in festivals_of(year)]
        return sorted(
            (f for f in found if f.last_day >= self.start and f.first_day <= last), key=lambda f: f.first_day
        )

    @cached_property
    def lifts(self) -> Floats:
        """Festival lift per day, shape (days,)."""
        lifts = np.ones(self.days)
        for festival in self.festivals:
            first = max(0, (festival.first_day - self.start).days)
            lifts[first : (festival.last_day - self.start).days + 1] = festival.lift
        return lifts

    @cached_property
    def activity(self) -> Floats:
        """Activity of the days before each day, in ordinary days: the buyers' clock, shape (days + 1,)."""
        weekdays = (np.arange(self.days) + self.start.weekday()) % 7
        weights = self.lifts * np.asarray(WEEKDAY_WEIGHTS)[weekdays]
        return np.concatenate([[0.0], np.cumsum(weights)])

    def draw_days(self, rng: np.random.Generator, first: Array, last: Array) -> Ints:
        """Days between first and last (both in), as likely as they are active, shape as `first`."""
        low, high = self.activity[first], self.activity[last + 1]
        drawn = low + (high - low) * rng.random(first.size)
        days = np.searchsorted(self.activity, drawn, side="right") - 1
        return np.asarray(np.clip(days, first, last))

    @cached_property
    def _minutes(self) -> Chances:
        return Chances(np.repeat(np.asarray(HOUR_WEIGHTS, dtype=np.float64), 60))

    def seconds_of_day(self, rng: np.random.Generator, count: int) -> Ints:
        """Local seconds since midnight, mostly by day, shape (count,)."""
        minutes = self._minutes.draw(rng, count).astype(np.int64)
        return minutes * 60 + rng.integers(0, 60, count, dtype=np.uint8)

    def day_of(self, moment: date) -> int:
        """Days between `start` and the given date."""
        return (moment - self.start).days

    def periods(self, months: int) -> list[tuple[int, int]]:
        """First day and day after the last of each calendar period, clipped to the simulated days."""
        edges = [0]
        moment = self.start
        while edges[-1] < self.days:
            month = moment.month - 1
            ahead = month - month % months + months
            moment = date(moment.year + ahead // 12, ahead % 12 + 1, 1)
            edges.append(min(self.day_of(moment), self.days))
        return list(pairwise(edges))
