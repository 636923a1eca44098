"""Confidence intervals of observed shares."""

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
