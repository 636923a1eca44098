"""A chunk's extracts as files, one per period and in order of time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import polars as pl

from simulator.baskets import items_frame
from simulator.browsing import events_frame
from simulator.chunk import Chunk
from simulator.columns import DAY_SECONDS, Array
from simulator.deliveries import delivery_frame
from simulator.feedback import draw_feedback, feedback_frame
from simulator.identity_mess import dirty_identities
from simulator.orders import orders_frame
from simulator.registrations import draw_registrations
from simulator.tickets import tickets_frame
from simulator.writers import Drop

PERIOD_MONTHS = {"orders": 3, "order_items": 3, "browse_events": 3}
OTHER_PERIOD_MONTHS = 6


def chunk_drops(chunk: Chunk, *, extract: str, suffix: str) -> Iterator[Drop]:
    """Files of one extract; products and campaigns belong to the whole shop and give none.

    Args:
        chunk: what happened.
        extract: which extract.
        suffix: end of every file name, so that chunks do not collide.
    """
    if extract in ("products", "campaigns"):
        return
    whole = None if extract in PERIOD_MONTHS else _small_extract(chunk, extract)
    moments = whole["_second"].to_numpy() if whole is not None else _moments(chunk, extract)
    for first, after in chunk.timeline.periods(PERIOD_MONTHS.get(extract, OTHER_PERIOD_MONTHS)):
        low, high = np.searchsorted(moments, np.array([first, after]) * DAY_SECONDS)
        if low == high and (first > 0 or chunk.number > 0):
            continue
        rows = slice(int(low), int(high))
        frame = whole[rows].drop("_second") if whole is not None else _large_extract(chunk, extract, rows)
        dates = [chunk.timeline.start + timedelta(day) for day in (first, after - 1)]
        stem = f"{extract}_{dates[0]}_{dates[1]}{suffix}"
        yield Drop(extract=extract, stem=stem, frame=frame, first_day=first, last_day=after - 1)


def _moments(chunk: Chunk, extract: str) -> Array:
    """Local second of each row of a large extract, ascending."""
    if extract == "orders":
        return chunk.orders.ordered_second
    if extract == "order_items":
        return chunk.orders.ordered_second[chunk.baskets.order]
    return chunk.events.second


def _large_extract(chunk: Chunk, extract: str, rows: slice) -> pl.DataFrame:
    """Rows of an extract that is too large to build at once."""
    if extract == "orders":
        frame = orders_frame(
            chunk.orders,
            rows=rows,
            accounts=chunk.accounts,
            campaigns=chunk.campaigns,
            timeline=chunk.timeline,
        )
        return frame.with_columns(_late_refund=pl.Series(chunk.is_late_refund[rows])) if chunk.mess else frame
    if extract == "order_items":
        return items_frame(
            chunk.baskets, rows=rows, order_id=chunk.orders.order_id,
            platform=chunk.accounts.platforms(chunk.orders.account), catalogue=chunk.catalogue,
            returned=chunk.orders.returned,
        )  # fmt: skip
    return events_frame(
        chunk.events, rows=rows, visits=chunk.visits, accounts=chunk.accounts, catalogue=chunk.catalogue,
        campaigns=chunk.campaigns, timeline=chunk.timeline, chunk=chunk.number,
    )  # fmt: skip


def _small_extract(chunk: Chunk, extract: str) -> pl.DataFrame:
    """All rows of an extract with their local second in `_second`, in order of time."""
    if extract == "registrations":
        return _registrations(chunk)
    if extract == "campaign_events":
        return delivery_frame(
            chunk.rng["campaigns"], sendings=chunk.sendings, campaigns=chunk.campaigns,
            accounts=chunk.accounts, timeline=chunk.timeline,
        )  # fmt: skip
    if extract == "tickets":
        return tickets_frame(
            chunk.rng["service"], tickets=chunk.tickets, accounts=chunk.accounts, timeline=chunk.timeline,
            chunk=chunk.number,
        )  # fmt: skip
    feedback = draw_feedback(
        chunk.rng["service"], orders=chunk.orders, tickets=chunk.tickets, accounts=chunk.accounts,
        timeline=chunk.timeline,
    )  # fmt: skip
    return feedback_frame(
        feedback, orders=chunk.orders, accounts=chunk.accounts, timeline=chunk.timeline, chunk=chunk.number
    )


def _registrations(chunk: Chunk) -> pl.DataFrame:
    frame = draw_registrations(
        chunk.rng["accounts"], persons=chunk.persons, accounts=chunk.accounts, timeline=chunk.timeline,
        seed_offset=chunk.seed_offset,
    )  # fmt: skip
    if chunk.mess:
        frame = dirty_identities(
            chunk.rng["mess"], frame=frame, accounts=chunk.accounts, mess=chunk.mess,
            seed_offset=chunk.seed_offset,
        )  # fmt: skip
    second = pl.Series("_second", chunk.accounts.registered_second)
    return frame.with_columns(second).sort("_second", maintain_order=True)
