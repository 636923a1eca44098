"""Rows of `seeds/model_settings.csv` turned into one kind of settings: a frozen dataclass, a field per row.

Belongs here: how a row is read and held against its bounds. Does not belong here: which settings there are and how far
each may go (the fields of `models/…settings.py`), or any value of a setting.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Annotated, TypeVar, get_args, get_origin, get_type_hints

import polars as pl

from models.frames import require_columns

Settings = TypeVar("Settings")
Values = Mapping[str, float]
"""Values by name of the setting, as the rows hold them."""
Limit = float | str
"""A number, or the name of the setting whose value it is."""

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "above": operator.gt,
    "least": operator.ge,
    "below": operator.lt,
    "most": operator.le,
}


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Between which limits a setting lies; without a lower one, or without bounds, it must be above 0.

    Attributes:
        above: what it must exceed.
        least: the least that it may be.
        below: what it must stay under.
        most: the most that it may be.
    """

    above: Limit | None = None
    least: Limit | None = None
    below: Limit | None = None
    most: Limit | None = None

    def hold(self, value: float, *, values: Values) -> bool:
        """Tell whether a value lies within."""
        limits = {side: limit for side, limit in vars(self).items() if limit is not None}
        if not {"above", "least"} & limits.keys():
            limits["above"] = 0.0
        return all(
            COMPARISONS[side](value, values[limit] if isinstance(limit, str) else limit)
            for side, limit in limits.items()
        )


@dataclass(frozen=True)
class ReadBy:
    """How a field is read that is no single number.

    Attributes:
        read: gives it from all values; raises KeyError where a row is missing, and ValueError that names what is out of
            bounds.
    """

    read: Callable[[Values], object]


def parse_settings(kind: type[Settings], *, rows: pl.DataFrame) -> Settings:
    """Turn the seed's rows into one kind of settings; rows that it does not name are passed over.

    Args:
        kind: the dataclass; its fields are numbers (`float`), whole numbers (`int`) or flags (`bool`, 0 or 1), annotated
            with `Bounds` where they need not be above 0, or with `ReadBy`.
        rows: columns `setting`, `value`; at most one row per setting (the one valid at the as-of date).

    Returns:
        The settings.

    Raises:
        ValueError: a setting is missing, stands twice, is not of its kind of number, or lies outside its bounds.
    """
    require_columns(frame=rows, columns=("setting", "value"), name="model_settings")
    if rows["setting"].is_duplicated().any():
        raise ValueError("model_settings holds a setting twice")
    values = dict(rows.select("setting", pl.col("value").cast(pl.Float64)).drop_nulls().iter_rows())
    found: dict[str, object] = {}
    wrong: list[str] = []
    for name, hint in get_type_hints(kind, include_extras=True).items():
        number, how = get_args(hint) if get_origin(hint) is Annotated else (hint, Bounds())
        try:
            found[name] = how.read(values) if isinstance(how, ReadBy) else _number(name, number, how, values)
        except KeyError as missing:
            raise ValueError(f"model_settings lacks the row {missing.args[0]}") from None
        except ValueError as error:
            wrong.append(str(error))
    if wrong:
        raise ValueError(f"model_settings out of bounds: {', '.join(sorted(wrong))}")
    return kind(**found)


def _number(name: str, number: type[float], bounds: Bounds, values: Values) -> float:
    """Read a row as its kind of number, refused outside its bounds."""
    value = values[name]
    if not (isfinite(value) and bounds.hold(value, values=values) and number(value) == value):
        raise ValueError(name)
    return number(value)
