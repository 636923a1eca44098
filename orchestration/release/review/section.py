"""What a part of the page is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import duckdb

from orchestration.release.review.labels import Label
from orchestration.release.review.pictures import Picture


@dataclass(frozen=True, kw_only=True)
class Published:
    """The published file that a page is made of.

    Attributes:
        connection: to the file, read only; tables are named as readers name them.
        currency: ISO code of all money.
        small_count: below so many customers a figure is marked as resting on few.
    """

    connection: duckdb.DuckDBPyConnection
    currency: str
    small_count: int

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Run a query; one mapping per row, columns by name."""
        found = self.connection.sql(query)
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


@dataclass(frozen=True, kw_only=True)
class Table:
    """Figures behind a chart: headings, and rows of as many cells."""

    columns: tuple[Label, ...]
    rows: tuple[tuple[object, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Score:
    """One row of the scorecard, as it is printed; `is_small` marks a figure that rests on few observations."""

    name: Label
    part: Label | None
    value: str
    target: str
    n: str
    status: str
    is_small: bool


@dataclass(frozen=True, kw_only=True)
class Section:
    """One part of the page.

    Attributes:
        title: its heading.
        words: how to read it.
        missing: sentences in the place of what cannot be shown.
        scores: rows of a scorecard, as far as something was measured.
        unmeasured: the others: a KPI, and its parts with their targets.
        pictures: charts.
        table: figures behind them.
    """

    title: Label
    words: tuple[Label, ...] = ()
    missing: tuple[Label, ...] = ()
    scores: tuple[Score, ...] = ()
    unmeasured: tuple[tuple[Label, str], ...] = ()
    pictures: tuple[Picture, ...] = ()
    table: Table | None = None


Compose = Callable[[Published], Section]
