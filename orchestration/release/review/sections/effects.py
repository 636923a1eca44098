"""Effects: what a festival or a variant of a campaign brought, against what was to be expected without it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import altair as alt

from orchestration.release.review import numbers
from orchestration.release.review.labels import FESTIVALS, Label
from orchestration.release.review.pictures import BLUE, INK, PAPER, Chart, Picture, layered, plot, told
from orchestration.release.review.section import Published, Section, Table

SHOWN = 12
"""Festivals, and variants, that have room: the latest ones."""
FESTIVAL_ROWS = """
    select
        festival, label_zh, festival_year, starts_on, repeat_orders as orders, ordinary_repeat_orders as expected,
        lift as effect, lift_low as effect_low, lift_high as effect_high
    from marts.festival_effects
    order by ends_on desc, festival, festival_year
"""
CAMPAIGN_ROWS = """
    select
        variants.campaign_id, variants.variant, variants.compared_with, variants.sent_from as starts_on,
        variants.orders, variants.customers * compared.orders_per_customer as expected,
        variants.ratio as effect, variants.ratio_low as effect_low, variants.ratio_high as effect_high,
        least(variants.customers, compared.customers) as least_customers
    from marts.campaign_effects as variants
    inner join marts.campaign_effects as compared
        on compared.campaign_id = variants.campaign_id and compared.variant = variants.compared_with
    order by variants.sent_until desc, variants.campaign_id, variants.variant
