"""The cohort heat map: of the buyers of a month, how many come back in each month after it."""

from __future__ import annotations

from functools import partial
from typing import Any

import altair as alt

from orchestration.release.review import numbers
from orchestration.release.review.labels import Label
from orchestration.release.review.pictures import PAPER, Chart, Picture, layered, told
from orchestration.release.review.section import Published, Section, Table

QUERY = """
    select
        strftime(cohort_month, '%Y-%m') as cohort, period_number, cohort_size, active_customers,
        retention_rate, rate_low, rate_high
    from marts.cohort_retention
    where period_number > 0 and retention_rate is not null
    order by cohort_month, period_number
"""
MEANS = """
    select period_number, cohorts, cohort_customers, weighted_retention_rate, rate_low, rate_high
    from marts.cohort_means
    where cohort_grain = 'month' and period_number > 0 and weighted_retention_rate is not null
    order by period_number
"""
TITLE = Label("月度同期群留存", "Retention by monthly cohort")
PALE, MIDDLE, DEEP = "#f1f6fb", "#a3c3e4", "#1d4f8c"
DARK, LIGHT = "#14293d", "#ffffff"
DEEP_FROM = 0.72
"""Share of the darkest cell's rate from which white digits are read better than dark ones."""
SHOWN_WIDE, SHOWN_NARROW = 24, 12
"""Cohorts and months that have room on a wide screen, and on a phone."""
ROW = 21


def compose(published: Published) -> Section:
    """Draw the heat map, or say that no cohort is old enough."""
    cells = published.rows(QUERY)
    if not cells:
        return Section(
            title=TITLE,
            missing=(Label("还没有同期群满一个完整的月。", "No cohort has a whole month behind it yet."),),
        )
    small = published.small_count
    return Section(
        title=TITLE,
        words=(
            Label(
                f"行：首单月份与人数；列：首单后第几个月；格：当月再次下单的比例（%）。尚未结束的月份留空。* 少于 {small} 人，请谨慎解读。",
                "Row: month of the first order and its buyers. Column: months since. Cell: share who order again in that "
                f"month, in percent. Months that are not over stay blank. * fewer than {small} buyers: read with care.",
            ),
        ),
        pictures=(
            Picture(
                title=Label("再次下单的比例（%）", "Share who order again (%)"),
                description=Label("同期群留存热力图。", "Heat map of retention by cohort and month."),
                draw=partial(_heat_map, cells, shown=SHOWN_WIDE, small_count=small),
                draw_narrow=partial(_heat_map, cells, shown=SHOWN_NARROW, small_count=small),
            ),
        ),
        table=Table(
            columns=(
                Label("首单后第几个月", "Months since"),
                Label("同期群", "Cohorts"),
                Label("客户数", "Customers"),
                Label("加权留存率", "Weighted retention"),
                Label("95 % 区间", "95 % interval"),
            ),
            rows=tuple(
                (
                    row["period_number"],
                    row["cohorts"],
                    numbers.count(row["cohort_customers"]),
                    numbers.percent(row["weighted_retention_rate"]),
                    f"{numbers.percent(row['rate_low'])} – {numbers.percent(row['rate_high'])}",
                )
                for row in published.rows(MEANS)
            ),
        ),
    )


def _heat_map(cells: list[dict[str, Any]], *, shown: int, small_count: int) -> Chart:
    kept = set(sorted({row["cohort"] for row in cells})[-shown:])
    darkest = max(row["retention_rate"] for row in cells) or 1.0
    rows = [
        {
            "cohort": f"{row['cohort']} · {row['cohort_size']:,}{'*' if row['cohort_size'] < small_count else ''}",
            "period": row["period_number"],
            "rate": row["retention_rate"],
            "digits": f"{row['retention_rate'] * 100:.0f}",
            "is_deep": row["retention_rate"] > DEEP_FROM * darkest,
            "told": told(
                (
                    f"{row['cohort']} +{row['period_number']}",
                    f"{row['active_customers']:,} / {row['cohort_size']:,}",
                    f"{numbers.percent(row['retention_rate'])} "
                    f"({numbers.percent(row['rate_low'])} – {numbers.percent(row['rate_high'])})",
                )
            ),
        }
        for row in cells
        if row["cohort"] in kept and row["period_number"] <= shown
    ]
    base = alt.Chart().encode(
        x=alt.X(
            "period:O",
            title="首单后第几个月 months since the first order",
            axis=alt.Axis(orient="top", labelAngle=0, domain=False, ticks=False),
        ),
        y=alt.Y("cohort:O", title=None, axis=alt.Axis(domain=False, ticks=False)),
    )
    squares = base.mark_rect(stroke=PAPER, strokeWidth=1, aria=True).encode(
        color=alt.Color(
            "rate:Q",
            scale=alt.Scale(domain=[0, darkest / 2, darkest], range=[PALE, MIDDLE, DEEP]),
            legend=None,
        ),
        description="told:N",
    )
    digits = base.mark_text(fontSize=11).encode(
        text="digits:N", color=alt.condition("datum.is_deep", alt.value(LIGHT), alt.value(DARK))
    )
    return layered(squares, digits, values=rows, height=ROW * len({row["cohort"] for row in rows}))
