"""What the model cards say, as the page shows it: published or withheld, and why; figures beside naive guesses."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from orchestration.release.review.labels import MODELS, Label, named
from orchestration.release.review.section import Published

CARDS = "select model, cut_date, metrics, baseline_metrics, is_published, reason from marts.model_cards order by model"


@dataclass(frozen=True, kw_only=True)
class Card:
    """One model card; figures by name, as the model wrote them."""

    name: Label
    model: str
    is_published: bool
    reason: str
    cut_date: str
    metrics: dict[str, Any]
    baselines: dict[str, dict[str, Any]]


def read_cards(published: Published) -> list[Card]:
    """Read every card, in the order of the labels."""
    known = list(MODELS)
    rows = [_card(row) for row in published.rows(CARDS)]
    return sorted(
        rows, key=lambda card: (known.index(card.model) if card.model in known else len(known), card.model)
    )


def read_card(published: Published, model: str) -> Card | None:
    """Read the card of a model; None where there is none."""
    return next((card for card in read_cards(published) if card.model == model), None)


def withheld(card: Card | None) -> tuple[Label, ...]:
    """Say that a prediction is not in the release, and why; nothing where it is."""
    if card is None:
        return (Label("没有模型卡。", "There is no model card."),)
    if card.is_published:
        return ()
    return (Label("本次未发布该预测，原因见英文说明。", f"Withheld from this release: {card.reason}"),)


def _card(row: dict[str, Any]) -> Card:
    return Card(
        name=named(MODELS, row["model"]),
        model=row["model"],
        is_published=bool(row["is_published"]),
        reason=row["reason"],
        cut_date=str(row["cut_date"] or ""),
        metrics=json.loads(row["metrics"]),
        baselines=json.loads(row["baseline_metrics"]),
    )
