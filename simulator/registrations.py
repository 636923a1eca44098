"""What people fill in when they register: the extract `registrations`, before any mess."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from simulator.accounts import PLATFORM_NAMES, Accounts
from simulator.columns import (
    DAY_SECONDS,
    EXTRACT_COLUMNS,
    Bools,
    Ints,
    dates,
    ids,
    nullable,
    pick,
    pick_word,
    scramble,
    timestamps,
)
from simulator.draws import Chances, happens
from simulator.persons import Persons
from simulator.timeline import Timeline
from simulator.words import (
    CHANNELS,
    CITIES,
    EMAIL_DOMAINS,
    FEMALE_GIVEN,
    MALE_GIVEN,
    OCCUPATIONS,
    PHONE_PREFIXES,
    SURNAMES,
)

PHONE_NUMBERS = 10**8
BROWSER_NUMBERS = 2**32
GIVEN_NAMES = 32  # per gender

# Persons who leave out gender, birth date, occupation.
UNANSWERED_SHARES = (0.02, 0.03, 0.04)


def phones(slot: Ints, *, seed_offset: int) -> pl.Series:
    """Eleven-digit mobile numbers, one per identifier number."""
    tail = scramble(slot, modulus=PHONE_NUMBERS, multiplier=61_803_399, offset=seed_offset)
    prefix = pick_word(PHONE_PREFIXES, slot * 7 % len(PHONE_PREFIXES))
    return prefix + ids(tail, prefix="", width=8)


def browsers(slot: Ints) -> pl.Series:
    """Anonymous browser ids such as `b1a2b3c4d`, one per number."""
    number = scramble(slot, modulus=BROWSER_NUMBERS, multiplier=2_654_435_761, offset=97_531)
    return ids(number, prefix="b", width=8, base=16)


def emails(slot: Ints, *, surname: Ints, spelling: pl.Series, seed_offset: int) -> pl.Series:
    """Addresses from the name's spelling and a number, one per identifier number."""
    family = pick_word([word for _, word in SURNAMES], surname)
    number = scramble(slot, modulus=PHONE_NUMBERS, multiplier=38_196_601, offset=seed_offset)
    chances = Chances(list(EMAIL_DOMAINS.values())).table
    domain = chances[scramble(slot, modulus=chances.size, multiplier=40_503)]
    local_part = family + spelling + pl.Series(number).cast(pl.String)
    return local_part + "@" + pick_word(list(EMAIL_DOMAINS), domain)


@dataclass(frozen=True)
class Answers:
    """What each person answers in every registration form; arrays have shape (persons,).

    Attributes:
        surname: index into SURNAMES.
        given_name: string series.
        spelling: the given name's spelling in e-mails.
        is_female: true for women.
        city: index into CITIES.
        birth_day: days since the shop's first day, negative.
        occupation: index into OCCUPATIONS.
    """

    surname: Ints
    given_name: pl.Series
    spelling: pl.Series
    is_female: Bools
    city: Ints
    birth_day: Ints
    occupation: Ints


def _draw_answers(rng: np.random.Generator, *, persons: Persons) -> Answers:
    count = persons.count
    surname = rng.integers(0, len(SURNAMES), count)
    is_female = happens(rng, 0.56, count)
    given = rng.integers(0, GIVEN_NAMES, count)
    both = (*FEMALE_GIVEN[:GIVEN_NAMES], *MALE_GIVEN[:GIVEN_NAMES])
    given_number = np.where(is_female, given, given + GIVEN_NAMES)
    city = Chances([share for _, _, share in CITIES]).draw(rng, count)
    age_days = np.clip(rng.gamma(5.0, 6.2, count) + 16, 16, 85) * 365.25
    return Answers(
        surname=surname,
        given_name=pick_word([word for word, _ in both], given_number),
        spelling=pick_word([spelling for _, spelling in both], given_number),
        is_female=is_female,
        city=city.astype(np.int64),
        birth_day=persons.registered_day - age_days.astype(np.int64),
        occupation=Chances(list(OCCUPATIONS.values())).draw(rng, count).astype(np.int64),
    )


