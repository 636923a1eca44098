"""After the order: tickets and the people (or the bot) who handle them; the extract `tickets`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from simulator.accounts import Accounts
from simulator.columns import (
    DAY_SECONDS,
    EXTRACT_COLUMNS,
    Bools,
    Floats,
    Ints,
    ids,
    nullable,
    pick,
    pick_word,
    timestamps,
)
from simulator.draws import Chances, happens, order_by_time
from simulator.orders import REFUNDED, Orders
from simulator.timeline import Timeline
from simulator.words import MESSAGES, TOPICS

CATEGORIES = tuple(TOPICS)
INQUIRY, COMPLAINT, RETURN = range(3)
CHANNELS = ("bot", "chat", "phone", "email")
PRIORITIES = ("low", "normal", "high", "urgent")
ORDER_TICKET_SHARE = 0.05
RETURN_TICKET_SHARE = 0.8


@dataclass(frozen=True)
class Tickets:
    """Tickets of one chunk, sorted by creation; arrays have shape (n,), times are local seconds.

    Attributes:
        account: position of the account.
        created, responded, resolved, updated: seconds; `resolved` behind the end means not yet.
        category: index into CATEGORIES.
        topic, message: indices into the category's words.
        by_bot: true where the bot handled it.
        channel: index into CHANNELS.
        level: 1 to 3.
        satisfaction: 1 to 5, or 0 where nobody answered.
    """

    account: Ints
    created: Ints
    responded: Ints
    resolved: Ints
    updated: Ints
    category: Ints
    topic: Ints
    message: Ints
    by_bot: Bools
    channel: Ints
    level: Ints
    satisfaction: Ints


def draw_tickets(rng: np.random.Generator, *, orders: Orders, timeline: Timeline) -> Tickets:
    """Questions and complaints about orders, and a return ticket before most refunds."""
    order, category, created = _causes(rng, orders=orders, end=timeline.end_second)
    count = order.size
    by_bot = happens(rng, np.array([0.75, 0.3, 0.4])[category], count)
    level = np.where(by_bot, 1, 1 + Chances([0.8, 0.15, 0.05]).draw(rng, count)).astype(np.int64)
    answer = np.where(by_bot, rng.integers(1, 12, count), rng.lognormal(6.4, 1.1, count) + 20)
    hours = np.where(by_bot, rng.uniform(0.02, 0.4, count), rng.lognormal(1.6, 1.0, count) * level)
    never = happens(rng, np.where(by_bot, 0.22, 0.03), count)
    responded = created + answer.astype(np.int64)
    resolved = responded + (hours * 3600).astype(np.int64)
    is_resolved = ~never & (resolved <= timeline.end_second)
    resolved = np.where(is_resolved, resolved, timeline.end_second + 1)
    return Tickets(
        account=orders.account[order],
        created=created,
        responded=responded,
        resolved=resolved,
        updated=np.minimum(np.where(is_resolved, resolved, responded), timeline.end_second),
        category=category,
        topic=rng.integers(0, 6, count),
        message=rng.integers(0, 6, count),
        by_bot=by_bot,
        channel=np.where(by_bot, 0, 1 + Chances([0.6, 0.25, 0.15]).draw(rng, count)).astype(np.int64),
        level=level,
        satisfaction=_satisfaction(rng, hours=hours, category=category, is_resolved=is_resolved),
    )


def _causes(rng: np.random.Generator, *, orders: Orders, end: int) -> tuple[Ints, Ints, Ints]:
    """Order, category and creation of each ticket, sorted by creation."""
    count = orders.account.size
    returns = np.flatnonzero((orders.refunded > 0) & happens(rng, RETURN_TICKET_SHARE, count))
    asks = np.flatnonzero(happens(rng, ORDER_TICKET_SHARE, count))
    span = (orders.updated_second - orders.ordered_second)[returns]
    asked_for = orders.ordered_second[returns] + (span * rng.uniform(0.2, 0.7, returns.size)).astype(np.int64)
    delay = (rng.gamma(2.0, 2.0, asks.size) * DAY_SECONDS).astype(np.int64) + 900
    is_complaint = happens(rng, np.where(orders.status[asks] == REFUNDED, 0.6, 0.2), asks.size)
    order = np.concatenate([returns, asks])
    category = np.concatenate([np.full(returns.size, RETURN), np.where(is_complaint, COMPLAINT, INQUIRY)])
    created = np.concatenate([asked_for, orders.ordered_second[asks] + delay])
    known = created <= end
    order, category, created = order[known], category[known], created[known]
    by_time = order_by_time(created)
    return order[by_time], category[by_time], created[by_time]


def _satisfaction(rng: np.random.Generator, *, hours: Floats, category: Ints, is_resolved: Bools) -> Ints:
    """Marks 1 to 5, lower after a long wait and for complaints; 0 where nobody answered."""
    mark = 5.2 - 0.6 * np.log1p(hours) - 0.7 * (category == COMPLAINT) + rng.normal(0, 0.8, hours.size)
    answered = is_resolved & happens(rng, 0.45, hours.size)
    return np.where(answered, np.clip(np.rint(mark), 1, 5), 0).astype(np.int64)


def tickets_frame(
    rng: np.random.Generator, *, tickets: Tickets, accounts: Accounts, timeline: Timeline, chunk: int
) -> pl.DataFrame:
    """The extract `tickets`, sorted by creation; `_second` is the local second of creation."""
    count, start, end = tickets.account.size, timeline.start, timeline.end_second
    is_resolved = tickets.resolved <= end
    status = np.where(is_resolved, 2, np.where(happens(rng, 0.5, count), 1, 0))
    topics = [topic for words in TOPICS.values() for topic in words]
    message = np.array([0, *np.cumsum([len(m) for m in MESSAGES.values()])[:-1]])[tickets.category]
    return pl.DataFrame(
        {
            "ticket_id": ids(np.arange(count) + 1, prefix=f"K{chunk:03d}", width=7),
            "platform": accounts.platforms(tickets.account),
            "account_id": pick(accounts.account_id, tickets.account),
            "created_at": timestamps(tickets.created, start=start),
            "updated_at": timestamps(tickets.updated, start=start),
            "first_response_at": timestamps(tickets.responded, start=start, known=tickets.responded <= end),
            "resolved_at": timestamps(tickets.resolved, start=start, known=is_resolved),
            "channel": pick_word(CHANNELS, tickets.channel),
            "category": pick_word(CATEGORIES, tickets.category),
            "topic": pick_word(topics, tickets.category * 6 + tickets.topic),
            "priority": pick_word(PRIORITIES, np.minimum(tickets.category + tickets.level - 1, 3)),
            "escalation_level": tickets.level.astype(np.int32),
            "handled_by": pick_word(["human", "bot"], tickets.by_bot),
            "status": pick_word(["open", "pending", "resolved"], status),
            "satisfaction": nullable(
                pl.Series(tickets.satisfaction.astype(np.int32)), tickets.satisfaction > 0
            ),
            "message": pick_word([m for side in MESSAGES.values() for m in side], message + tickets.message),
            "_second": tickets.created,
        }
    ).select(*EXTRACT_COLUMNS["tickets"], "_second")
