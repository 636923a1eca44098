"""Mess in the rows of a file: refunds long after, guests, old states of rows, duplicates, new columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from simulator.baskets import Baskets
from simulator.columns import DAY_SECONDS, Bools
from simulator.draws import happens
from simulator.orders import COMPLETED, REFUNDED, Orders
from simulator.timeline import Timeline

LATE_REFUND_SHARE = 0.01
LATE_REFUND_AFTER_DAYS = 180
GUEST_SHARE = 0.02
OLD_STATE_SHARE = 0.04
DUPLICATE_SHARE = 0.01
NEW_COLUMNS = {"orders": ("store_id", "S"), "browse_events": ("app_version", "8.")}


def late_refunds(
    rng: np.random.Generator, *, orders: Orders, baskets: Baskets, timeline: Timeline, mess: float
) -> tuple[Orders, Bools]:
    """Orders of which some are given back whole half a year later or more, and which ones."""
    count = orders.account.size
    at = orders.ordered_second + (rng.uniform(LATE_REFUND_AFTER_DAYS, 400, count) * DAY_SECONDS).astype(
        np.int64
    )
    old_enough = (orders.status == COMPLETED) & (orders.refunded == 0) & (at <= timeline.end_second)
    late = old_enough & happens(rng, LATE_REFUND_SHARE * mess, count)
    changed = replace(
        orders,
        status=np.where(late, REFUNDED, orders.status),
        updated_second=np.where(late, at, orders.updated_second),
        refunded=np.where(late, orders.paid, orders.refunded),
        returned=np.where(late[baskets.order], baskets.quantity, orders.returned),
    )
    return changed, late


def with_guests(rng: np.random.Generator, frame: pl.DataFrame, *, mess: float) -> pl.DataFrame:
    """Orders of which some have lost their account."""
    guest = pl.Series(happens(rng, GUEST_SHARE * mess, frame.height))
    return frame.with_columns(
        account_id=pl.when(~guest).then("account_id"), _guest=pl.when(guest).then(pl.lit("guest_order"))
    )


def old_states(rng: np.random.Generator, frame: pl.DataFrame, *, extract: str, mess: float) -> pl.DataFrame:
    """Earlier versions of some rows, as they stood before their last update, without tags.

    Args:
        rng: stream of random numbers.
        frame: rows of `orders` or `registrations`.
        extract: which of them.
        mess: 0..1.
    """
    since = {"orders": "ordered_at", "registrations": "registered_at"}[extract]
    chosen = pl.Series(happens(rng, OLD_STATE_SHARE * mess, frame.height))
    rows = bare(frame.filter(chosen & (frame["updated_at"] > frame[since])))
    if extract == "registrations":
        return rows.with_columns(updated_at=pl.col(since), occupation=pl.lit(None, pl.String))
    return rows.filter(pl.col("status").is_in(["shipped", "completed", "refunded"])).with_columns(
        updated_at=pl.col(since), status=pl.lit("paid"), refunded_amount=pl.lit(0).cast(pl.Decimal(18, 2))
    )


def before_refund(frame: pl.DataFrame) -> pl.DataFrame:
    """Orders as they stood a week after ordering, before anybody thought of giving them back."""
    return frame.with_columns(
        updated_at=pl.col("ordered_at") + pl.duration(days=7),
        status=pl.lit("completed"),
        refunded_amount=pl.lit(0).cast(pl.Decimal(18, 2)),
    )


def with_duplicates(rng: np.random.Generator, frame: pl.DataFrame, *, mess: float) -> pl.DataFrame:
    """Rows of which some come twice; the second ones stand at the end."""
    again = pl.Series(happens(rng, DUPLICATE_SHARE * mess, frame.height))
    twice = bare(frame.filter(again)).with_columns(_duplicate=pl.lit("duplicate_row"))
    return pl.concat([frame, twice], how="diagonal")


def with_new_column(rng: np.random.Generator, frame: pl.DataFrame, *, extract: str) -> pl.DataFrame:
    """The rows with a column that nobody announced, before the tags."""
    name, prefix = NEW_COLUMNS[extract]
    number = pl.Series(rng.integers(1, 20, frame.height)).cast(pl.String)
    return frame.with_columns((prefix + number).alias(name), _column=pl.lit("new_column"))


def bare(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows without the columns that name their mess."""
    return frame.select(name for name in frame.columns if not name.startswith("_"))
