"""Kinds of columns that the contracts are made of: type, whether required, rules about a single value.

What belongs here: one function per kind. What does not: which extract has which column (`contracts`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dataframely as dy
import polars as pl

from orchestration.landing.limits import known_values, load_limits

LIMITS = load_limits()
REQUIRED = {"required": True}


def key() -> dy.String:
    """Identifier that each row needs."""
    return dy.String(nullable=False, metadata=REQUIRED)


def text() -> dy.String:
    """Anything, or nothing; formulas, masks and invalid addresses are text too."""
    return dy.String(nullable=True)


def known(extract: str, column: str, *, required: bool = False) -> dy.String:
    """One of the values that the seeds know for this column."""
    metadata = {"known_values": known_values(extract=extract, column=column)}
    return dy.String(nullable=not required, metadata=metadata | (REQUIRED if required else {}))


def moment(*, required: bool = False) -> dy.Datetime:
    """Point in time, UTC."""
    return dy.Datetime(
        nullable=not required,
        time_unit="us",
        metadata=REQUIRED if required else None,
        check={
            "too_early": lambda value: value >= pl.lit(LIMITS.first_timestamp).cast(pl.Datetime("us")),
            "too_late": lambda value: value <= pl.col("_latest"),
        },
    )


def birth_day() -> dy.Date:
    """Calendar day on which a person was born."""
    return dy.Date(
        nullable=True,
        check={
            "too_early": lambda value: value >= pl.lit(LIMITS.first_birth_date),
            "too_late": lambda value: value <= pl.col("_latest").cast(pl.Date),
        },
    )


def money(*, required: bool = False) -> dy.Decimal:
    """Amount in the shop's currency, to the cent, never negative."""
    return dy.Decimal(
        18,
        2,
        nullable=not required,
        metadata=REQUIRED if required else None,
        check={"negative": lambda value: value >= 0, "too_large": lambda value: value <= LIMITS.max_money},
    )


def count(low: int, high: int | None = None, *, required: bool = False) -> dy.Int32:
    """Whole number from `low` to `high`."""
    return dy.Int32(nullable=not required, min=low, max=high, metadata=REQUIRED if required else None)


def flag() -> dy.Bool:
    """Yes, no, or not said."""
    return dy.Bool(nullable=True)


def unreadable(columns: Mapping[str, Any]) -> dy.UInt64:
    """Bit mask over the given columns that are not free text, in their order; each bit is a rule."""
    names = [name for name, column in columns.items() if is_parsed(column)]
    return dy.UInt64(
        metadata={"bits": names},
        check={name: _bit_is_clear(bit) for bit, name in enumerate(names)},
    )


def is_parsed(column: object) -> bool:
    """Whether a column's text is turned into something else, which can fail."""
    if not isinstance(column, dy.Column):
        return False
    return not isinstance(column, dy.String) or "known_values" in (column.metadata or {})


def _bit_is_clear(bit: int) -> Any:
    return lambda value: (value & (1 << bit)) == 0
