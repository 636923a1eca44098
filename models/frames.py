"""What a frame must have at a function's door."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl


def require_columns(*, frame: pl.DataFrame, columns: Iterable[str], name: str) -> None:
    """Refuse a frame that lacks columns.

    Args:
        frame: what was handed over.
        columns: names that must be there; further columns are allowed.
        name: what the frame is called in the message.

    Raises:
        ValueError: at least one column is missing; the message names all of them.
    """
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(
            f"{name} lacks {', '.join(missing)}; it has {', '.join(frame.columns) or 'no column'}"
        )
