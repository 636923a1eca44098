"""What a prediction leaves."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from models.deciles import DECILE_SCHEMA


@dataclass(frozen=True)
class Prediction:
    """The tables of one prediction and the card that says how far to trust them.

    Attributes:
        tables: frames by name in schema `kpi`, as declared; empty ones where the card withholds the prediction.
        card: one row, columns of `models.model_cards.CARD_SCHEMA`.
        deciles: what was foretold of days that are over beside what came, columns of `models.deciles.DECILE_SCHEMA`;
            without a row where a prediction has none to show.
    """

    tables: dict[str, pl.DataFrame]
    card: pl.DataFrame
    deciles: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=DECILE_SCHEMA))
