"""What became of the messages: the extract `campaign_events`."""

from __future__ import annotations

import numpy as np
import polars as pl

from simulator.accounts import Accounts
from simulator.campaigns import COUPON, GROUP_NAMES, HOLDOUT, Campaign, Sendings
from simulator.columns import EXTRACT_COLUMNS, Array, Bools, Ints, pick_word, timestamps
from simulator.draws import happens
from simulator.timeline import Timeline


def delivery_frame(
    rng: np.random.Generator,
    *,
    sendings: Sendings,
    campaigns: list[Campaign],
    accounts: Accounts,
    timeline: Timeline,
) -> pl.DataFrame:
    """The extract `campaign_events`: sent, delivered or bounced, then opened and what followed."""
    reached = np.flatnonzero(sendings.group != HOLDOUT)
    seconds = np.array([c.sent_second for c in campaigns] or [0], dtype=np.int64)[sendings.campaign[reached]]
    is_email = np.array([c.channel == "email" for c in campaigns] or [False])[sendings.campaign[reached]]
    steps = _steps(rng, is_email=is_email, with_coupon=sendings.group[reached] == COUPON)
    which = np.concatenate([np.flatnonzero(happened) for _, happened, _, _ in steps])
    kind = np.repeat(np.arange(len(steps)), [int(happened.sum()) for _, happened, _, _ in steps])
    at = np.concatenate([(seconds + delay)[happened] for _, happened, delay, _ in steps])
    machine = np.concatenate([by_machine[happened] for _, happened, _, by_machine in steps])
    inside = at <= timeline.end_second
    which, kind, at, machine = which[inside], kind[inside], at[inside], machine[inside]
    account, campaign = sendings.person[reached][which], sendings.campaign[reached][which]
    frame = pl.DataFrame(
        {
            "campaign_id": pick_word([c.campaign_id for c in campaigns], campaign),
            "variant": pick_word(GROUP_NAMES, sendings.group[reached][which]),
            "platform": accounts.platforms(account),
            "account_id": accounts.account_id.gather(account.astype(np.uint32)),
            "event_type": pick_word([name for name, _, _, _ in steps], kind),
            "event_at": timestamps(at, start=timeline.start),
            "is_machine": machine,
            "_second": at,
        }
    ).select(*EXTRACT_COLUMNS["campaign_events"], "_second")
    return frame.sort("_second", "campaign_id", "account_id", "event_type", maintain_order=True)


Step = tuple[str, Bools, Ints, Bools]


def _steps(rng: np.random.Generator, *, is_email: Bools, with_coupon: Bools) -> list[Step]:
    """What became of each sent message: name, whether it happened, seconds after sending, by a machine."""
    count = is_email.size
    nobody = np.zeros(count, dtype=np.bool_)
    arrived = ~happens(rng, 0.02, count)
    by_machine = is_email & arrived & happens(rng, 0.08, count)
    opened = is_email & arrived & happens(rng, np.where(with_coupon, 0.36, 0.27), count)
    clicked = (opened & happens(rng, np.where(with_coupon, 0.3, 0.2), count)) | (
        ~is_email & arrived & happens(rng, 0.04, count)
    )
    left = opened & happens(rng, 0.02, count)
    angry = opened & happens(rng, 0.001, count)
    read_after = (rng.exponential(9.0, count) * 3600).astype(np.int64) + 60
    soon = rng.integers(1, 120, count)

    def step(name: str, happened: Bools, delay: Array, machine: Bools = nobody) -> Step:
        return name, happened, np.asarray(delay, dtype=np.int64), machine

    return [
        step("sent", np.ones(count, dtype=np.bool_), np.zeros(count)),
        step("delivered", arrived, soon),
        step("bounced", ~arrived, soon),
        step("opened", by_machine, soon + 30, by_machine),
        step("opened", opened, read_after),
        step("clicked", clicked, read_after + 40),
        step("unsubscribed", left, read_after + 90),
        step("complained", angry, read_after + 120),
    ]
