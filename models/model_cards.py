"""Model cards: what a prediction was made from, how good it is, and why it is or is not published."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from models.deciles import DECILE_SCHEMA

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


@dataclass(kw_only=True)
class Findings:
    """What a card will say, gathered on the way, so that a withheld prediction is explained as well.

    Attributes:
        trained_on: last day that the newest parameters have seen, or None without a model.
        cut_date: last day before the holdout, or None where none was held out.
        parameters: fitted parameters by name, unit in the name.
        metrics: figures of input and quality by name.
        baselines: the same figures of naive forecasts.
        deciles: forecast and holdout, columns of `models.deciles.DECILE_SCHEMA`.
    """

    trained_on: date | None = None
    cut_date: date | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    baselines: dict[str, Any] = field(default_factory=dict)
    deciles: list[pl.DataFrame] = field(default_factory=lambda: [pl.DataFrame(schema=DECILE_SCHEMA)])


def build_card(*, model: str, found: Findings, is_published: bool, reason: str) -> pl.DataFrame:
    """Write one card.

    Args:
        model: cltv, churn, next_order or recommendations.
        found: days, parameters and figures.
        is_published: whether the prediction stands in the release.
        reason: why, as a sentence for people.

    Returns:
        One row with the columns of `CARD_SCHEMA`; mappings are JSON with sorted names and floats of nine
        significant digits, so that two builds are equal.
    """
    return pl.DataFrame(
        {
            "model": [model],
            "trained_on": [found.trained_on],
            "cut_date": [found.cut_date],
            "parameters": [_json(found.parameters)],
            "metrics": [_json(found.metrics)],
            "baseline_metrics": [_json(found.baselines)],
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
