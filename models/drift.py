"""Whether the inputs of a model still look as they did when it was trained.

Belongs here: the population stability index, and its limit. Does not belong here: which inputs are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import polars as pl

from models.frames import require_columns
from models.setting_rows import Bounds
from models.withholding import WithheldError


@dataclass(frozen=True, kw_only=True)
class DriftSettings:
    """Settings of every model whose inputs may drift; each attribute is the row of the same name.

    Attributes:
        drift_groups: groups in which two days are compared, ≥2.
        drift_min_share: share that an empty group counts as, so that the index stays finite, 0–1.
        drift_max_stability_index: index above which inputs have drifted.
    """

    drift_groups: Annotated[int, Bounds(least=2)]
    drift_min_share: Annotated[float, Bounds(below=1)]
    drift_max_stability_index: float


def stability_indexes(
    *, before: pl.DataFrame, after: pl.DataFrame, columns: Iterable[str], settings: DriftSettings
) -> dict[str, float]:
    """Give the population stability index of each column.

    The values before are cut into groups of equal size (fewer where values repeat); unknown values are a group
    of their own. The index is Σ (share after − share before) · ln(share after ÷ share before): 0 where nothing
    moved; 0.25 is the customary limit (Siddiqi 2006, "Credit Risk Scorecards").

    Args:
        before: values when the model was trained.
        after: values today.
        columns: names of numeric columns, in both frames.
        settings: number of groups, and what an empty one counts as.

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
    return {name: _stability_index(before[name], after[name], settings=settings) for name in names}


def demand_no_drift(
    *, indexes: Mapping[str, float], settings: DriftSettings, since: str, what: str = "inputs"
) -> None:
    """Refuse inputs that have become others.

    Args:
        indexes: as of `stability_indexes`.
        settings: the limit.
        since: since when, for the message.
        what: what has drifted, for the message.

    Raises:
        WithheldError: an index is above the limit; the message names each that is.
    """
    limit = settings.drift_max_stability_index
    drifted = ", ".join(f"{name} {index:.2f}" for name, index in sorted(indexes.items()) if index > limit)
    if drifted:
        raise WithheldError(
            f"Since {since} the {what} have drifted: population stability index of {drifted}; the limit is {limit:g}."
        )


def _stability_index(before: pl.Series, after: pl.Series, *, settings: DriftSettings) -> float:
    groups = settings.drift_groups
    known = before.drop_nulls().cast(pl.Float64).to_numpy()
    edges = np.unique(np.quantile(known, np.arange(1, groups) / groups)) if len(known) else np.zeros(0)
    shares_before, shares_after = (
        np.maximum(_shares(values, edges), settings.drift_min_share) for values in (before, after)
    )
    return float(np.sum((shares_after - shares_before) * np.log(shares_after / shares_before)))


def _shares(values: pl.Series, edges: np.ndarray) -> np.ndarray:
    """Give the share of rows at or below each edge and above its neighbour, above the last, and unknown."""
    known = values.drop_nulls().cast(pl.Float64).to_numpy()
    counted = np.bincount(np.searchsorted(edges, known, side="left"), minlength=len(edges) + 1)
    return np.append(counted, values.null_count()) / len(values)
