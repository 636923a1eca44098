"""Confidence intervals of observed shares and of their differences."""

from __future__ import annotations

from statistics import NormalDist

import polars as pl


def wilson(*, successes: str, trials: str, confidence: float) -> tuple[pl.Expr, pl.Expr]:
    """Give the Wilson score interval of a share as two expressions.

    Wilson (1927), "Probable inference, the law of succession, and statistical inference", JASA 22; unlike
    the textbook interval it stays within 0–1 and is honest for 0 of n and for small n.

    Args:
        successes: name of the column that counts successes.
        trials: name of the column that counts trials.
        confidence: two-sided level between 0 and 1, e.g. 0.95.

    Returns:
        Lower and upper bound, 0–1, null where trials are null or zero.

    Raises:
        ValueError: the level is not strictly between 0 and 1.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    n = pl.when(pl.col(trials) > 0).then(pl.col(trials).cast(pl.Float64))
    share = pl.col(successes).cast(pl.Float64) / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half_width = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).sqrt()
    # At 0 of n and n of n the bounds are exactly 0 and 1; subtraction leaves a residue of about 1e-17 there.
    low = pl.when(share == 0).then(0.0).otherwise((centre - half_width).clip(0.0, 1.0))
    high = pl.when(share == 1).then(1.0).otherwise((centre + half_width).clip(0.0, 1.0))
    return low, high


def newcombe(*, after: str, before: str) -> tuple[pl.Expr, pl.Expr]:
    """Give the interval of the difference of two shares, after minus before, as two expressions.

    Newcombe (1998), "Interval estimation for the difference between independent proportions", Statistics in
    Medicine 17, method 10: the Wilson bounds of both shares, combined. It holds for small counts and for shares
    near 0 and 1, and never leaves -1 to 1. The two groups count as independent.

    Args:
        after: prefix of the columns `<after>_rate`, `<after>_rate_low`, `<after>_rate_high` of the later group.
        before: the same for the earlier group.

    Returns:
        Lower and upper bound, -1 to 1, null where one of the shares is null.
    """
    later, later_low, later_high = _bounds(after)
    earlier, earlier_low, earlier_high = _bounds(before)
    difference = later - earlier
    low = difference - ((later - later_low) ** 2 + (earlier_high - earlier) ** 2).sqrt()
    high = difference + ((later_high - later) ** 2 + (earlier - earlier_low) ** 2).sqrt()
    return low.clip(-1.0, 1.0), high.clip(-1.0, 1.0)


def _bounds(prefix: str) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    return pl.col(f"{prefix}_rate"), pl.col(f"{prefix}_rate_low"), pl.col(f"{prefix}_rate_high")
