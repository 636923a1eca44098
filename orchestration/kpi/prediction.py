"""What a prediction leaves."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Prediction:
    """The tables of one prediction and the card that says how far to trust them.

    Attributes:
        tables: frames by name in schema `kpi`, as declared; empty ones where the card withholds the prediction.
        card: one row, columns of `models.model_cards.CARD_SCHEMA`.
    """

    tables: dict[str, pl.DataFrame]
    card: pl.DataFrame
