"""Visits to the shop: before an order, at registration, without an order, and by strangers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from simulator.accounts import SLOTS, Accounts
from simulator.assumptions import BROWSE_SOURCES, DEVICES, SHOP
from simulator.baskets import Baskets
from simulator.campaigns import Campaign
from simulator.columns import DAY_SECONDS, Bools, Ints
from simulator.draws import Chances, happens
from simulator.orders import Orders, last_campaigns
from simulator.paths import GLANCE, NEVER_KNOWN, draw_paths, known_since
from simulator.persons import Persons
from simulator.timeline import Timeline

SECOND_BROWSER_SLOT = 3


@dataclass(frozen=True)
class Visits:
    """Visits of one chunk; all arrays have shape (n,).

    Attributes:
        path: index into PATHS.
        second: local second of the first event, or of the last where `is_backward`.
        is_backward: true where `second` is the last event's.
        account: position of the account or -1 for strangers.
        known_from: position of the first event that carries the account; NEVER_KNOWN for none.
        browser: number of the browser in the whole shop.
        product: position of the product, or -1 where each event shows another.
        source: index into BROWSE_SOURCES.
        device: index into DEVICES.
        campaign: position of the campaign of an order's visit or -1.
    """

    path: Ints
    second: Ints
    is_backward: Bools
    account: Ints
    known_from: Ints
    browser: Ints
    product: Ints
    source: Ints
    device: Ints
    campaign: Ints


def joined(parts: list[Visits]) -> Visits:
    """All visits, one part after the other."""
    names = list(Visits.__dataclass_fields__)
    return Visits(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def order_visits(rng: np.random.Generator, *, orders: Orders, baskets: Baskets, accounts: Accounts) -> Visits:
    """One visit per order; its checkout comes seconds before the order."""
    count = orders.account.size
    path = draw_paths(rng, "order", count)
    return Visits(
        path=path,
        second=orders.ordered_second - rng.integers(5, 60, count),
        is_backward=np.ones(count, dtype=np.bool_),
        account=orders.account,
        known_from=known_since(path, remembered=np.ones(count, dtype=np.bool_)),
        browser=accounts.browser_slot[orders.account],
        product=baskets.product[baskets.first_line],
        source=orders.source,
        device=orders.device,
        campaign=orders.campaign,
    )


def register_visits(rng: np.random.Generator, *, accounts: Accounts) -> Visits:
    """One visit per account: a stranger looks around, registers, and is logged in seconds later."""
    path = draw_paths(rng, "register", accounts.count)
    return _plain_visits(
        rng,
        path=path,
        second=accounts.registered_second + 5,
        is_backward=True,
        account=np.arange(accounts.count),
        known_from=known_since(path, remembered=np.zeros(accounts.count, dtype=np.bool_)),
        browser=accounts.browser_slot,
    )


def browse_visits(
    rng: np.random.Generator, *, persons: Persons, accounts: Accounts, timeline: Timeline
) -> Visits:
    """Visits without order, from registration until the interest ends (with the drop-out or soon after)."""
    person, day = _browse_days(rng, persons=persons, timeline=timeline)
    second = day * DAY_SECONDS + timeline.seconds_of_day(rng, day.size)
    account = accounts.used_at(person=person, second=second, choice=rng.random(day.size))
    path = draw_paths(rng, "browse", day.size)
    early = second < accounts.registered_second[account] + 600
    known_from = known_since(path, remembered=happens(rng, 0.6, day.size))
    other = happens(rng, 0.12, day.size)
    spare = persons.number[person] * SLOTS + SECOND_BROWSER_SLOT
    return _plain_visits(
        rng,
        path=np.where(early, GLANCE, path),
        second=second,
        is_backward=False,
        account=account,
        known_from=np.where(early, NEVER_KNOWN, known_from),
        browser=np.where(other, spare, accounts.browser_slot[account]),
    )


def stranger_visits(
    rng: np.random.Generator, *, first_browser: int, count: int, timeline: Timeline
) -> Visits:
    """Visits of people who never register, one each, with a browser of their own."""
    day = timeline.draw_days(rng, np.zeros(count, np.int64), np.full(count, timeline.days - 1))
    return _plain_visits(
        rng,
        path=draw_paths(rng, "stranger", count),
        second=day * DAY_SECONDS + timeline.seconds_of_day(rng, count),
        is_backward=False,
        account=np.full(count, -1, dtype=np.int64),
        known_from=np.full(count, NEVER_KNOWN, dtype=np.int64),
        browser=first_browser + np.arange(count, dtype=np.int64),
    )


def _browse_days(rng: np.random.Generator, *, persons: Persons, timeline: Timeline) -> tuple[Ints, Ints]:
    """Persons and days of visits without order, some of them days before the registration."""
    last = timeline.days - 1
    buys = persons.has_ordered(timeline)
    interest = np.where(buys, rng.exponential(15.0, persons.count), rng.exponential(90.0, persons.count))
    since = np.where(buys, persons.last_day, persons.registered_day)
    start = np.maximum(persons.registered_day - rng.integers(0, 8, persons.count), 0)
    end = np.minimum(since + interest.astype(np.int64), last)
    rate = np.where(persons.is_buyer, persons.rate * SHOP.browse_per_order, 0.02) + SHOP.browse_base_rate
    counts = rng.poisson(rate * (timeline.activity[end + 1] - timeline.activity[start]))
    day = timeline.draw_days(rng, np.repeat(start, counts), np.repeat(end, counts))
    return np.repeat(np.arange(persons.count), counts), day


def _plain_visits(
    rng: np.random.Generator,
    *,
    path: Ints,
    second: Ints,
    is_backward: bool,
    account: Ints,
    known_from: Ints,
    browser: Ints,
) -> Visits:
    """Visits that lead to no order: any product, any device, the usual sources."""
    count = path.size
    return Visits(
        path=path,
        second=second,
        is_backward=np.full(count, is_backward),
        account=account,
        known_from=known_from,
        browser=browser,
        product=np.full(count, -1, dtype=np.int64),
        source=Chances(list(BROWSE_SOURCES.values())).draw(rng, count).astype(np.int64),
        device=Chances(list(DEVICES.values())).draw(rng, count).astype(np.int64),
        campaign=np.full(count, -1, dtype=np.int64),
    )


def draw_visits(
    rng: np.random.Generator,
    *,
    persons: Persons,
    accounts: Accounts,
    orders: Orders,
    baskets: Baskets,
    campaigns: list[Campaign],
    timeline: Timeline,
    total_persons: int,
) -> Visits:
    """All visits of a chunk."""
    strangers = int(persons.count * SHOP.visitors_per_person)
    first_browser = total_persons * SLOTS + int(persons.number[0])
    others = joined(
        [
            register_visits(rng, accounts=accounts),
            browse_visits(rng, persons=persons, accounts=accounts, timeline=timeline),
            stranger_visits(rng, first_browser=first_browser, count=strangers, timeline=timeline),
        ]
    )
    sent = last_campaigns(source=others.source, day=others.second // DAY_SECONDS, campaigns=campaigns)
    with_orders = order_visits(rng, orders=orders, baskets=baskets, accounts=accounts)
    return joined([with_orders, replace(others, campaign=sent)])
