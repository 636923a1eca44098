"""One independently seeded part of the shop: its persons and all that they do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from simulator.accounts import Accounts, draw_accounts
from simulator.assumptions import PERSONS_PER_CHUNK
from simulator.baskets import Baskets, draw_baskets
from simulator.browsing import Events, draw_events
from simulator.campaigns import Campaign, Sendings, draw_sendings, groups_truth
from simulator.catalogue import Catalogue
from simulator.columns import Bools
from simulator.draws import streams
from simulator.identity_mess import shared_browsers
from simulator.orders import Orders, draw_orders
from simulator.persons import Persons, draw_persons
from simulator.purchases import draw_purchases
from simulator.registrations import PHONE_NUMBERS
from simulator.row_mess import late_refunds
from simulator.tickets import Tickets, draw_tickets
from simulator.timeline import Timeline
from simulator.visits import Visits, draw_visits


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """A part of the shop in arrays, ready to become frames.

    Attributes:
        number: counts from 0.
        mess: 0..1.
        seed_offset: shifts phones and e-mails of this shop.
        rng: random streams by subject.
        timeline, catalogue, campaigns: shared by the whole shop.
        persons, accounts, sendings, baskets, orders, tickets, visits, events: what happened.
        is_late_refund: orders given back long after, planted by the mess, shape (orders,).
    """

    number: int
    mess: float
    seed_offset: int
    rng: dict[str, np.random.Generator]
    timeline: Timeline
    catalogue: Catalogue
    campaigns: list[Campaign]
    persons: Persons
    accounts: Accounts
    sendings: Sendings
    baskets: Baskets
    orders: Orders
    is_late_refund: Bools
    tickets: Tickets
    visits: Visits
    events: Events

    @property
    def last_person(self) -> int:
        """Persons of the shop up to and with this chunk."""
        return int(self.persons.number[-1]) + 1

    def truth(self) -> dict[str, pl.DataFrame]:
        """Frames of `_truth` for this chunk, by file name."""
        return {
            "accounts": self.accounts.truth(self.persons),
            "persons": self.persons.truth(self.timeline),
            "campaign_groups": groups_truth(self.sendings, campaigns=self.campaigns, persons=self.persons),
        }


def draw_chunk(
    chunk_seed: np.random.SeedSequence,
    *,
    number: int,
    customers: int,
    timeline: Timeline,
    catalogue: Catalogue,
    campaigns: list[Campaign],
    mess: float,
    seed: int,
) -> Chunk:
    """Draw everything that the persons of one chunk are and do.

    Args:
        chunk_seed: the chunk's own randomness.
        number: which chunk, from 0.
        customers: persons in the whole shop.
        timeline: the shop's calendar.
        catalogue: the products.
        campaigns: the campaigns.
        mess: 0..1.
        seed: the shop's seed; shifts phones and e-mails.
    """
    rng = streams(chunk_seed)
    first = number * PERSONS_PER_CHUNK
    persons = draw_persons(
        rng["persons"], first_number=first, count=min(PERSONS_PER_CHUNK, customers - first),
        timeline=timeline, catalogue=catalogue,
    )  # fmt: skip
    accounts = draw_accounts(
        rng["accounts"], persons=persons, timeline=timeline, mess=mess, total_persons=customers
    )
    accounts = shared_browsers(rng["mess"], accounts, mess=mess)
    sendings = draw_sendings(rng["campaigns"], campaigns=campaigns, persons=persons)
    baskets, orders, is_late_refund = _sales(
        rng, persons=persons, accounts=accounts, sendings=sendings, catalogue=catalogue, campaigns=campaigns,
        timeline=timeline, mess=mess, number=number,
    )  # fmt: skip
    visits = draw_visits(
        rng["browsing"], persons=persons, accounts=accounts, orders=orders, baskets=baskets,
        campaigns=campaigns, timeline=timeline, total_persons=customers,
    )  # fmt: skip
    return Chunk(
        number=number, mess=mess, seed_offset=(seed * 7_919_317 + 4_242) % PHONE_NUMBERS, rng=rng,
        timeline=timeline, catalogue=catalogue, campaigns=campaigns, persons=persons, accounts=accounts,
        sendings=sendings, baskets=baskets, orders=orders, is_late_refund=is_late_refund,
        tickets=draw_tickets(rng["service"], orders=orders, timeline=timeline), visits=visits,
        events=draw_events(rng["browsing"], visits=visits, catalogue=catalogue, timeline=timeline),
    )  # fmt: skip


def _sales(
    rng: dict[str, np.random.Generator],
    *,
    persons: Persons,
    accounts: Accounts,
    sendings: Sendings,
    catalogue: Catalogue,
    campaigns: list[Campaign],
    timeline: Timeline,
    mess: float,
    number: int,
) -> tuple[Baskets, Orders, Bools]:
    """Baskets, orders, and which orders the mess gives back late."""
    purchases = draw_purchases(
        rng["orders"], persons=persons, timeline=timeline, campaigns=campaigns, sendings=sendings
    )
    baskets = draw_baskets(
        rng["items"], purchases=purchases, persons=persons, catalogue=catalogue, timeline=timeline
    )
    orders = draw_orders(
        rng["orders"], purchases=purchases, baskets=baskets, accounts=accounts, campaigns=campaigns,
        timeline=timeline, chunk=number,
    )  # fmt: skip
    orders, late = late_refunds(rng["mess"], orders=orders, baskets=baskets, timeline=timeline, mess=mess)
    return baskets, orders, late
