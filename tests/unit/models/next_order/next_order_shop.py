"""A shop of buyers who come at their own pace and leave for good, and what is known of it on a day."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import polars as pl

from models.next_order.next_orders import KnownWaits

AS_OF = date(2025, 6, 30)
DAYS = 800
WAIT_SCHEMA = {
    "customer_id": pl.String,
    "gaps": pl.Int32,
    "log_gaps_millionths": pl.Int64,
    "waited_days": pl.Int64,
    "is_over": pl.Boolean,
}


def simulate(*, buyers: int, seed: int = 3) -> list[list[int]]:
    """Order days 0..DAYS: log-normal gaps around an own mean, after each order one in ten leaves for good."""
    rng = np.random.default_rng(seed)
    shops = []
    for _ in range(buyers):
        mean, day, days = rng.normal(math.log(25), 0.6), int(rng.integers(0, DAYS - 30)), []
        while day <= DAYS:
            days.append(day)
            if rng.random() < 0.1:
                break
            day += max(1, round(math.exp(rng.normal(mean, 0.4))))
        shops.append(days)
    return shops


def known_at(shops: list[list[int]], day: int) -> KnownWaits:
    """What is known at the end of a day, counted from the first one."""
    waits = []
    for number, own in enumerate(shops):
        seen, logs = [order for order in own if order <= day], 0
        for position, order in enumerate(seen):
            is_over = position + 1 < len(seen)
            if position:
                logs += round(math.log(order - seen[position - 1]) * 1_000_000)
            until = seen[position + 1] if is_over else day
            waits.append((f"C{number:05d}", position, logs, until - order, is_over))
    frame = pl.DataFrame(waits, schema=WAIT_SCHEMA, orient="row")
    return KnownWaits(
        day=AS_OF - timedelta(days=DAYS - day),
        waits=frame,
        open_waits=frame.filter(~pl.col("is_over")).drop("is_over"),
    )


def outcomes_after(shops: list[list[int]], day: int, *, horizon: int) -> pl.DataFrame:
    """Who orders within the horizon after a day, and after how many days."""
    rows = [
        (f"C{number:05d}", min(later) - day)
        for number, own in enumerate(shops)
        if own[0] <= day and (later := [order for order in own if day < order <= day + horizon])
    ]
    return pl.DataFrame(rows, schema={"customer_id": pl.String, "days_until_order": pl.Int64}, orient="row")
