"""The book of planted mess: `_truth/mess.parquet`."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from simulator.writers import Drop


@dataclass
class MessTally:
    """Counts planted facts by kind and file.

    Attributes:
        rows: kind, file relative to the shop's folder, count.
    """

    rows: list[tuple[str, str, int]] = field(default_factory=list)

    def add(self, *, kind: str, file: str, count: int) -> None:
        """Note `count` facts of a kind in a file; nothing is noted for zero."""
        if count > 0:
            self.rows.append((kind, file, count))

    def count_tags(self, drop: Drop, *, file: str) -> None:
        """Note the tags of a written file: each `_` column names the mess of its rows."""
        for name in drop.frame.columns:
            if name.startswith("_"):
                for kind, count in drop.frame[name].drop_nulls().value_counts(sort=True).iter_rows():
                    self.add(kind=kind, file=file, count=count)
        for kind, count in drop.planted:
            self.add(kind=kind, file=file, count=count)

    @property
    def total(self) -> int:
        """All planted facts."""
        return sum(count for _, _, count in self.rows)

    def frame(self) -> pl.DataFrame:
        """The table, sorted."""
        schema = {"kind": pl.String, "file": pl.String, "count": pl.Int64}
        return pl.DataFrame(self.rows, schema=schema, orient="row").sort("kind", "file")
