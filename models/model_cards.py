"""Model cards: what a prediction was made from, how good it is, and why it is or is not published."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

import polars as pl

SIGNIFICANT_DIGITS = 9

CARD_SCHEMA = {
    "model": pl.String,
    "trained_on": pl.Date,
    "cut_date": pl.Date,
    "parameters": pl.String,
    "metrics": pl.String,
    "baseline_metrics": pl.String,
    "is_published": pl.Boolean,
    "reason": pl.String,
}


def build_card(
    *,
    model: str,
    trained_on: date | None,
    cut_date: date | None,
    parameters: Mapping[str, object],
    metrics: Mapping[str, object],
    baseline_metrics: Mapping[str, object],
    is_published: bool,
    reason: str,
) -> pl.DataFrame:
    """Write one card.

    Args:
        model: cltv, churn, next_order or recommendations.
        trained_on: last day that the published parameters have seen, or None without a model.
        cut_date: last day before the holdout, or None where none was held out.
        parameters: fitted parameters by name, unit in the name.
        metrics: figures of quality by name.
        baseline_metrics: the same figures of naive forecasts.
        is_published: whether the prediction stands in the release.
        reason: why, as a sentence for people.

    Returns:
        One row with the columns of `CARD_SCHEMA`; mappings are JSON with sorted names and floats of nine
        significant digits, so that two builds are equal.
    """
    return pl.DataFrame(
        {
            "model": [model],
            "trained_on": [trained_on],
            "cut_date": [cut_date],
            "parameters": [_json(parameters)],
            "metrics": [_json(metrics)],
            "baseline_metrics": [_json(baseline_metrics)],
            "is_published": [is_published],
            "reason": [reason],
        },
        schema=CARD_SCHEMA,
    )


def _json(values: Mapping[str, object]) -> str:
    return json.dumps(_rounded(values), sort_keys=True, ensure_ascii=False, allow_nan=False)


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    if isinstance(value, Mapping):
        return {name: _rounded(inner) for name, inner in value.items()}
    return value
