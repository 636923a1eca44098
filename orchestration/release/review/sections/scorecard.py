"""The scorecard: every target with what was measured; what the data cannot give stands there too."""

from __future__ import annotations

from typing import Any

from orchestration.release.review import numbers
from orchestration.release.review.labels import KPIS, PARTS, STATUSES, UNITS, Label, named
from orchestration.release.review.section import Published, Score, Section

QUERY = """
    select kpi, segment, value, target, direction, unit, n, status
    from marts.kpi_scorecard
    order by kpi, segment
"""
SIGNS = {"at_least": "≥", "above": ">", "at_most": "≤", "below": "<", "above_previous": "↑", "below_previous": "↓"}
TREND = ("above_previous", "below_previous")
RANKS = ("missed", "met", "not measurable")
"""What needs work comes first."""


def compose(published: Published) -> Section:
    """Print the scorecard, what was missed first."""
    rows = published.rows(QUERY)
    rows.sort(key=lambda row: RANKS.index(str(row["status"])))
    counts = [
        (STATUSES[rank], sum(row["status"] == rank for row in rows)) for rank in ("met", "missed", "not measurable")
    ]
    return Section(
        title=Label("记分卡", "Scorecard"),
        words=(
            Label(
                " · ".join(f"{label.zh} {number}" for label, number in counts),
                " · ".join(f"{label.en} {number}" for label, number in counts),
            ),
            Label(
                "↑ ↓ 表示与上一个同长周期相比应上升或下降；n 为观测数。",
                "↑ ↓: to rise or to fall against the equal period before. n: observations.",
            ),
        ),
        missing=() if rows else (Label("没有任何目标。", "There is no target."),),
        scores=tuple(_score(row, published) for row in rows),
    )


def _score(row: dict[str, Any], published: Published) -> Score:
    unit, n = row["unit"], row["n"]
    told = UNITS.get(unit)
    name = named(KPIS, row["kpi"])
    return Score(
        name=Label(f"{name.zh}（{told.zh}）", f"{name.en} ({told.en})") if told else name,
        part=None if row["segment"] == "all" else named(PARTS, row["segment"]),
        value=numbers.measured(row["value"], unit=unit),
        target=_target(row),
        n=numbers.count(n) if n else numbers.NOTHING,
        status=row["status"],
        is_small=bool(n) and n < published.small_count,
    )


def _target(row: dict[str, Any]) -> str:
    sign = SIGNS.get(row["direction"], row["direction"])
    if row["target"] is None:
        return sign if row["direction"] in TREND else numbers.NOTHING
    return f"{sign} {numbers.measured(row['target'], unit=row['unit'])}"
