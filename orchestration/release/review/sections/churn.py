"""Churn: calibration on a later cut, and the model beside its baselines."""

from __future__ import annotations

from functools import partial
from typing import Any

import altair as alt

from orchestration.release.review import numbers
from orchestration.release.review.cards import Card, read_card, withheld
from orchestration.release.review.labels import GUESSES, Label, named
from orchestration.release.review.pictures import BLUE, GREY, ORANGE, Chart, Picture, layered, plot, told
from orchestration.release.review.section import Published, Section, Table

QUERY = """
    select decile, customers, predicted, actual, actual_low, actual_high
    from marts.prediction_deciles
    where model = 'churn' and figure = 'churned'
    order by decile
"""
TITLE = Label("流失预测：校准", "Churn: calibration")
MODEL = Label("模型", "model")
HEIGHT = 250
CHANCE = 0.5
"""AUC and balanced accuracy of an order at random."""


def compose(published: Published) -> Section:
    """Draw calibration and comparison, or say why nothing was tested."""
    card, rows = read_card(published, "churn"), published.rows(QUERY)
    compared = _compared(card)
    pictures = []
    if rows:
        pictures.append(
            Picture(
                title=Label("预测概率与实际流失率", "Foretold probability and actual share"),
                description=Label(
                    "校准图：对角线为完全准确。", "Calibration: on the diagonal forecasts come true."
                ),
                draw=partial(_calibration, rows),
                room=65,
            )
        )
    if compared:
        pictures.append(
            Picture(
                title=Label("模型与基线", "Model and baselines"),
                description=Label(
                    "模型与基线的 AUC 和平衡准确率。", "AUC and balanced accuracy of model and baselines."
                ),
                draw=partial(_comparison, compared),
                room=125,
            )
        )
    return Section(
        title=TITLE,
        words=_words(card, customers=sum(row["customers"] for row in rows)) if rows else (),
        missing=withheld(card)
        + (() if rows else (Label("没有可检验的截点。", "No later cut could be tested."),)),
        pictures=tuple(pictures),
        table=_table(compared) if compared else None,
    )


def _words(card: Card | None, *, customers: int) -> tuple[Label, ...]:
    day = card.cut_date if card else ""
    return (
        Label(
            f"检验截点 {day} 之后 90 天内未成功下单即为流失；{customers:,} 位客户按概率分为十组，线段为实际流失率的 95 % 区间。",
            f"Churned: no successful order in the 90 days after the test cut {day}. {customers:,} customers in ten groups by "
            "probability; lines are 95 % intervals of what came.",
        ),
    )


def _calibration(rows: list[dict[str, Any]]) -> Chart:
    values = [
        row
        | {
            "told": told(
                (
                    f"{row['decile']} / 10",
                    f"预测 foretold {numbers.percent(row['predicted'])}",
                    f"实际 actual {numbers.percent(row['actual'])}",
                    f"n {row['customers']:,}",
                )
            )
        }
        for row in rows
    ]
    whole = alt.Scale(domain=[0, 1])
    axis = alt.Axis(format=".0%", tickCount=5)
    ends = [{"predicted": 0, "actual": 0}, {"predicted": 1, "actual": 1}]
    diagonal = plot(ends).mark_line(stroke=GREY, strokeDash=[5, 4])
    base = alt.Chart().encode(
        x=alt.X("predicted:Q", title="预测概率 foretold probability", scale=whole, axis=axis)
    )
    return layered(
        diagonal.encode(x="predicted:Q", y="actual:Q"),
        base.mark_rule(stroke=BLUE, strokeWidth=1.5).encode(
            y=alt.Y("actual_low:Q", title="实际流失率 actual share", scale=whole, axis=axis),
            y2="actual_high:Q",
        ),
        base.mark_point(size=80, filled=True, opacity=1, color=BLUE, aria=True).encode(
            y="actual:Q", description="told:N"
        ),
        values=values,
        height=HEIGHT,
    )


def _comparison(compared: list[dict[str, Any]]) -> Chart:
    figures = {"auc": "AUC", "balanced_accuracy": "平衡准确率 balanced accuracy"}
    values = [
        {
            "name": f"{row['name'].zh}|{row['name'].en}",
            "figure": title,
            "value": row[figure],
            "told": told((row["name"], title, numbers.amount(row[figure], 3))),
        }
        for row in compared
        for figure, title in figures.items()
    ]
    order = [f"{row['name'].zh}|{row['name'].en}" for row in compared]
    points = (
        alt.Chart()
        .mark_point(size=110, filled=True, opacity=0.95, aria=True)
        .encode(
            x=alt.X(
                "value:Q", title=None, scale=alt.Scale(domain=[CHANCE - 0.05, 1]), axis=alt.Axis(tickCount=5)
            ),
            y=alt.Y(
                "name:N",
                sort=order,
                title=None,
                axis=alt.Axis(
                    labelExpr="split(datum.label, '|')", grid=True, ticks=False, domain=False, minExtent=115
                ),
            ),
            color=alt.Color(
                "figure:N", title=None, scale=alt.Scale(domain=list(figures.values()), range=[BLUE, ORANGE])
            ),
            shape=alt.Shape("figure:N", title=None, scale=alt.Scale(domain=list(figures.values()))),
            description="told:N",
        )
    )
    return layered(points, values=values, height=HEIGHT)


def _compared(card: Card | None) -> list[dict[str, Any]]:
    """Put the model before its baselines; empty where it was not tested."""
    if card is None or "test" not in card.metrics:
        return []
    return [
        {"name": MODEL} | card.metrics["test"],
        *({"name": named(GUESSES, name)} | figures for name, figures in card.baselines.items()),
    ]


def _table(compared: list[dict[str, Any]]) -> Table:
    figures = {
        "auc": "AUC",
        "balanced_accuracy": "平衡准确率 balanced accuracy",
        "brier": "Brier",
        "lift": "lift 10 %",
    }
    return Table(
        columns=(MODEL, *(Label(title, title) for title in figures.values())),
        rows=tuple(
            (row["name"], *(numbers.amount(row[figure], 3) for figure in figures)) for row in compared
        ),
    )
