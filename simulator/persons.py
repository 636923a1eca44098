"""The persons behind the accounts: when they come, how often they buy, how much, when they stop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from simulator.assumptions import SHOP
from simulator.catalogue import Catalogue
from simulator.columns import DAY_SECONDS, Bools, Floats, Ints, dates, ids
from simulator.draws import happens
from simulator.timeline import Timeline
from simulator.words import CATEGORIES

PERSON_ID_WIDTH = 8


@dataclass(frozen=True)
class Persons:
    """One chunk of persons; all arrays have shape (n,).

    Attributes:
        number: the person's number in the whole shop.
        registered_second: local second of the first registration.
        registered_day: its day.
        is_buyer: true where the person orders sooner or later.
        rate: orders per ordinary day while active.
        dropout_rate: per day.
        lifetime_days: days between first order and drop-out.
        first_day: day of the first order; may lie behind the end.
        last_day: last day on which the person may order, within the shop's days.
        spend_cents: mean value of an order in cents.
        category: favourite category.
        promotion_share: chance that an order is under discount.
        is_blocked, takes_email, takes_sms: flags.
    """

    number: Ints
    registered_second: Ints
    registered_day: Ints
    is_buyer: Bools
    rate: Floats
    dropout_rate: Floats
    lifetime_days: Floats
    first_day: Ints
    last_day: Ints
    spend_cents: Floats
    category: Ints
    promotion_share: Floats
    is_blocked: Bools
    takes_email: Bools
    takes_sms: Bools

    @property
    def count(self) -> int:
        """Persons in this chunk."""
        return self.number.size

    def has_ordered(self, timeline: Timeline) -> Bools:
        """True where the first order lies within the shop's days."""
        return self.is_buyer & (self.first_day < timeline.days)

    def person_ids(self) -> pl.Series:
        """Ids of the persons, known to the truth only."""
        return ids(self.number, prefix="P", width=PERSON_ID_WIDTH)

    def truth(self, timeline: Timeline) -> pl.DataFrame:
        """Rows of `_truth/persons.parquet`; a drop-out behind the end is null: the person is still active."""
        buyers = self.has_ordered(timeline)
        dropout_day = self.first_day + np.ceil(np.minimum(self.lifetime_days, 1e6)).astype(np.int64)
        return pl.DataFrame(
            {
                "person_id": self.person_ids(),
                "registered_date": dates(self.registered_day, start=timeline.start),
                "is_buyer": self.is_buyer,
                "first_order_date": dates(self.first_day, start=timeline.start, known=buyers),
                "purchase_rate": np.where(self.is_buyer, self.rate, 0.0),
                "dropout_rate": self.dropout_rate,
                "lifetime_days": self.lifetime_days,
                "dropout_date": dates(
                    dropout_day, start=timeline.start, known=buyers & (dropout_day < timeline.days)
                ),
                "spend_level": self.spend_cents / 100,
                "favourite_category": pl.Series(list(CATEGORIES)).gather(self.category.astype(np.uint32)),
                "promotion_share": self.promotion_share,
                "is_blocked": self.is_blocked,
            }
        )


def draw_persons(
    rng: np.random.Generator, *, first_number: int, count: int, timeline: Timeline, catalogue: Catalogue
) -> Persons:
    """Draw a chunk of persons: Pareto/NBD (gamma rates, exponential lifetimes) and Gamma-Gamma spend."""
    first = np.zeros(count, dtype=np.int64)
    registered_day = timeline.draw_days(rng, first, first + timeline.days - 1)
    of_day = np.minimum(timeline.seconds_of_day(rng, count), 22 * 3600)
    delay = 1 + np.floor(rng.exponential(SHOP.first_order_delay_days, count)).astype(np.int64)
    first_day = registered_day + np.where(happens(rng, SHOP.first_order_same_day_share, count), 0, delay)
    dropout_rate = np.maximum(
        rng.gamma(SHOP.dropout_shape, SHOP.dropout_mean / SHOP.dropout_shape, count), 1e-9
    )
    lifetime = rng.exponential(1.0, count) / dropout_rate
    inverse_level = rng.gamma(SHOP.level_shape, 1 / SHOP.level_scale, count)
    last_day = first_day + np.floor(np.minimum(lifetime, timeline.days)).astype(np.int64)
    return Persons(
        number=np.arange(first_number, first_number + count, dtype=np.int64),
        registered_second=registered_day * DAY_SECONDS + of_day,
        registered_day=registered_day,
        is_buyer=~happens(rng, SHOP.never_buys_share, count),
        rate=rng.gamma(SHOP.rate_shape, SHOP.rate_mean / SHOP.rate_shape, count),
        dropout_rate=dropout_rate,
        lifetime_days=lifetime,
        first_day=first_day,
        last_day=np.minimum(last_day, timeline.days - 1),
        spend_cents=SHOP.order_value_shape / inverse_level * 100,
        category=catalogue.categories.draw(rng, count).astype(np.int64),
        promotion_share=rng.beta(1.5, 1.5 * (1 / SHOP.coupon_share - 1), count),
        is_blocked=happens(rng, SHOP.blocked_share, count),
        takes_email=happens(rng, SHOP.email_consent_share, count),
        takes_sms=happens(rng, SHOP.sms_consent_share, count),
    )