def draw_registrations(
    rng: np.random.Generator, *, persons: Persons, accounts: Accounts, timeline: Timeline, seed_offset: int
) -> pl.DataFrame:
    """The extract `registrations`, one row per account in the order of `accounts`.

    Args:
        rng: stream of random numbers.
        persons: the chunk's persons.
        accounts: the chunk's accounts.
        timeline: the shop's calendar.
        seed_offset: shifts phones and e-mails, so that two shops have different ones.
    """
    person, start = accounts.person, timeline.start
    answers = _draw_answers(rng, persons=persons)
    touched = happens(rng, 0.3, accounts.count)
    later = (rng.exponential(60.0, accounts.count) * DAY_SECONDS).astype(np.int64)
    updated = accounts.registered_second + np.where(touched, later, 0)
    email = emails(
        accounts.email_slot,
        surname=answers.surname[person],
        spelling=pick(answers.spelling, person),
        seed_offset=seed_offset,
    )
    columns = {
        "account_id": accounts.account_id,
        "platform": pick_word(PLATFORM_NAMES, accounts.platform),
        "registered_at": timestamps(accounts.registered_second, start=start),
        "updated_at": timestamps(np.minimum(updated, timeline.end_second), start=start),
        "email": email,
        "phone": phones(accounts.phone_slot, seed_offset=seed_offset),
        **_profile(rng, answers=answers, person=person, timeline=timeline),
        **_acquisition(rng, accounts=accounts),
        "email_consent": persons.takes_email[person],
        "sms_consent": persons.takes_sms[person],
        "status": pick_word(["active", "blocked"], persons.is_blocked[person]),
        "anonymous_id": browsers(accounts.browser_slot),
    }
    return pl.DataFrame(columns).select(EXTRACT_COLUMNS["registrations"])


def _profile(
    rng: np.random.Generator, *, answers: Answers, person: Ints, timeline: Timeline
) -> dict[str, pl.Series]:
    """Name, gender, birth date, place and occupation per account; few persons leave something out."""
    count = answers.surname.size
    says_gender, says_birth, says_work = (~happens(rng, share, count)[person] for share in UNANSWERED_SHARES)
    city = answers.city[person]
    name = pick_word([word for word, _ in SURNAMES], answers.surname) + answers.given_name
    work = pick_word(list(OCCUPATIONS), answers.occupation[person])
    return {
        "name": pick(name, person),
        "gender": nullable(pick_word(["male", "female"], answers.is_female[person]), says_gender),
        "birth_date": dates(answers.birth_day[person], start=timeline.start, known=says_birth),
        "country": pl.repeat("CN", person.size, eager=True),
        "province": pick_word([province for province, _, _ in CITIES], city),
        "city": pick_word([name for _, name, _ in CITIES], city),
        "occupation": nullable(work, says_work),
    }


def _acquisition(rng: np.random.Generator, *, accounts: Accounts) -> dict[str, pl.Series]:
    """Channel that won each account, and for referrals the account that recommended the shop."""
    names = list(CHANNELS)
    channel = Chances(list(CHANNELS.values())).draw(rng, accounts.count).astype(np.int64)
    by_time = np.argsort(accounts.registered_second, kind="stable")
    rank = np.empty(accounts.count, dtype=np.int64)
    rank[by_time] = np.arange(accounts.count)
    friend = by_time[(rank * rng.random(accounts.count)).astype(np.int64)]
    is_referred = (channel == names.index("referral")) & (accounts.person[friend] != accounts.person)
    channel = np.where((channel == names.index("referral")) & ~is_referred, names.index("direct"), channel)
    return {
        "acquisition_channel": pick_word(names, channel),
        "referred_by": pick(accounts.account_id, np.where(is_referred, friend, -1)),
    }
