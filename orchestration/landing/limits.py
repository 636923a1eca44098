"""The ingestion's business numbers, read from `seeds/`: limits, order statuses, known values.

What belongs here: reading rows. What does not: deciding what follows from them (see `contracts`).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache

from orchestration.settings import SEEDS_DIR


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Rows of `seeds/extract_limits.csv`, typed; units and reasons stand beside them in the file."""

    first_timestamp: date
    first_birth_date: date
    future_days: int
    max_money: int
    min_quantity: int
    max_quantity: int
    min_line_no: int
    min_satisfaction: int
    max_satisfaction: int
    min_escalation_level: int
    max_escalation_level: int
    min_score: int
    max_score: int
    min_nps_score: int
    max_nps_score: int
    min_csat_score: int
    max_csat_score: int
    min_review_score: int
    max_review_score: int
    max_line_bytes: int
    kept_line_bytes: int
    max_record_lines: int
    block_bytes: int
    parquet_batch_rows: int
    duplicate_memory: str
    small_raw_bytes: int
    max_small_raw_files: int
    merged_raw_bytes: int
    compaction_bytes_per_run: int
    compaction_memory: str
    raw_group_rows: int

    @property
    def score_scales(self) -> dict[str, tuple[int, int]]:
        """Kind of feedback → lowest and highest score."""
        return {
            "nps": (self.min_nps_score, self.max_nps_score),
            "csat": (self.min_csat_score, self.max_csat_score),
            "review": (self.min_review_score, self.max_review_score),
        }


def _typed(value: str, unit: str) -> date | int | str:
    if unit == "date":
        return date.fromisoformat(value)
    return value if unit == "memory" else int(value)


@cache
def load_limits() -> Limits:
    """Read the limits.

    Raises:
        TypeError: the seed lacks a limit or holds one that nothing uses.
    """
    with (SEEDS_DIR / "extract_limits.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["limit"]: _typed(row["value"], row["unit"]) for row in csv.DictReader(file)}
    return Limits(**rows)  # type: ignore[arg-type]


@cache
def known_values(*, extract: str, column: str) -> dict[str, str]:
    """Spelling in lower case → value, for columns whose values the warehouse must know."""
    if (extract, column) == ("orders", "status"):
        with (SEEDS_DIR / "order_statuses.csv").open(encoding="utf-8", newline="") as file:
            return {row["source_status"]: row["status"] for row in csv.DictReader(file)}
    with (SEEDS_DIR / "extract_values.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["source_value"]: row["value"]
            for row in csv.DictReader(file)
            if (row["extract"], row["column_name"]) == (extract, column)
        }
