"""Customer value: what was foretold of the holdout beside what came, by tenths of the customers."""

from __future__ import annotations

from functools import partial
from typing import Any

import altair as alt

from orchestration.release.review import numbers
from orchestration.release.review.cards import Card, read_card, withheld
from orchestration.release.review.labels import GUESSES, Label, named
from orchestration.release.review.pictures import BLUE, GREY, INK, Chart, Picture, layered, told
from orchestration.release.review.section import Published, Section, Table

QUERY = """
    select figure, decile, customers, predicted, actual, actual_low, actual_high
    from marts.prediction_deciles
    where model = 'cltv'
    order by figure, decile
"""
TITLE = Label("客户价值：预测与实际", "Customer value: foretold and actual")
KINDS = {"predicted": Label("预测", "foretold"), "actual": Label("实际", "actual")}
HEIGHT = 220


def compose(published: Published) -> Section:
    """Draw money and orders by tenths, or say why nothing was foretold."""
    card = read_card(published, "cltv")
    figures = {
        "money": Label(f"每客户金额（{published.currency}）", f"Money per customer ({published.currency})"),
        "orders": Label("每客户购买天数", "Purchase days per customer"),
    }
    rows = published.rows(QUERY)
    found = {figure: [row for row in rows if row["figure"] == figure] for figure in figures}
    pictures = tuple(
        Picture(
            title=title,
            description=Label(
                "按预测十分位的预测与实际对比。", "Foretold and actual by tenths of the forecast."
            ),
            draw=partial(_bars, found[figure], digits=0 if figure == "money" else 2),
            room=45,
        )
        for figure, title in figures.items()
        if found[figure]
    )
    return Section(
        title=TITLE,
        words=_words(card, customers=sum(row["customers"] for row in found["orders"])) if pictures else (),
        missing=withheld(card)
        + (() if pictures else (Label("没有可对照的留出期。", "No holdout could be tried."),)),
        pictures=pictures,
        table=_table(card) if card and card.metrics.get("holdout") else None,
    )


def _words(card: Card | None, *, customers: int) -> tuple[Label, ...]:
    found = card.metrics if card else {}
    days, correction = found.get("holdout_days"), found.get("correction") or {}
    factor = numbers.amount(correction.get("factor"), 3)
    return (
        Label(
            f"留出期为最后 {days} 天，模型未曾见过；{customers:,} 位客户按预测从低到高分为十组，线段为实际均值的 95 % 区间。"
            f"预测已乘以校正系数 {factor}，该系数来自同一留出期，因此总量必然相符，只有各组的分布才是检验。",
            f"The last {days} days, which the model had not seen: {customers:,} customers in ten groups from the lowest "
            f"forecast to the highest; lines are 95 % intervals of what came. Forecasts are multiplied by the correction "
            f"{factor}, which the same days gave: the total is right by construction, only the spread is a proof.",
        ),
    )


def _bars(rows: list[dict[str, Any]], *, digits: int) -> Chart:
    order = [str(label) for label in KINDS.values()]
    values = [
        {
            "decile": row["decile"],
            "kind": str(label),
            "value": row[kind],
            "low": row["actual_low"] if kind == "actual" else None,
            "high": row["actual_high"] if kind == "actual" else None,
            "told": told(
                (f"{row['decile']} / 10", label, numbers.amount(row[kind], digits), f"n {row['customers']:,}")
            ),
        }
        for row in rows
        for kind, label in KINDS.items()
    ]
    # A limit of a mean may lie below zero where no value does; the axis need not follow it.
    lowest = min(0.0, *(row[kind] for row in rows for kind in KINDS))
    base = alt.Chart().encode(
        x=alt.X("decile:O", title="预测十分位 tenth of the forecast", axis=alt.Axis(labelAngle=0)),
        xOffset=alt.XOffset("kind:N", sort=order),
    )
    bars = base.mark_bar(aria=True).encode(
        y=alt.Y(
            "value:Q",
            title=None,
            scale=alt.Scale(domainMin=lowest),
            axis=alt.Axis(labelExpr="format(datum.value, '~s')", tickCount=5),
        ),
        color=alt.Color("kind:N", title=None, sort=order, scale=alt.Scale(domain=order, range=[GREY, BLUE])),
        description="told:N",
    )
    limits = (
        base.transform_filter("datum.low != null")
        .mark_rule(stroke=INK, clip=True)
        .encode(y="low:Q", y2="high:Q")
    )
    return layered(bars, limits, values=values, height=HEIGHT)


def _table(card: Card) -> Table:
    """Errors of the chosen model before the correction, beside those of naive forecasts."""
    families = [name for name, tried in card.metrics.get("families", {}).items() if "rmse_orders" in tried]
    best = min(families, key=lambda name: card.metrics["families"][name]["rmse_orders"], default="model")
    rows = [(best, card.metrics["holdout"])]
    rows += [
        (named(GUESSES, name), errors) for name, errors in card.baselines.items() if "rmse_orders" in errors
    ]
    return Table(
        columns=(
            Label("预测方法（校正前）", "Forecast, before the correction"),
            Label("每客户误差 RMSE（购买天数）", "RMSE per customer, purchase days"),
            Label("总量偏差", "Bias in total"),
        ),
        rows=tuple(
            (name, numbers.amount(errors["rmse_orders"], 3), numbers.percent(errors["bias_share"]))
            for name, errors in rows
        ),
    )
