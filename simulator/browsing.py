"""Events of the visits: the extract `browse_events`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from simulator.accounts import PLATFORM_NAMES, Accounts
from simulator.assumptions import BROWSE_SOURCES, DEVICES
from simulator.campaigns import Campaign
from simulator.catalogue import Catalogue
from simulator.columns import EXTRACT_COLUMNS, Ints, ids, pick, pick_word, timestamps
from simulator.draws import order_by_time, positions_within
from simulator.paths import EVENT_TYPES, LETTERS, PATHS
from simulator.registrations import browsers
from simulator.timeline import Timeline
from simulator.visits import Visits
from simulator.words import CATEGORIES

# Seconds between two events of a visit; far below the half hour that ends a session.
SHORTEST_GAP_SECONDS, LONGEST_GAP_SECONDS = 6, 200

Small = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Events:
    """Events of one chunk, sorted by time; arrays have shape (n,).

    Attributes:
        second: local second.
        visit: position of the visit.
        step: position of the event in its visit.
        kind: index into EVENT_TYPES.
        product: position of the product or -1.
        term: index into the search terms or -1.
    """

    second: Ints
    visit: npt.NDArray[np.int32]
    step: Small
    kind: Small
    product: npt.NDArray[np.int32]
    term: npt.NDArray[np.int16]


def search_terms() -> list[str]:
    """What people search for: the categories and their goods."""
    return [term for name, (_, _, nouns) in CATEGORIES.items() for term in (name, *nouns)]


def draw_events(
    rng: np.random.Generator, *, visits: Visits, catalogue: Catalogue, timeline: Timeline
) -> Events:
    """Lay the events of all visits on the clock and sort them by time."""
    table = np.full((len(PATHS), max(map(len, PATHS))), -1, dtype=np.int8)
    codes = dict(zip(LETTERS, range(len(LETTERS)), strict=True))
    for row, path in enumerate(PATHS):
        table[row, : len(path)] = [codes[letter] for letter in path]
    length = np.array([len(path) for path in PATHS])[visits.path]
    visit = np.repeat(np.arange(length.size, dtype=np.int32), length)
    step = positions_within(length).astype(np.int8)
    kind = table[visits.path[visit], step]
    second = _clock(rng, visits=visits, visit=visit, step=step, length=length)
    np.clip(second, 0, timeline.end_second, out=second)
    shows = np.isin(
        kind, [EVENT_TYPES.index(name) for name in EVENT_TYPES if "product" in name or "cart" in name]
    )
    product = visits.product[visit].astype(np.int32)
    first_look = catalogue.popularity.draw(rng, length.size)
    look = np.where(kind == EVENT_TYPES.index("product_view"), step // 2, 0) * 7 + first_look[visit]
    product = np.where(product >= 0, product, look % catalogue.price_cents.size)
    term = rng.integers(0, len(search_terms()), visit.size, dtype=np.int16)
    by_time = order_by_time(second)
    is_search = kind == EVENT_TYPES.index("search")
    return Events(
        second=second[by_time],
        visit=visit[by_time],
        step=step[by_time],
        kind=kind[by_time],
        product=np.where(shows, product, -1).astype(np.int32)[by_time],
        term=np.where(is_search, term, -1).astype(np.int16)[by_time],
    )


def _clock(
    rng: np.random.Generator, *, visits: Visits, visit: npt.NDArray[np.int32], step: Small, length: Ints
) -> Ints:
    """Local second of each event: gaps added up from the first event, or back from the last."""
    gap = rng.integers(SHORTEST_GAP_SECONDS, LONGEST_GAP_SECONDS, visit.size, dtype=np.uint8).astype(np.int64)
    gap[step == 0] = 0
    elapsed = np.cumsum(gap)
    last = np.cumsum(length) - 1
    first = last - length + 1
    before = elapsed[first]
    back = np.where(visits.is_backward, elapsed[last] - before, 0)
    return np.asarray(elapsed + (visits.second - back - before)[visit])


def events_frame(
    events: Events,
    *,
    rows: slice,
    visits: Visits,
    accounts: Accounts,
    catalogue: Catalogue,
    campaigns: list[Campaign],
    timeline: Timeline,
    chunk: int,
) -> pl.DataFrame:
    """The extract `browse_events` for a range of events."""
    visit = events.visit[rows]
    owner = visits.account[visit]
    account = np.where(events.step[rows] >= visits.known_from[visit], owner, -1)
    strangers_platform = visits.browser[visit] % 3
    platform = np.where(owner >= 0, accounts.platform[np.maximum(owner, 0)], strangers_platform)
    number = np.arange(rows.start, rows.stop, dtype=np.int64)
    return pl.DataFrame(
        {
            "event_id": ids(number, prefix=f"e{chunk:03d}", width=8),
            "event_at": timestamps(events.second[rows], start=timeline.start),
            "anonymous_id": browsers(visits.browser[visit]),
            "account_id": pick(accounts.account_id, account),
            "platform": pick_word(PLATFORM_NAMES, platform),
            "event_type": pick_word(EVENT_TYPES, events.kind[rows]),
            "product_id": pick(catalogue.product_id, events.product[rows]),
            "search_term": pick_word(search_terms(), events.term[rows]),
            "device": pick_word(list(DEVICES), visits.device[visit]),
            "source": pick_word(list(BROWSE_SOURCES), visits.source[visit]),
            "campaign_id": pick_word([c.campaign_id for c in campaigns], visits.campaign[visit]),
        }
    ).select(EXTRACT_COLUMNS["browse_events"])
