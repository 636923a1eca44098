"""Repeat purchase and retention before and after the CRM began, with intervals."""

from __future__ import annotations

from functools import partial
from typing import Any

import altair as alt

from orchestration.release.review import numbers
from orchestration.release.review.labels import KPIS, Label, named
from orchestration.release.review.pictures import BLUE, GREY, INK, PAPER, Chart, Picture, layered, plot, told
from orchestration.release.review.section import Published, Section, Table

QUERY = "select * from marts.retention_before_after where segment = 'all' order by metric"
TITLE = Label("CRM 启用前后对比", "Before and after the CRM")
NOT_SAID = Label(
    "尚未设定 CRM 启用日（seeds/model_settings.csv 的 crm_start_date），因此暂不可衡量。",
    "Not measurable: the shop has not said when its CRM began (crm_start_date in seeds/model_settings.csv).",
)
SIDES = {"before": Label("之前", "before"), "after": Label("之后", "after")}
ROW = 62


def compose(published: Published) -> Section:
    """Draw both times and their difference; what cannot be compared is named."""
    rows = published.rows(QUERY)
    if not rows:
        return Section(title=TITLE, missing=(NOT_SAID,))
    compared = [row for row in rows if row["difference"] is not None]
    day = f"{rows[0]['crm_start_date']}"
    return Section(
        title=TITLE,
        words=(
            Label(
                f"CRM 启用日 {day}；两段等长时间，线段为 95 % 区间。只描述、不解释：季节等其他变化也在其中。",
                f"The CRM began on {day}. Equal windows; lines are 95 % intervals. It describes and does not explain: "
                "seasons and everything else that changed are in it.",
            ),
        ),
        missing=tuple(_missing(row) for row in rows if row["difference"] is None),
        pictures=_pictures(compared) if compared else (),
        table=_table(rows, published),
    )


def _missing(row: dict[str, Any]) -> Label:
    name = named(KPIS, row["metric"])
    return Label(
        f"{name.zh}：启用日前后数据不足，暂不可衡量。",
        f"{name.en}: not measurable, too few days or customers on one side.",
    )


def _pictures(rows: list[dict[str, Any]]) -> tuple[Picture, ...]:
    return (
        Picture(
            title=Label("前后比率", "Rates before and after"),
            description=Label("启用前后的复购率与留存率及区间。", "Rates before and after, with intervals."),
            draw=partial(_rates, rows),
            room=135,
        ),
        Picture(
            title=Label("差异（百分点）", "Difference (percentage points)"),
            description=Label(
                "差异及 95 % 区间，零线为无变化。", "Differences with intervals; zero is no change."
            ),
            draw=partial(_differences, rows),
            room=135,
        ),
    )


def _rates(rows: list[dict[str, Any]]) -> Chart:
    order = [str(label) for label in SIDES.values()]
    values = [
        {
            "metric": _name(row),
            "side": str(label),
            "rate": row[f"{side}_rate"],
            "low": row[f"{side}_rate_low"],
            "high": row[f"{side}_rate_high"],
            "told": told(
                (
                    named(KPIS, row["metric"]),
                    label,
                    f"{row[f'{side}_returned']:,} / {row[f'{side}_customers']:,}",
                    numbers.percent(row[f"{side}_rate"]),
                )
            ),
        }
        for row in rows
        for side, label in SIDES.items()
    ]
    colour = alt.Color("side:N", title=None, sort=order, scale=alt.Scale(domain=order, range=[GREY, BLUE]))
    base = alt.Chart().encode(y=_metric_axis(), yOffset=alt.YOffset("side:N", sort=order), color=colour)
    share = alt.Axis(format=".0%", tickCount=5)
    return layered(
        base.mark_rule(strokeWidth=2).encode(
            x=alt.X("low:Q", title=None, axis=share, scale=alt.Scale(zero=False, nice=True)), x2="high:Q"
        ),
        base.mark_point(size=80, filled=True, opacity=1, aria=True).encode(x="rate:Q", description="told:N"),
        values=values,
        height=ROW * len(rows),
    )


def _differences(rows: list[dict[str, Any]]) -> Chart:
    values = [
        {
            "metric": _name(row),
            "difference": row["difference"],
            "low": row["difference_low"],
            "high": row["difference_high"],
            "label": numbers.points(row["difference"]),
            "told": told((named(KPIS, row["metric"]), _interval(row))),
        }
        for row in rows
    ]
    base = alt.Chart().encode(y=_metric_axis())
    axis = alt.Axis(format="+.0%", tickCount=4, labelExpr="replace(datum.label, '%', '')")
    zero = plot([{"zero": 0}]).mark_rule(stroke=INK, strokeDash=[4, 3]).encode(x="zero:Q")
    return layered(
        zero,
        base.mark_rule(strokeWidth=2, stroke=BLUE).encode(
            x=alt.X("low:Q", title=None, axis=axis), x2="high:Q"
        ),
        base.mark_point(size=90, filled=True, opacity=1, color=BLUE, aria=True).encode(
            x="difference:Q", description="told:N"
        ),
        base.mark_text(dy=-14, stroke=PAPER, strokeWidth=4).encode(x="difference:Q", text="label:N"),
        base.mark_text(dy=-14).encode(x="difference:Q", text="label:N"),
        values=values,
        height=ROW * len(rows),
    )


def _metric_axis() -> alt.Y:
    return alt.Y(
        "metric:N",
        title=None,
        axis=alt.Axis(
            labelExpr="split(datum.label, '|')", ticks=False, domain=False, grid=True, minExtent=125
        ),
    )


def _name(row: dict[str, Any]) -> str:
    """Name a metric in two lines."""
    name = named(KPIS, row["metric"])
    return f"{name.zh}|{name.en.replace('Repeat purchase', 'Repeat')}"


def _interval(row: dict[str, Any]) -> str:
    if row["difference"] is None:
        return numbers.NOTHING
    low, high = numbers.points(row["difference_low"]), numbers.points(row["difference_high"])
    return f"{numbers.points(row['difference'])} ({low} … {high})"


def _table(rows: list[dict[str, Any]], published: Published) -> Table:
    def side(row: dict[str, Any], name: str) -> str:
        if row[f"{name}_rate"] is None:
            return numbers.NOTHING
        n = row[f"{name}_customers"]
        return f"{numbers.percent(row[f'{name}_rate'])} (n {n:,}{' *' if n < published.small_count else ''})"

    return Table(
        columns=(
            Label("指标", "Metric"),
            SIDES["before"],
            SIDES["after"],
            Label("差异与 95 % 区间", "Difference, 95 % interval"),
        ),
        rows=tuple(
            (named(KPIS, row["metric"]), side(row, "before"), side(row, "after"), _interval(row))
            for row in rows
        ),
    )
