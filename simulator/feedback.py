"""What customers say: reviews of orders, marks for tickets, surveys; the extract `feedback`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from simulator.accounts import Accounts
from simulator.columns import DAY_SECONDS, EXTRACT_COLUMNS, Ints, ids, pick, pick_word, timestamps
from simulator.draws import Chances, happens, order_by_time
from simulator.orders import COMPLETED, Orders
from simulator.tickets import Tickets
from simulator.timeline import Timeline
from simulator.words import REVIEWS

KINDS = ("review", "csat", "nps")
REVIEW_SHARE = 0.08
SURVEY_SHARE = 0.05
STAR_WEIGHTS = (0.03, 0.04, 0.11, 0.27, 0.55)
PROMOTER_WEIGHTS = (1, 0, 1, 1, 1, 3, 5, 12, 22, 26, 28)


@dataclass(frozen=True)
class Feedback:
    """Answers of one chunk, sorted by time; arrays have shape (n,).

    Attributes:
        account: position of the account.
        order: position of the reviewed order or -1.
        kind: index into KINDS.
        score: 1 to 5, for nps 0 to 10.
        text: index into the review texts or -1.
        second: local second.
    """

    account: Ints
    order: Ints
    kind: Ints
    score: Ints
    text: Ints
    second: Ints


def draw_feedback(
    rng: np.random.Generator, *, orders: Orders, tickets: Tickets, accounts: Accounts, timeline: Timeline
) -> Feedback:
    """Reviews of some completed orders, marks of answered tickets, and a survey among some accounts."""
    reviewed = np.flatnonzero((orders.status == COMPLETED) & happens(rng, REVIEW_SHARE, orders.account.size))
    marked = np.flatnonzero(tickets.satisfaction > 0)
    asked = np.flatnonzero(happens(rng, SURVEY_SHARE, accounts.count))
    kind = np.repeat([0, 1, 2], [reviewed.size, marked.size, asked.size])
    registered = accounts.registered_second[asked]
    wait = rng.random(asked.size) * (timeline.end_second - registered)
    at = np.concatenate(
        [
            orders.updated_second[reviewed] + rng.integers(3600, 7 * DAY_SECONDS, reviewed.size),
            tickets.resolved[marked] + 60,
            registered + wait.astype(np.int64),
        ]
    )
    stars = Chances(STAR_WEIGHTS).draw(rng, reviewed.size) + 1
    promoter = Chances(PROMOTER_WEIGHTS).draw(rng, asked.size)
    score = np.concatenate([stars, tickets.satisfaction[marked], promoter])
    first_text = np.array([0, *np.cumsum([len(texts) for texts in REVIEWS])[:-1]])[np.clip(score - 1, 0, 4)]
    text = np.where(kind == 0, first_text + rng.integers(0, 2, at.size), -1)
    account = np.concatenate([orders.account[reviewed], tickets.account[marked], asked])
    order = np.concatenate([reviewed, np.full(marked.size + asked.size, -1)])
    by_time = order_by_time(at)
    by_time = by_time[at[by_time] <= timeline.end_second]
    return Feedback(*(each[by_time] for each in (account, order, kind, score, text, at)))


def feedback_frame(
    feedback: Feedback, *, orders: Orders, accounts: Accounts, timeline: Timeline, chunk: int
) -> pl.DataFrame:
    """The extract `feedback`, sorted by time; `_second` is the local second."""
    return pl.DataFrame(
        {
            "feedback_id": ids(np.arange(feedback.second.size) + 1, prefix=f"F{chunk:03d}", width=7),
            "platform": accounts.platforms(feedback.account),
            "account_id": pick(accounts.account_id, feedback.account),
            "order_id": pick(orders.order_id, feedback.order),
            "created_at": timestamps(feedback.second, start=timeline.start),
            "kind": pick_word(KINDS, feedback.kind),
            "score": feedback.score.astype(np.int32),
            "text": pick_word([text for texts in REVIEWS for text in texts], feedback.text),
            "_second": feedback.second,
        }
    ).select(*EXTRACT_COLUMNS["feedback"], "_second")
