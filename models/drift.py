"""Whether the inputs of a model still look as they did when it was trained.

Belongs here: the population stability index. Does not belong here: what happens to a model whose inputs have
drifted.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl

from models.frames import require_columns


def stability_indexes(
    *, before: pl.DataFrame, after: pl.DataFrame, columns: Iterable[str], groups: int, min_share: float
) -> dict[str, float]:
    """Give the population stability index of each column.

    The values before are cut into groups of equal size (fewer where values repeat); unknown values are a group
    of their own. The index is Σ (share after − share before) · ln(share after ÷ share before): 0 where nothing
    moved; 0.25 is the customary limit (Siddiqi 2006, "Credit Risk Scorecards").

    Args:
        before: values when the model was trained.
        after: values today.
        columns: names of numeric columns, in both frames.
        groups: number of groups, ≥2.
        min_share: share that an empty group counts as, so that the index stays finite.

    Returns:
        Index by column, ≥0.

    Raises:
        ValueError: a column is missing or a frame holds no row.
    """
    names = list(columns)
    require_columns(frame=before, columns=names, name="before")
    require_columns(frame=after, columns=names, name="after")
    if before.is_empty() or after.is_empty():
        raise ValueError("drift needs rows before and after")
    return {
        name: _stability_index(before[name], after[name], groups=groups, min_share=min_share)
        for name in names
    }


def _stability_index(before: pl.Series, after: pl.Series, *, groups: int, min_share: float) -> float:
    known = before.drop_nulls().cast(pl.Float64).to_numpy()
    edges = np.unique(np.quantile(known, np.arange(1, groups) / groups)) if len(known) else np.zeros(0)
    shares_before, shares_after = (
        np.maximum(_shares(values, edges), min_share) for values in (before, after)
    )
    return float(np.sum((shares_after - shares_before) * np.log(shares_after / shares_before)))


def _shares(values: pl.Series, edges: np.ndarray) -> np.ndarray:
    """Give the share of rows at or below each edge and above its neighbour, above the last, and unknown."""
    known = values.drop_nulls().cast(pl.Float64).to_numpy()
    counted = np.bincount(np.searchsorted(edges, known, side="left"), minlength=len(edges) + 1)
    return np.append(counted, values.null_count()) / len(values)
