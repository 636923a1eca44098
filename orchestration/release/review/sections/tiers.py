"""The tier pyramid (how many customers a tier holds, and how much they spend) and who moved between tiers."""

from __future__ import annotations

from functools import partial
from typing import Any

import altair as alt

from orchestration.release.review import numbers
from orchestration.release.review.labels import MOVEMENTS, TIERS, Label, named
from orchestration.release.review.pictures import BLUE, GREY, PAPER, Chart, Picture, layered, told
from orchestration.release.review.section import Published, Section, Table

PYRAMID = """
    select rfm_tier as tier, count(*) as customers, coalesce(sum(net_revenue_12m), 0)::double as net_revenue
    from marts.customer_360
    where rfm_tier is not null
    group by rfm_tier
    order by rfm_tier
"""
MIGRATION = """
    select
        from_tier, to_tier, movement, sum(customers)::bigint as customers
    from marts.tier_migrations
    cross join governance.release as release
    where month > release.as_of_date - interval 12 month and movement <> 'same'
    group by all
    order by all
"""
TITLE = Label("客户等级与迁移", "Tiers and migration")
COLOURS = {"new": "#a9bdd4", "up": "#9ed0b0", "back": "#c7dfa6", "down": "#f2c48d", "lost": "#eba79b"}
ROW, CELL = 62, 46
"""Height of a tier in pyramid and migration, pixels."""
LONGEST_BAR_SHARE = 1.45
"""The axis reaches so much farther than the longest bar, so that the figure at its end has room."""


def compose(published: Published) -> Section:
    """Draw pyramid and migration, or say that nobody has a tier."""
    tiers = sorted(published.rows(PYRAMID), key=lambda row: _rank(row["tier"]))
    moves = published.rows(MIGRATION)
    if not tiers:
        return Section(title=TITLE, missing=(Label("还没有客户拥有等级。", "No customer has a tier yet."),))
    pictures = [
        Picture(
            title=Label("客户占比与 12 个月净收入占比", "Share of customers and of 12-month net revenue"),
            description=Label(
                "各等级客户占比与收入占比的金字塔图。", "Pyramid: customers and revenue by tier."
            ),
            draw=partial(_pyramid, _shares(tiers), currency=published.currency),
        )
    ]
    if moves:
        pictures.append(
            Picture(
                title=Label("最近 12 个月的等级变动（人次）", "Moves between tiers, last 12 months"),
                description=Label("从等级到等级的变动人次。", "Number of moves from tier to tier."),
                draw=partial(_migration, moves),
            )
        )
    return Section(
        title=TITLE,
        words=(
            Label(
                "图一为当前 RFM 评分等级；图二为已评定等级的逐月变动之和（首单入级、年度评定），变动两次计两次，未变动者不计。",
                "First: tiers by the live RFM score. Second: moves of the tiers that were set (first order, yearly "
                "evaluation), summed over the months; who moved twice counts twice, who stayed does not count.",
            ),
        ),
        missing=()
        if moves
        else (Label("最近 12 个月没有等级变动。", "Nobody moved in the last 12 months."),),
        pictures=tuple(pictures),
        table=_table(tiers, published),
    )


def _table(tiers: list[dict[str, Any]], published: Published) -> Table:
    return Table(
        columns=(
            Label("等级", "Tier"),
            Label("客户数", "Customers"),
            Label(f"12 个月净收入 {published.currency}", f"Net revenue 12 m, {published.currency}"),
        ),
        rows=tuple(
            (
                named(TIERS, row["tier"]),
                _few(row["customers"], published),
                numbers.amount(row["net_revenue"]),
            )
            for row in tiers
        ),
    )


def _few(customers: Any, published: Published) -> str:
    return numbers.count(customers) + (" *" if customers < published.small_count else "")


def _rank(tier: str) -> tuple[int, str]:
    known = list(TIERS)
    return (known.index(tier) if tier in known else len(known), tier)


def _shares(tiers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lay customers to the left and revenue to the right of zero."""
    customers = sum(row["customers"] for row in tiers)
    money = sum(max(row["net_revenue"], 0.0) for row in tiers)
    sides = []
    for row in tiers:
        name = str(named(TIERS, row["tier"]))
        share, spent = row["customers"] / customers, max(row["net_revenue"], 0.0) / money if money else 0.0
        sides += [
            {
                "tier": name,
                "side": -1,
                "share": -share,
                "label": numbers.percent(share),
                "customers": row["customers"],
            },
            {
                "tier": name,
                "side": 1,
                "share": spent,
                "label": numbers.percent(spent),
                "money": row["net_revenue"],
            },
        ]
    return sides


def _pyramid(sides: list[dict[str, Any]], *, currency: str) -> Chart:
    reach = max(abs(row["share"]) for row in sides) * LONGEST_BAR_SHARE
    names = {-1: "客户 customers", 1: "净收入 net revenue"}
    rows = [
        row
        | {
            "kind": names[row["side"]],
            "told": told(
                (
                    row["tier"],
                    f"{row['customers']:,} 客户 customers"
                    if row["side"] < 0
                    else f"{row['money']:,.2f} {currency}",
                    row["label"],
                )
            ),
        }
        for row in sides
    ]
    order = list(dict.fromkeys(row["tier"] for row in rows))
    base = alt.Chart().encode(
        x=alt.X("share:Q", scale=alt.Scale(domain=[-reach, reach]), axis=None),
        y=alt.Y("tier:N", sort=order, title=None, axis=alt.Axis(ticks=False, domain=False)),
    )
    bars = base.mark_bar(height={"band": 0.72}, aria=True).encode(
        color=alt.Color(
            "kind:N", title=None, scale=alt.Scale(domain=list(names.values()), range=[GREY, BLUE])
        ),
        description="told:N",
    )
    left = base.transform_filter("datum.side < 0").mark_text(align="right", dx=-5).encode(text="label:N")
    right = base.transform_filter("datum.side > 0").mark_text(align="left", dx=5).encode(text="label:N")
    return layered(bars, left, right, values=rows, height=ROW * len(order))


def _migration(moves: list[dict[str, Any]]) -> Chart:
    rows = [
        {
            "from": str(named(TIERS, row["from_tier"])),
            "to": str(named(TIERS, row["to_tier"])),
            "movement": str(named(MOVEMENTS, row["movement"] or "other")),
            "customers": row["customers"],
            "told": f"{row['from_tier']} → {row['to_tier']} · {row['customers']:,}",
        }
        for row in moves
    ]
    names = sorted({name for row in moves for name in (row["from_tier"], row["to_tier"])}, key=_rank)
    order = [str(named(TIERS, name)) for name in names]
    base = alt.Chart().encode(
        x=alt.X(
            "to:N",
            sort=order,
            title="到 to",
            axis=alt.Axis(labelAngle=0, labelExpr="split(datum.label, ' ')", domain=False, ticks=False),
        ),
        y=alt.Y("from:N", sort=order, title="从 from", axis=alt.Axis(domain=False, ticks=False)),
    )
    kinds = [str(label) for label in MOVEMENTS.values()]
    cells = base.mark_rect(stroke=PAPER, strokeWidth=2, aria=True).encode(
        color=alt.Color(
            "movement:N",
            title=None,
            scale=alt.Scale(domain=kinds, range=list(COLOURS.values())),
            legend=alt.Legend(columns=3),
        ),
        description="told:N",
    )
    digits = base.mark_text().encode(text=alt.Text("customers:Q", format=","))
    return layered(cells, digits, values=rows, height=CELL * len(order))
