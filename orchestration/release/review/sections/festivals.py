"""Festivals: net revenue by day, this year beside last year, aligned to the festival's own day."""

from __future__ import annotations

from functools import partial
from itertools import groupby
from typing import Any

import altair as alt

from orchestration.release.review import numbers
from orchestration.release.review.labels import FESTIVALS, Label
from orchestration.release.review.pictures import BLUE, GREY, ORANGE, Chart, Picture, layered, plot, told
from orchestration.release.review.section import Published, Section, Table

QUERY = """
    select
        festival, festival_year, label_zh, day_offset, phase, sales_date, orders, orders_last_year,
        net_revenue::double as net_revenue, net_revenue_last_year::double as net_revenue_last_year
    from marts.festival_comparison
    where net_revenue is not null
    qualify festival_year = max(festival_year) over (partition by festival)
    order by festival, day_offset
"""
TITLE = Label("大促同期对比", "Festivals beside the year before")
HEIGHT = 165
KINDS = {"net_revenue": Label("本年", "this year"), "net_revenue_last_year": Label("上年", "year before")}


def compose(published: Published) -> Section:
    """Draw the latest year of every festival; one without a year before is drawn alone and named."""
    found = {
        str(festival): list(rows)
        for festival, rows in groupby(published.rows(QUERY), key=lambda row: row["festival"])
    }
    if not found:
        return Section(
            title=TITLE,
            missing=(Label("数据期内没有任何大促。", "No festival lies within the data."),),
        )
    alone = [_name(rows) for rows in found.values() if not _with_year_before(rows)]
    return Section(
        title=TITLE,
        words=(
            Label(
                "按与大促当日的间隔天数对齐（春节按农历）；底色为大促期间，包含预热与结束后两周。",
                "Aligned by days to the festival's own day (Spring Festival by the lunar calendar); the tint marks the "
                "festival, with warm-up before and days after.",
            ),
        ),
        missing=tuple(
            Label(f"{name.zh}：没有上一年的数据可比。", f"{name.en}: the data holds no year before it.")
            for name in alone
        ),
        pictures=tuple(
            Picture(
                title=_name(rows),
                description=Label(
                    "每日净收入，本年与上年。", "Net revenue by day, this year and the year before."
                ),
                draw=partial(_lines, rows, currency=published.currency),
                room=60,
            )
            for rows in found.values()
        ),
        table=Table(
            columns=(
                Label("大促", "Festival"),
                Label(f"净收入 {published.currency}", f"Net revenue, {published.currency}"),
                Label("上年同日", "Same days, year before"),
                Label("变化", "Change"),
                Label("订单数（本年 / 上年）", "Orders, this year / before"),
            ),
            rows=tuple(_totals(rows) for rows in found.values()),
        ),
    )


def _name(rows: list[dict[str, Any]]) -> Label:
    zh, year = rows[0]["label_zh"], rows[0]["festival_year"]
    known = FESTIVALS.get(rows[0]["festival"])
    return Label(f"{zh or rows[0]['festival']} {year}", known.en if known else str(rows[0]["festival"]))


def _with_year_before(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["net_revenue_last_year"] is not None]


def _totals(rows: list[dict[str, Any]]) -> tuple[object, ...]:
    """Sum the days that both years know; alone where there is no year before."""
    both = _with_year_before(rows)
    if not both:
        now = sum(row["net_revenue"] for row in rows)
        orders = sum(row["orders"] for row in rows)
        return _name(rows), numbers.count(now), numbers.NOTHING, numbers.NOTHING, numbers.count(orders)
    now, before = (sum(row[kind] for row in both) for kind in KINDS)
    return (
        _name(rows),
        numbers.count(now),
        numbers.count(before),
        numbers.change(now / before - 1) if before > 0 else numbers.NOTHING,
        f"{sum(row['orders'] for row in both):,} / {sum(row['orders_last_year'] for row in both):,}",
    )


def _lines(rows: list[dict[str, Any]], *, currency: str) -> Chart:
    order = [str(label) for label in KINDS.values()]
    values = [
        {
            "day": row["day_offset"],
            "kind": str(label),
            "value": row[kind],
            "told": told((row["sales_date"], label, f"{row[kind]:,.2f} {currency}")),
        }
        for row in rows
        for kind, label in KINDS.items()
        if row[kind] is not None
    ]
    days = [row["day_offset"] for row in rows if row["phase"] == "festival"]
    tint = plot([{"from": min(days) - 0.5, "to": max(days) + 0.5}] if days else [])
    base = alt.Chart().encode(
        x=alt.X(
            "day:Q",
            title="距大促当日天数 days to the festival's day",
            scale=alt.Scale(nice=False),
            axis=alt.Axis(grid=False, tickCount=6),
        ),
        y=alt.Y("value:Q", title=currency, axis=alt.Axis(labelExpr="format(datum.value, '~s')", tickCount=5)),
        color=alt.Color(
            "kind:N",
            title=None,
            sort=order,
            scale=alt.Scale(domain=order, range=[BLUE, GREY]),
            legend=alt.Legend(symbolType="circle", symbolStrokeWidth=0),
        ),
    )
    return layered(
        tint.mark_rect(color=ORANGE, opacity=0.1).encode(x="from:Q", x2="to:Q"),
        base.mark_line(strokeWidth=2).encode(
            strokeDash=alt.StrokeDash(
                "kind:N", legend=None, scale=alt.Scale(domain=order, range=[[1, 0], [5, 3]])
            )
        ),
        base.mark_point(size=28, filled=True, opacity=1, aria=True).encode(description="told:N"),
        values=values,
        height=HEIGHT,
    )
