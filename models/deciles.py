"""What was foretold beside what came, in tenths of the customers.

Belongs here: the tenths and the limits of what came. Does not belong here: forecasts, or which of them are shown.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import polars as pl

from models.arrays import Bools, Floats
from models.intervals import wilson

DECILES = 10
DECILE_SCHEMA = pl.Schema(
    {
        "model": pl.String(),
        "figure": pl.String(),
        "decile": pl.Int32(),
        "customers": pl.Int64(),
        "predicted": pl.Float64(),
        "actual": pl.Float64(),
        "actual_low": pl.Float64(),
        "actual_high": pl.Float64(),
    }
)


def share_deciles(
    *, model: str, figure: str, probabilities: Floats, answers: Bools, confidence: float
) -> pl.DataFrame:
    """Set foretold probabilities beside the share that came true.

    Args:
        model: of the model card.
        figure: what was foretold.
        probabilities: per customer, in an order that says nothing about them, shape (customers,).
        answers: what came, shape (customers,).
        confidence: two-sided level of the limits, 0–1.

    Returns:
        Columns of `DECILE_SCHEMA`; limits are Wilson's.
    """
    rows = _deciles(predicted=probabilities, actual=answers.astype(np.float64))
    low, high = wilson(successes="total", trials="customers", confidence=confidence)
    return _labelled(rows.with_columns(actual_low=low, actual_high=high), model=model, figure=figure)


def mean_deciles(
    *, model: str, figure: str, predicted: Floats, actual: Floats, confidence: float
) -> pl.DataFrame:
    """Set foretold amounts beside the mean of what came.

    Args:
        model: of the model card.
        figure: what was foretold, with its unit.
        predicted: per customer, in an order that says nothing about them, shape (customers,).
        actual: what came, shape (customers,).
        confidence: two-sided level of the limits, 0–1.

    Returns:
        Columns of `DECILE_SCHEMA`; limits are the mean ± z standard errors, null for a single customer.
    """
    rows = _deciles(predicted=predicted, actual=actual)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    reach = z * pl.col("spread") / pl.col("customers").cast(pl.Float64).sqrt()
    limits = {"actual_low": pl.col("actual") - reach, "actual_high": pl.col("actual") + reach}
    return _labelled(rows.with_columns(**limits), model=model, figure=figure)


def _deciles(*, predicted: Floats, actual: Floats) -> pl.DataFrame:
    """Cut the customers into tenths of (nearly) equal size, the lowest forecasts first; ties keep their order."""
    parts = np.array_split(np.argsort(predicted, kind="stable"), min(DECILES, len(predicted)))
    return pl.DataFrame(
        [
            {
                "decile": number,
                "customers": len(part),
                "predicted": float(predicted[part].mean()),
                "actual": float(actual[part].mean()),
                "total": float(actual[part].sum()),
                "spread": float(actual[part].std(ddof=1)) if len(part) > 1 else None,
            }
            for number, part in enumerate(parts, start=1)
        ],
        schema_overrides={"spread": pl.Float64},
    )


def _labelled(rows: pl.DataFrame, *, model: str, figure: str) -> pl.DataFrame:
    labels = {"model": pl.lit(model), "figure": pl.lit(figure)}
    return rows.with_columns(**labels).select(DECILE_SCHEMA.names()).cast(DECILE_SCHEMA)
