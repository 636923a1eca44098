"""Limits of the gates as rows: `seeds/gate_limits.csv` and the numbers that the checks themselves need."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

Severity = Literal["critical", "warning"]
PARAMETERS_FILE = "gate_parameters.csv"
QUARANTINE_FILE = "quarantine_limits.csv"
OTHER = "other"
"""Stands for every extract that has no row of its own."""


@dataclass(frozen=True, kw_only=True)
class GateLimit:
    """How much of something bad a gate lets pass.

    Attributes:
        gate: name of the check, unique among the rows that hold on one day.
        layer: schema that the check looks at: `raw` on arrival, `marts` or `governance` before a release.
        table_name: table that it speaks of, `<schema>.*` for checks over many.
        severity: `critical` stops the release, `warning` is told.
        threshold: the observed value may be at most this.
        unit: of threshold and observed value.
        reason: why this number.
        valid_from: first day on which the row holds.
    """

    gate: str
    layer: str
    table_name: str
    severity: Severity
    threshold: float
    unit: str
    reason: str
    valid_from: date

    @property
    def bound(self) -> str:
        """Return the limit as people read it, e.g. "at most 14 days"."""
        return f"at most {self.threshold:g} {self.unit}"


def load_limits(path: Path, *, on: date | None = None) -> tuple[GateLimit, ...]:
    """Read the limits that hold on a day, one per gate, in the order of the file.

    Args:
        path: `gate_limits.csv`.
        on: the day; by default every row counts and the latest `valid_from` wins.

    Raises:
        ValueError: a severity is neither critical nor warning.
    """
    chosen: dict[str, GateLimit] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            limit = _limit(row)
            earlier = chosen.get(limit.gate)
            if (on is None or limit.valid_from <= on) and (
                earlier is None or limit.valid_from >= earlier.valid_from
            ):
                chosen[limit.gate] = limit
    return tuple(chosen.values())


def load_parameters(path: Path, *, on: date | None = None) -> dict[str, float]:
    """Read the numbers that checks need beside their limit (`gate_parameters.csv`), as `load_limits` does."""
    chosen: dict[str, tuple[date, float]] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            since = date.fromisoformat(row["valid_from"])
            earlier = chosen.get(row["parameter"])
            if (on is None or since <= on) and (earlier is None or since >= earlier[0]):
                chosen[row["parameter"]] = since, float(row["value"])
    return {name: value for name, (_, value) in chosen.items()}


@dataclass(frozen=True, kw_only=True)
class QuarantineLimit:
    """Which share of one extract's rows may lie in quarantine.

    Attributes:
        extract: its name, or `OTHER`.
        warn_share: of all rows ever read, 0–1; more is told.
        refuse_share: of the rows of one delivery, 0–1; more stops the release.
        min_rows: deliveries with fewer rows read stop nothing.
        valid_from: first day on which the row holds.
    """

    extract: str
    warn_share: float
    refuse_share: float
    min_rows: int
    valid_from: date


def load_quarantine_limits(path: Path, *, on: date | None = None) -> tuple[QuarantineLimit, ...]:
    """Read the limits of the extracts (`quarantine_limits.csv`), as `load_limits` does.

    Raises:
        ValueError: a share lies outside 0–1, or no row holds for other extracts.
    """
    chosen: dict[str, QuarantineLimit] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            limit = _quarantine_limit(row)
            earlier = chosen.get(limit.extract)
            if (on is None or limit.valid_from <= on) and (
                earlier is None or limit.valid_from >= earlier.valid_from
            ):
                chosen[limit.extract] = limit
    if OTHER not in chosen:
        raise ValueError(f"{path.name}: no row holds for {OTHER!r}")
    return tuple(chosen.values())


def _quarantine_limit(row: dict[str, str]) -> QuarantineLimit:
    limit = QuarantineLimit(
        extract=row["extract"],
        warn_share=float(row["warn_share"]),
        refuse_share=float(row["refuse_share"]),
        min_rows=int(row["min_rows"]),
        valid_from=date.fromisoformat(row["valid_from"]),
    )
    if not (0 <= limit.warn_share <= 1 and 0 <= limit.refuse_share <= 1):
        raise ValueError(f"{limit.extract}: a share of quarantine_limits lies outside 0–1")
    return limit


def _limit(row: dict[str, str]) -> GateLimit:
    severity = row["severity"]
    if severity not in ("critical", "warning"):
        raise ValueError(f"{row['gate']}: severity is {severity!r}, not critical or warning")
    return GateLimit(
        gate=row["gate"],
        layer=row["layer"],
        table_name=row["table_name"],
        severity="critical" if severity == "critical" else "warning",
        threshold=float(row["threshold"]),
        unit=row["unit"],
        reason=row["reason"],
        valid_from=date.fromisoformat(row["valid_from"]),
    )
