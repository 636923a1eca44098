"""The words of an explanation: what a row says, in a sentence or a cell.

What belongs here: how evidence, decisions, reasons, rules and values are put. What does not: which parts are shown and
how they are laid out (`explanation_view.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

Row = Mapping[str, Any]

UNLINKED = {
    "masked": "masked: its hidden characters fit many people",
    "placeholder": "placeholder: stands for nobody",
    "invalid": "invalid: not well formed",
    "reused": "handed over: others who have it are an earlier or later holder of the number",
    "household": "household: others who have it differ in name and birth date",
    "unshared": "no other account has it",
}
"""Why an identifier links nothing, or not all who have it; `shared` says how many do."""
OUTCOMES = {
    ("must_link", "holds"): "one customer",
    ("must_link", "overruled"): "stay apart: another decision forbids it",
    ("cannot_link", "holds"): "kept apart",
    ("cannot_link", "disregarded"): "not kept apart",
}
NO_ACCOUNT = "no such account"
LIKENESS = {"exact": "same", "different": "other", "unknown": "not stated by both:"}
"""Words before the attributes of a level; all other levels are likenesses with a name of their own."""
ALIKE = "alike"
UNKNOWN = "unknown"
"""Level of VIP where the pieces bought are not known."""
SOURCE_OF_RULE = re.compile(r"^S[0-9](: |$)")
"""Which of the plans behind the rules says so; `--json` keeps it."""


def account(row: Row, side: str = "") -> str:
    """Return `platform/account` of a row's side (`left_`, `other_`, …)."""
    platform = row[f"{side}platform"]
    return cell(None) if platform is None else f"{platform}/{row[f'{side}account_id']}"


def pair(row: Row) -> str:
    """Return two accounts, and whose the other one is where that is another customer."""
    if "left_platform" in row:
        return f"{account(row, 'left_')} and {account(row, 'right_')}"
    customer = row["other_customer_id"]
    return f"{account(row)} and {account(row, 'other_')}" + (f" of {customer}" if customer else "")


def value(row: Row) -> str:
    """Return an attribute's value; an instant is one of Greenwich, unlike the days."""
    is_instant = row["attribute"].endswith("_at") and row["value"] is not None
    return f"{row['value']} UTC" if is_instant else cell(row["value"])


def statement(row: Row) -> str:
    """Return the account that an attribute's value is from, and the day of its statement."""
    return account(row) + (f", {row['stated_on']}" if row["stated_on"] else "")


def linked_by(row: Row) -> str:
    """Return the kinds of evidence that link an account."""
    return "nothing: the only account" if row["rule"] == "single" else str(row["rule"]).replace(",", ", ")


def evidence(row: Row) -> str:
    """Return what a link rests on: the masked identifier, the likeness, or the steward's words."""
    if row.get("decision"):
        return f"{row['author']}: {row['reason']}"
    if row["likeness"]:
        return likeness(row)
    told = cell(row["evidence"])
    return f"{told} (person {row['holder_number']} behind it)" if row.get("holder_number", 1) > 1 else told


def likeness(row: Row) -> str:
    """Return the probability of being one person and which attributes speak for it, the closest first."""
    attributes: dict[str, list[str]] = {}
    for attribute, level in row["likeness"].items():
        name = attribute.replace("_", " ")
        word = LIKENESS.get(level, ALIKE)
        attributes.setdefault(word, []).append(f"{name} ({level})" if word == ALIKE else name)
    told = [
        f"{word} {', '.join(attributes[word])}"
        for word in (LIKENESS["exact"], ALIKE, LIKENESS["different"], LIKENESS["unknown"])
        if word in attributes
    ]
    probability = "above 0.999999" if row["match_probability"] == 1 else row["match_probability"]
    return f"probability {probability}: {'; '.join(told)}"


def decided(row: Row) -> str:
    """Return what a steward decided, who, when, why and in which line of which list."""
    day = f", {row['decided_on']}" if row["decided_on"] else ""
    return f"{row['reason']} ({row['author']}{day}; {row['file_name']}, line {row['line_number']})"


def outcome(row: Row) -> str:
    """Return what came of a steward's decision."""
    return OUTCOMES.get((row["decision"], row["outcome"]), NO_ACCOUNT)


def event(row: Row) -> str:
    """Return what became of how many accounts."""
    accounts = f"{row['accounts']} account" + ("s" if row["accounts"] > 1 else "")
    if row["is_gain"]:
        return f"{accounts} came from another customer, which was {row['event']}"
    return f"{accounts} left for another customer: this one was {row['event']}"


def told(row: Row) -> str:
    """Return how a period of the history is known."""
    return "published" if row["is_published"] else "computed afterwards"


def unlinked(row: Row) -> str:
    """Return why an identifier links nothing."""
    if row["reason"] == "shared":
        return f"shared: {row['accounts']:,} accounts have it, at most {row['max_accounts']:,} may"
    return UNLINKED.get(row["reason"], str(row["reason"]))


def score(rfm: Row) -> str:
    """Return how the score adds up, and what it and the tier mean."""
    sum_of_points = " + ".join(f"{row['weight']}·{row['points']}" for row in rfm["points"])
    missing = rfm["points_to_next_tier"]
    return (
        f"{sum_of_points} = {rfm['rfm_score']}: {rfm['rfm_tier']} {rfm['tier_label_zh']} "
        f"({rfm['tier_min_score']} to {rfm['tier_max_score']})"
        + (f", {missing} more for the next tier" if missing else ", the highest tier")
        + (", provisional: the first order lies in the period" if rfm["is_provisional"] else "")
    )


def points(row: Row) -> str:
    """Return what a measure's points are given for."""
    if row["threshold"] is None and row["next_threshold"] is not None:
        return f"below {number(row['next_threshold'])} {row['unit']}"
    return why(row["reason"])


def level(row: Row) -> str:
    """Return a segment's level, with its Chinese name where the rules give one."""
    label = (row["rule"] or {}).get("label_zh")
    return f"{row['level']} {label}" if label else str(row["level"])


def rule(row: Row) -> str:
    """Return the row of the rules that gave a segment's level."""
    if row["rule"] is None:
        return f"{row['seed']}: no row holds, which is {row['level']}"
    if row["level"] == UNKNOWN:
        return f"{row['seed']}: cannot be told, because no order lines came"
    told = {name: value for name, value in row["rule"].items() if name not in ("reason", "label_zh")}
    unit = told.pop("unit", None)
    if "value" in told:
        name, value = told.pop("rule"), number(told.pop("value"))
        told = {"row": value} if unit == "rank" else {name: f"{value} {unit}"}
    missed = "not reached: " if row.get("is_missed") else ""
    return f"{row['seed']}: {missed}{listed(told)} – {why(row['rule']['reason'])}"


def why(reason: str | None) -> str:
    """Return a rule's reason without the plan that it is from."""
    return SOURCE_OF_RULE.sub("", reason or "")


def listed(facts: Row) -> str:
    """Return names with values, without those that are not known."""
    return ", ".join(f"{name} {number(value)}" for name, value in facts.items() if value is not None)


def number(value: Any) -> str:
    """Return a value without needless decimals."""
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return f"{value:.0f}"
    return cell(value)


def cell(value: Any) -> str:
    """Return a value as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else str(value)
