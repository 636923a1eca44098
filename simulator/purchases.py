"""When persons buy: Pareto/NBD on a clock that runs faster in festivals, plus planted effects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.assumptions import SHOP
from simulator.campaigns import COUPON, Campaign, Sendings
from simulator.columns import DAY_SECONDS, Bools, Ints
from simulator.draws import happens, order_by_time
from simulator.persons import Persons
from simulator.timeline import Timeline


@dataclass(frozen=True)
class Purchases:
    """Moments of buying, sorted by time; all arrays have shape (n,).

    Attributes:
        person: position of the person in the chunk.
        second: local second.
        campaign: position of the campaign that is credited, or -1.
    """

    person: Ints
    second: Ints
    campaign: Ints

    @property
    def count(self) -> int:
        """How many orders."""
        return self.person.size


def draw_purchases(
    rng: np.random.Generator,
    *,
    persons: Persons,
    timeline: Timeline,
    campaigns: list[Campaign],
    sendings: Sendings,
) -> Purchases:
    """First orders, repeat orders at each person's rate until drop-out, and what coupons bring on top."""
    buyer = np.flatnonzero(persons.has_ordered(timeline))
    first_second = _first_seconds(rng, persons=persons, buyer=buyer, timeline=timeline)
    person, day = _repeat_days(rng, persons=persons, buyer=buyer, timeline=timeline)
    extra_person, extra_day, extra_campaign = _extra_days(
        rng, persons=persons, timeline=timeline, campaigns=campaigns, sendings=sendings
    )
    later_person = np.concatenate([person, extra_person])
    later_day = np.concatenate([day, extra_day])
    later_second = later_day * DAY_SECONDS + timeline.seconds_of_day(rng, later_day.size)
    person = np.concatenate([buyer, later_person])
    second = np.concatenate([first_second, later_second])
    told = happens(rng, 0.8, extra_person.size)
    campaign = np.full(person.size, -1, dtype=np.int64)
    campaign[person.size - extra_person.size :] = np.where(told, extra_campaign, -1)
    by_time = order_by_time(second)
    return Purchases(person=person[by_time], second=second[by_time], campaign=campaign[by_time])


def _first_seconds(rng: np.random.Generator, *, persons: Persons, buyer: Ints, timeline: Timeline) -> Ints:
    """Moments of the first orders: soon after registering where that is on the same day."""
    soon = persons.registered_second[buyer] + rng.integers(1500, 5400, buyer.size)
    on_day = persons.first_day[buyer] * DAY_SECONDS + timeline.seconds_of_day(rng, buyer.size)
    return np.where(persons.first_day[buyer] == persons.registered_day[buyer], soon, on_day)


def _repeat_days(
    rng: np.random.Generator, *, persons: Persons, buyer: Ints, timeline: Timeline
) -> tuple[Ints, Ints]:
    """Persons and days of repeat orders: a Poisson process from the day after the first to drop-out."""
    start, end = persons.first_day[buyer] + 1, persons.last_day[buyer]
    length = timeline.activity[np.maximum(end, start - 1) + 1] - timeline.activity[start]
    counts = rng.poisson(persons.rate[buyer] * length)
    first, last = np.repeat(start, counts), np.repeat(end, counts)
    return np.repeat(buyer, counts), timeline.draw_days(rng, first, last)


def _extra_days(
    rng: np.random.Generator,
    *,
    persons: Persons,
    timeline: Timeline,
    campaigns: list[Campaign],
    sendings: Sendings,
) -> tuple[Ints, Ints, Ints]:
    """Orders that the coupons bring on top: a second Poisson process of rate x (lift - 1) in each window."""
    with_coupon = sendings.group == COUPON
    with_coupon &= persons.has_ordered(timeline)[sendings.person]
    person, campaign = sendings.person[with_coupon], sendings.campaign[with_coupon]
    sent_day = np.array([c.sent_day for c in campaigns] or [0], dtype=np.int64)[campaign]
    lift = np.array([c.lift for c in campaigns] or [1.0])[campaign]
    start = np.maximum(sent_day + 1, persons.first_day[person] + 1)
    end = np.minimum(sent_day + SHOP.experiment_window_days, persons.last_day[person])
    alive: Bools = end >= start
    person, campaign, lift, start, end = (each[alive] for each in (person, campaign, lift, start, end))
    length = timeline.activity[end + 1] - timeline.activity[start]
    counts = rng.poisson(persons.rate[person] * (lift - 1) * length)
    days = timeline.draw_days(rng, np.repeat(start, counts), np.repeat(end, counts))
    return np.repeat(person, counts), days, np.repeat(campaign, counts)