"""
TITLE = Label("大促与活动的效果", "Effects of festivals and campaigns")
WORDS = Label(
    "大促：老客复购单数 ÷ 前后平日（同星期）应有的单数。活动：每位收件人的订单数 ÷ 首个变体的；仅当收件人随机分组时才是活动的效果。"
    f"线段为 95 % 区间，1 为没有差别；各列最近 {SHOWN} 个。",
    "Festivals: repeat orders of known buyers ÷ those of ordinary days around them. Campaigns: orders per receiver ÷ those of the "
    "campaign's first variant; an effect only where receivers were drawn at random. Lines are 95 % intervals; at 1 nothing "
    f"differs. The latest {SHOWN} of each.",
)
ROW, LEAST_HEIGHT = 38, 120
"""Height of an effect, and of a picture of few, pixels."""


def compose(published: Published) -> Section:
    """Draw both kinds of effects; one that cannot be told is named."""
    festivals = [row | {"name": _festival(row)} for row in published.rows(FESTIVAL_ROWS)[:SHOWN]]
    campaigns = [
        row | {"name": _variant(row, published.small_count)} for row in published.rows(CAMPAIGN_ROWS)[:SHOWN]
    ]
    rows = festivals + campaigns
    drawn = {
        Label("大促提升倍数", "Lift by festivals"): _measured(festivals),
        Label("活动变体之比", "Variants of campaigns"): _measured(campaigns),
    }
    return Section(
        title=TITLE,
        words=(WORDS,) if rows else (),
        missing=_missing(festivals, campaigns),
        pictures=tuple(
            Picture(
                title=title,
                description=Label("效果及 95 % 区间。", "Effects with their 95 % intervals."),
                draw=partial(_intervals, measured),
                room=135,
            )
            for title, measured in drawn.items()
            if measured
        ),
        table=_table(rows) if rows else None,
    )


def _festival(row: dict[str, Any]) -> Label:
    known = FESTIVALS.get(row["festival"])
    zh, en = row["label_zh"] or row["festival"], known.en if known else row["festival"]
    return Label(f"{zh} {row['festival_year']}", f"{en} {row['festival_year']}")


def _variant(row: dict[str, Any], small_count: int) -> Label:
    few = " *" if row["least_customers"] < small_count else ""
    name = f"{row['campaign_id']} · {row['variant']} ÷ {row['compared_with']}{few}"
    return Label(name, name)


def _measured(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["effect"] is not None]


def _missing(festivals: Sequence[dict[str, Any]], campaigns: Sequence[dict[str, Any]]) -> tuple[Label, ...]:
    """Say what is not there, and of what is there but cannot be told, why."""
    said = []
    if not festivals:
        said.append(
            Label(
                "数据期内没有完整的大促。", "No festival lies within the data from its first day to its last."
            )
        )
    if not campaigns:
        said.append(Label("没有含多个变体的活动。", "No campaign has several variants."))
    reasons = (
        (
            [row for row in festivals if row["effect"] is None],
            Label(
                "前后平日不足，或复购订单太少，暂不可衡量",
                "not measurable, too few ordinary days on one side, or too few repeat orders",
            ),
        ),
        (
            [row for row in campaigns if row["orders"] is None],
            Label("观察期未满", "the days after the message are not over"),
        ),
        (
            [row for row in campaigns if row["orders"] is not None and row["effect"] is None],
            Label("其中一组没有订单，暂不可衡量", "not measurable, one of the two groups ordered nothing"),
        ),
    )
    for rows, reason in reasons:
        if rows:
            zh, en = ("、".join(row["name"].zh for row in rows), ", ".join(row["name"].en for row in rows))
            said.append(Label(f"{zh}：{reason.zh}。", f"{en}: {reason.en}."))
    return tuple(said)


def _intervals(rows: list[dict[str, Any]]) -> Chart:
    values = [
        {
            "name": "|".join(dict.fromkeys(row["name"])),
            "effect": row["effect"],
            "low": row["effect_low"],
            "high": row["effect_high"],
            "label": _times(row["effect"]),
            "told": told((row["name"], _interval(row), f"{row['orders']:,} / {row['expected']:,.1f}")),
        }
        for row in rows
    ]
    base = alt.Chart().encode(
        y=alt.Y(
            "name:N",
            title=None,
            sort=[value["name"] for value in values],
            axis=alt.Axis(
                labelExpr="split(datum.label, '|')",
                labelLimit=120,
                ticks=False,
                domain=False,
                grid=True,
                minExtent=125,
            ),
        )
    )
    # Twice as much is as far from 1 as half as much.
    scale = alt.Scale(type="log", base=2)
    axis = alt.Axis(labelExpr="'×' + datum.label", format="~g", tickCount=5)
    none = plot([{"none": 1}]).mark_rule(stroke=INK, strokeDash=[4, 3]).encode(x=alt.X("none:Q", scale=scale))
    return layered(
        none,
        base.mark_rule(strokeWidth=2, stroke=BLUE).encode(
            x=alt.X("low:Q", title=None, scale=scale, axis=axis), x2="high:Q"
        ),
        base.mark_point(size=80, filled=True, opacity=1, color=BLUE, aria=True).encode(
            x="effect:Q", description="told:N"
        ),
        base.mark_text(dy=-12, stroke=PAPER, strokeWidth=4).encode(x="effect:Q", text="label:N"),
        base.mark_text(dy=-12).encode(x="effect:Q", text="label:N"),
        values=values,
        height=max(ROW * len(rows), LEAST_HEIGHT),
    )


def _times(value: float) -> str:
    return f"×{value:,.2f}"


def _interval(row: dict[str, Any]) -> str:
    if row["effect"] is None:
        return numbers.NOTHING
    return f"{_times(row['effect'])} ({_times(row['effect_low'])} … {_times(row['effect_high'])})"


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    return Table(
        columns=(
            Label("大促或活动", "Festival or campaign"),
            Label("首日", "From"),
            Label("订单数", "Orders"),
            Label("若无效果", "Without an effect"),
            Label("效果与 95 % 区间", "Effect, 95 % interval"),
        ),
        rows=tuple(
            (
                row["name"],
                str(row["starts_on"]),
                numbers.count(row["orders"]),
                numbers.amount(row["expected"], 1),
                _interval(row),
            )
            for row in rows
        ),
    )
