"""Accounts on the platforms and the identifiers they carry: the extract `registrations`, clean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from simulator.assumptions import PLATFORMS, SHOP
from simulator.columns import DAY_SECONDS, Array, Bools, Floats, Ints, ids, pick_word, scramble
from simulator.draws import Chances, happens
from simulator.persons import Persons
from simulator.timeline import Timeline

PLATFORM_NAMES = tuple(PLATFORMS)
SLOTS = 4  # identifiers reserved per person: one per account, one spare
LINKS = ("none", "phone_and_email", "phone", "email", "browser")
ALL, PHONE, EMAIL, BROWSER = 1, 2, 3, 4


@dataclass(frozen=True)
class Accounts:
    """Accounts of one chunk; account k < persons is person k's first, later ones are appended.

    Attributes:
        person: position of the person in the chunk, shape (n,).
        slot: 0 for the person's first account, 1 for the second, 2 for the third.
        platform: index into PLATFORM_NAMES.
        registered_second: local second of the registration.
        phone_slot, email_slot, browser_slot: numbers of the identifiers in the whole shop; equal numbers
            are one identifier.
        link: index into LINKS: what this account shares with the person's account before it.
        account_id: string series of length n.
        second: position of each person's second account or -1, shape (persons,).
        third: the same for the third.
    """

    person: Ints
    slot: Ints
    platform: Ints
    registered_second: Ints
    phone_slot: Ints
    email_slot: Ints
    browser_slot: Ints
    link: Ints
    account_id: pl.Series
    second: Ints
    third: Ints

    @property
    def count(self) -> int:
        """Accounts in this chunk."""
        return self.person.size

    def platforms(self, account: Array) -> pl.Series:
        """Platform names of the given accounts; a negative position gives null."""
        return pick_word(PLATFORM_NAMES, np.where(account < 0, -1, self.platform[np.maximum(account, 0)]))

    def used_at(self, *, person: Array, second: Array, choice: Floats) -> Ints:
        """The account that a person uses at a time: later accounts take their share once they exist.

        Args:
            person: positions of persons, shape (n,).
            second: local seconds, shape (n,).
            choice: uniform numbers 0..1, shape (n,).

        Returns:
            Positions of accounts, shape (n,).
        """
        chosen = person.astype(np.int64)
        for position, share in ((self.second[person], 0.4), (self.third[person], 0.15)):
            registered = self.registered_second[np.maximum(position, 0)]
            taken = (position >= 0) & (choice < share) & (registered + DAY_SECONDS < second)
            chosen = np.where(taken, position, chosen)
        return chosen

    def truth(self, persons: Persons) -> pl.DataFrame:
        """Rows of `_truth/accounts.parquet`."""
        return pl.DataFrame(
            {
                "platform": pick_word(PLATFORM_NAMES, self.platform),
                "account_id": self.account_id,
                "person_id": persons.person_ids().gather(self.person.astype(np.uint32)),
            }
        )


def _later_accounts(
    rng: np.random.Generator, *, owner: Ints, earlier: Ints, timeline: Timeline
) -> tuple[Ints, Bools]:
    """Registration times of further accounts, and which of them fall into the shop's days."""
    wait = rng.exponential(120.0, owner.size) + 1.0
    second = earlier + (wait * DAY_SECONDS).astype(np.int64)
    of_day = np.minimum(timeline.seconds_of_day(rng, owner.size), 22 * 3600)
    second = second // DAY_SECONDS * DAY_SECONDS + of_day
    return second, second <= timeline.end_second


def _links(rng: np.random.Generator, *, count: int, mess: float) -> Ints:
    """What later accounts share: everything in a clean shop, one identifier only in a messy one."""
    partial = happens(rng, 0.8 if mess > 0 else 0.0, count)
    return np.where(partial, rng.integers(PHONE, BROWSER + 1, count), ALL)


def draw_accounts(
    rng: np.random.Generator, *, persons: Persons, timeline: Timeline, mess: float, total_persons: int
) -> Accounts:
    """One account per person, a second for some, and a third for few where the shop is messy.

    Args:
        rng: stream of random numbers.
        persons: the chunk's persons.
        timeline: the shop's calendar.
        mess: 0..1; more persons have several accounts, which share a single identifier.
        total_persons: persons in the whole shop; sets the width of the ids.
    """
    everyone = np.arange(persons.count, dtype=np.int64)
    share = SHOP.second_account_share + 0.25 * mess
    wants_second = everyone[happens(rng, share, persons.count)]
    at, inside = _later_accounts(
        rng, owner=wants_second, earlier=persons.registered_second[wants_second], timeline=timeline
    )
    two, two_at = wants_second[inside], at[inside]
    chosen = happens(rng, 0.25 if mess > 0 else 0.0, two.size)
    at, inside = _later_accounts(rng, owner=two[chosen], earlier=two_at[chosen], timeline=timeline)
    three, three_at = two[chosen][inside], at[inside]
    person = np.concatenate([everyone, two, three])
    slot = np.repeat(np.arange(3, dtype=np.int64), [everyone.size, two.size, three.size])
    second = np.full(persons.count, -1, dtype=np.int64)
    second[two] = persons.count + np.arange(two.size)
    third = np.full(persons.count, -1, dtype=np.int64)
    third[three] = persons.count + two.size + np.arange(three.size)
    link = np.concatenate([np.zeros_like(everyone), _links(rng, count=two.size + three.size, mess=mess)])
    slots = _identifier_slots(persons=persons, person=person, slot=slot, link=link, second=second)
    first_platform = Chances(list(PLATFORMS.values())).draw(rng, persons.count).astype(np.int64)
    platform = (first_platform[person] + slot) % len(PLATFORM_NAMES)
    number = persons.number[person] * SLOTS + slot
    return Accounts(
        person=person,
        slot=slot,
        platform=platform,
        registered_second=np.concatenate([persons.registered_second, two_at, three_at]),
        phone_slot=slots[0],
        email_slot=slots[1],
        browser_slot=slots[2],
        link=link,
        account_id=_account_ids(number, platform=platform, total_persons=total_persons),
        second=second,
        third=third,
    )


def _identifier_slots(
    *, persons: Persons, person: Ints, slot: Ints, link: Ints, second: Ints
) -> tuple[Ints, Ints, Ints]:
    """Numbers of phone, e-mail and browser per account; shared ones take the earlier account's number."""
    own = persons.number[person] * SLOTS + slot
    phone, email, browser = own.copy(), own.copy(), own.copy()
    for level in (1, 2):
        mine = np.flatnonzero(slot == level)
        before = person[mine] if level == 1 else second[person[mine]]
        for numbers, kind in ((phone, PHONE), (email, EMAIL), (browser, BROWSER)):
            shares = (link[mine] == kind) | ((link[mine] == ALL) & (kind != BROWSER))
            numbers[mine] = np.where(shares, numbers[before], numbers[mine])
    return phone, email, browser


def _account_ids(number: Ints, *, platform: Ints, total_persons: int) -> pl.Series:
    """Ids such as `T0001234`, scrambled so that a person's accounts are not neighbours."""
    width = max(7, len(str(total_persons * SLOTS)))
    scrambled = scramble(number, modulus=10**width, multiplier=7_368_787, offset=1_234)
    letters = pick_word([name[0].upper() for name in PLATFORM_NAMES], platform)
    return letters + ids(scrambled, prefix="", width=width)
