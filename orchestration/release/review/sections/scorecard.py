"""The scorecard: every target with what was measured; what the data cannot give stands there too."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from orchestration.release.review import numbers
from orchestration.release.review.labels import KPIS, STATUSES, UNITS, Label, named, part
from orchestration.release.review.section import Published, Score, Section

QUERY = """
    select kpi, segment, value, target, direction, unit, n, status, reason
    from marts.kpi_scorecard
    order by kpi, segment
"""
TITLE = Label("记分卡", "Scorecard")
SIGNS = {
    "at_least": "≥",
    "above": ">",
    "at_most": "≤",
    "below": "<",
    "above_previous": "↑",
    "below_previous": "↓",
}
INFORMATION = "for information"
TREND = ("above_previous", "below_previous")
RANKS = ("missed", "met", "not measurable", INFORMATION)
"""What needs work comes first."""


def compose(published: Published) -> Section:
    """Print the scorecard, what was missed first."""
    rows = published.rows(QUERY)
    for row in rows:
        if row["direction"] is None and row["value"] is not None:
            row["status"] = INFORMATION
    rows.sort(key=lambda row: RANKS.index(str(row["status"])))
    counts = [
        (STATUSES[rank], sum(row["status"] == rank for row in rows))
        for rank in ("met", "missed", "not measurable", INFORMATION)
    ]
    return Section(
        title=TITLE,
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
        scores=tuple(_score(row, published) for row in rows if row["value"] is not None),
        unmeasured=_unmeasured([row for row in rows if row["value"] is None]),
    )


def _score(row: dict[str, Any], published: Published) -> Score:
    unit, n = row["unit"], row["n"]
    return Score(
        name=_name(row),
        part=None if row["segment"] == "all" else part(row["segment"]),
        value=numbers.measured(row["value"], unit=unit),
        target=_target(row),
        n=numbers.count(n) if n else numbers.NOTHING,
        status=row["status"],
        is_small=bool(n) and n < published.small_count,
    )


def _unmeasured(rows: list[dict[str, Any]]) -> tuple[tuple[Label, str], ...]:
    """Name the KPIs that nothing is known of, one line each, with parts, targets and why."""
    lines = []
    for _, parts in groupby(rows, key=lambda row: row["kpi"]):
        listed = list(parts)
        targets = [
            _target(row) if row["segment"] == "all" else f"{part(row['segment'])} {_target(row)}"
            for row in listed
        ]
        lines.append((_name(listed[0]), f"{'; '.join(targets)} · {listed[0]['reason']}"))
    return tuple(lines)


def _name(row: dict[str, Any]) -> Label:
    """Name a KPI with its unit, where that is no percentage."""
    name, unit = named(KPIS, row["kpi"]), UNITS.get(row["unit"])
    return Label(f"{name.zh}（{unit.zh}）", f"{name.en} ({unit.en})") if unit else name


def _target(row: dict[str, Any]) -> str:
    if row["direction"] is None:
        return numbers.NOTHING
    sign = SIGNS.get(row["direction"], row["direction"])
    if row["target"] is None:
        return sign if row["direction"] in TREND else numbers.NOTHING
    return f"{sign} {numbers.measured(row['target'], unit=row['unit'])}"
