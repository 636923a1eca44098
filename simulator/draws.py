"""Fast draws: categories by a quantile table, and independent random streams by name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from simulator.columns import Array, Bools, Ints

TABLE_SIZE = 1 << 16
STREAMS = ("persons", "accounts", "orders", "items", "browsing", "service", "campaigns", "mess")


class Chances:
    """A categorical distribution drawn by one look-up; weights are kept to 1/65,536."""

    def __init__(self, weights: Sequence[float] | Array):
        """Build the quantile table from non-negative weights of any sum."""
        cumulative = np.cumsum(np.asarray(weights, dtype=np.float64))
        quantiles = (np.arange(TABLE_SIZE) + 0.5) / TABLE_SIZE * cumulative[-1]
        self.table: npt.NDArray[np.int32] = np.searchsorted(cumulative, quantiles).astype(np.int32)

    def draw(self, rng: np.random.Generator, count: int) -> npt.NDArray[np.int32]:
        """Indices of `count` independent draws, shape (count,)."""
        return self.table[rng.integers(0, TABLE_SIZE, count, dtype=np.uint16)]


def happens(rng: np.random.Generator, share: float | Array, count: int) -> Bools:
    """Independent coin flips that come true with the given share, shape (count,)."""
    return np.asarray(rng.random(count, dtype=np.float32) < share)


def streams(seed: np.random.SeedSequence) -> dict[str, np.random.Generator]:
    """One generator per subject, so that more draws in one subject do not move another."""
    children = seed.spawn(len(STREAMS))
    return {name: np.random.default_rng(child) for name, child in zip(STREAMS, children, strict=True)}


def positions_within(counts: Array) -> Ints:
    """0..count-1 for each group laid end to end, shape (sum of counts,)."""
    ends = np.cumsum(counts, dtype=np.int64)
    return np.arange(int(ends[-1]) if ends.size else 0, dtype=np.int64) - np.repeat(ends - counts, counts)


def order_by_time(seconds: Array) -> Ints:
    """Positions that sort by time, ties by position: equal on every machine."""
    bits = max(int(seconds.size - 1).bit_length(), 1)
    keys = (seconds.astype(np.int64) << bits) | np.arange(seconds.size, dtype=np.int64)
    keys.sort()
    return np.asarray(keys & ((1 << bits) - 1))
