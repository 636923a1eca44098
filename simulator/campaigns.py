"""Campaigns: newsletters, festival messages, and experiments with a known effect; their delivery events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from simulator.assumptions import SHOP
from simulator.columns import (
    DAY_SECONDS,
    Ints,
    money,
    pick_word,
    timestamps,
)
from simulator.draws import happens
from simulator.persons import Persons
from simulator.timeline import Timeline

HOLDOUT, PLAIN, COUPON, UNTOUCHED = 0, 1, 2, -1
GROUP_NAMES = ("holdout", "A", "B")
NEWSLETTER_REACH = 0.06
FESTIVAL_REACH = 0.10
EXPERIMENT_REACH = 0.4


@dataclass(frozen=True)
class Campaign:
    """One campaign.

    Attributes:
        number: counts from 0; the id is `C001` and so on.
        name: in the shop's language.
        channel: `email` or `sms`.
        purpose: newsletter, festival or experiment.
        sent_day: day of sending.
        reach: share of the accounts with consent that get it.
        lift: orders per active buyer and day in the window after variant B, relative to variant A or none.
    """

    number: int
    name: str
    channel: str
    purpose: str
    sent_day: int
    reach: float
    lift: float = 1.0

    @property
    def campaign_id(self) -> str:
        """Id in the extracts."""
        return f"C{self.number + 1:03d}"

    @property
    def is_experiment(self) -> bool:
        """True where persons were drawn into groups and variant B has a planted effect."""
        return self.purpose == "experiment"

    @property
    def sent_second(self) -> int:
        """Ten in the morning of the day of sending."""
        return self.sent_day * DAY_SECONDS + 10 * 3600


def plan_campaigns(timeline: Timeline) -> list[Campaign]:
    """A newsletter a month, an SMS before each festival, an experiment every 90 days; in order of time."""
    plans: list[tuple[int, str, str, str, float, float]] = [
        (day, f"会员月刊第{k + 1}期", "email", "newsletter", NEWSLETTER_REACH, 1.0)
        for k, day in enumerate(range(12, timeline.days, 30))
    ]
    for festival in timeline.festivals:
        day = timeline.day_of(festival.first_day - timedelta(2))
        if 0 <= day < timeline.days and festival.lift > 1:
            plans.append((day, f"{festival.label}预热", "sms", "festival", FESTIVAL_REACH, 1.0))
    for k, day in enumerate(range(75, timeline.days - SHOP.experiment_window_days, 90)):
        plans.append((day, f"满减券测试{k + 1}", "email", "experiment", EXPERIMENT_REACH, 1.5))
    plans.sort()
    return [
        Campaign(
            number=number, sent_day=day, name=name, channel=channel, purpose=purpose, reach=reach, lift=lift
        )
        for number, (day, name, channel, purpose, reach, lift) in enumerate(plans)
    ]


def campaigns_frame(campaigns: list[Campaign], *, timeline: Timeline, customers: int) -> pl.DataFrame:
    """The extract `campaigns`, one row per variant; costs follow the number of customers reached."""
    rows = [(c, variant) for c in campaigns for variant in (("A", "B") if c.is_experiment else ("A",))]
    fee_cents = {"email": 3, "sms": 6}
    cost = [
        int(customers * c.reach * c.sent_day / timeline.days * fee_cents[c.channel]) + 5000 for c, _ in rows
    ]
    seconds = np.array([c.sent_second for c, _ in rows], dtype=np.int64)
    return pl.DataFrame(
        {
            "campaign_id": pl.Series([c.campaign_id for c, _ in rows], dtype=pl.String),
            "name": pl.Series([c.name for c, _ in rows], dtype=pl.String),
            "channel": pl.Series([c.channel for c, _ in rows], dtype=pl.String),
            "purpose": pl.Series([c.purpose for c, _ in rows], dtype=pl.String),
            "variant": pl.Series([variant for _, variant in rows], dtype=pl.String),
            "sent_at": timestamps(seconds, start=timeline.start),
            "cost": money(np.array(cost, dtype=np.int64)),
        }
    )


@dataclass(frozen=True)
class Sendings:
    """Who got what: one entry per campaign and person of the chunk that is part of it.

    Attributes:
        campaign: position of the campaign, shape (n,).
        person: position of the person; the message goes to the first account, shape (n,).
        group: HOLDOUT, PLAIN (variant A) or COUPON (variant B), shape (n,).
    """

    campaign: Ints
    person: Ints
    group: Ints


def draw_sendings(rng: np.random.Generator, *, campaigns: list[Campaign], persons: Persons) -> Sendings:
    """Draw the receivers of every campaign among registered persons with consent who are not blocked."""
    parts: list[tuple[Ints, Ints, Ints]] = [(np.zeros(0, np.int64),) * 3]
    for position, campaign in enumerate(campaigns):
        consent = persons.takes_email if campaign.channel == "email" else persons.takes_sms
        may = consent & ~persons.is_blocked & (persons.registered_second < campaign.sent_second)
        person = np.flatnonzero(may & happens(rng, campaign.reach, persons.count))
        group = np.full(person.size, PLAIN, dtype=np.int64)
        if campaign.is_experiment:
            group = rng.choice(np.array([HOLDOUT, PLAIN, COUPON]), size=person.size, p=[0.2, 0.4, 0.4])
        parts.append((np.full(person.size, position, dtype=np.int64), person, group))
    campaign_numbers, person, group = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Sendings(campaign=campaign_numbers, person=person, group=group)


def groups_truth(sendings: Sendings, *, campaigns: list[Campaign], persons: Persons) -> pl.DataFrame:
    """Rows of `_truth/campaign_groups.parquet`: the group of every person in an experiment."""
    is_experiment = np.array([c.is_experiment for c in campaigns] + [False])[sendings.campaign]
    person = sendings.person[is_experiment]
    return pl.DataFrame(
        {
            "campaign_id": pick_word([c.campaign_id for c in campaigns], sendings.campaign[is_experiment]),
            "person_id": persons.person_ids().gather(person.astype(np.uint32)),
            "group_name": pick_word(GROUP_NAMES, sendings.group[is_experiment]),
        }
    )
