"""Small shops, made once per session, and readers of what they wrote."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from simulator.shop import SimulationSummary, simulate


@dataclass(frozen=True)
class Shop:
    out: Path
    summary: SimulationSummary

    def files(self, extract: str) -> list[Path]:
        return sorted(path for path in (self.out / extract).rglob("*") if path.is_file())

    def frame(self, extract: str) -> pl.DataFrame:
        """All rows of a clean extract as text."""
        return pl.concat([pl.read_csv(path, infer_schema=False) for path in self.files(extract)])

    def truth(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.out / "_truth" / f"{name}.parquet")

    def planted(self) -> dict[str, int]:
        """Planted mess, counts per kind."""
        return dict(self.truth("mess").group_by("kind").agg(pl.col("count").sum()).iter_rows())


@pytest.fixture(scope="session")
def clean_shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    out = tmp_path_factory.mktemp("shop") / "clean"
    return Shop(out, simulate(out=out, customers=1_500, seed=3))


@pytest.fixture(scope="session")
def messy_shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    out = tmp_path_factory.mktemp("shop") / "messy"
    return Shop(out, simulate(out=out, customers=1_500, seed=3, mess=1.0))
