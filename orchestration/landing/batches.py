"""What every reader hands on: a batch of rows with the way back to file and line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl


@dataclass(frozen=True)
class Malformed:
    """A line that never became a row."""

    line_number: int
    raw_row: str
    reasons: list[str]


@dataclass(frozen=True)
class Batch:
    """Rows of one file, in the file's order.

    Attributes:
        frame: one column per source column, under its name in the file; text, or Parquet's own types.
        lines: line number (from 1; for Parquet the row number) of each row.
        raw_rows: gives rows as they came, for the given row positions.
        malformed: lines between these rows that never became rows.
        bytes_done: how far into the decompressed file this batch reaches.
    """

    frame: pl.DataFrame
    lines: npt.NDArray[np.int64]
    raw_rows: Callable[[list[int]], list[str]]
    malformed: list[Malformed] = field(default_factory=list)
    bytes_done: int = 0
