"""How an explanation looks: tables on a terminal, a line per row elsewhere.

What belongs here: words and layout. What does not: what is explained (`explain.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

LISTED_ORDERS = 50
"""Orders that are shown; --json holds all."""
REASONS = {
    "masked": "masked: its hidden characters fit many people",
    "placeholder": "placeholder: stands for nobody",
    "invalid": "invalid: not well formed",
    "reused": "reused: other accounts with it belong to another holder",
    "unshared": "no other account has it",
}
"""Why an identifier links nothing, in words; `shared` says how many share it."""

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of the explanation.

    Attributes:
        title: heading.
        columns: their names.
        rows: a cell per column.
        note: sentence below, or instead of rows.
    """

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    note: str = ""


def show_explanation(found: Row, console: Console) -> None:
    """Print what `explain` returned."""
    build = f"release {found['release_id']}" if found["release_id"] else "a build that was not published"
    console.print(
        Text(_plain(f"Customer {found['customer_id']} · as of {found['as_of']} · {build}"), style="bold")
    )
    for sentence in found["discrepancies"]:
        console.print(Text(_plain(f"An error of Rapport, please report it. {sentence}"), style="bold red"))
    for section in _sections(found):
        if console.is_terminal:
            _show_table(section, console)
        else:
            _show_lines(section, console)


def _sections(found: Row) -> Iterable[Section]:
    yield Section(
        title="Accounts",
        columns=("account", "registered", "linked by"),
        rows=[(_account(row), _cell(row["registered_on"]), row["rule"]) for row in found["accounts"]],
    )
    yield Section(
        title="Links",
        columns=("rule", "account", "and", "evidence", "known since"),
        rows=[_link(row) for row in found["links"]],
        note="" if found["links"] else "Nothing links these accounts to others.",
    )
    yield Section(
        title="Identifiers that link nothing more",
        columns=("kind", "account", "evidence", "why"),
        rows=[
            (row["kind"], _account(row), _cell(row["evidence"]), _reason(row))
            for row in found["unlinked_identifiers"]
        ],
    )
    yield Section(
        title="Attributes",
        columns=("attribute", "value", "rule", "account", "stated"),
        rows=[
            (row["attribute"], _cell(row["value"]), row["rule"], _account(row), _cell(row["stated_on"]))
            for row in found["attributes"]
        ],
    )
    yield _points(found["rfm"])
    yield _orders(found["rfm"], currency=found["currency"])
    yield Section(
        title="Segments",
        columns=("segment", "level", "facts", "rule that fired"),
        rows=[(row["segment"], row["level"], _listed(row["facts"]), _rule(row)) for row in found["segments"]],
    )


def _link(row: Row) -> tuple[str, ...]:
    evidence = _cell(row["evidence"])
    if row["holder_number"] > 1:
        evidence += f" (holder {row['holder_number']})"
    left, right = _account(row, "left_"), _account(row, "right_")
    return row["rule"], left, right, evidence, _cell(row["known_since"])


def _reason(row: Row) -> str:
    if row["reason"] == "shared":
        return f"shared: {row['accounts']:,} accounts have it, at most {row['max_accounts']:,} may"
    return REASONS.get(row["reason"], str(row["reason"]))


def _points(rfm: Row) -> Section:
    columns = ("measure", "fact", "points", "weight", "threshold", "reason")
    if rfm["rfm_score"] is None:
        return Section(title="RFM", columns=columns, rows=[], note="No successful order in the period.")
    score = " + ".join(f"{row['weight']}·{row['points']}" for row in rfm["points"])
    missing = rfm["points_to_next_tier"]
    note = (
        f"{score} = {rfm['rfm_score']}: {rfm['rfm_tier']} {rfm['tier_label_zh']} "
        f"({rfm['tier_min_score']} to {rfm['tier_max_score']})"
        + (f", {missing} more for the next tier" if missing else ", the highest tier")
        + (", provisional: the first order lies in the period" if rfm["is_provisional"] else "")
    )
    rows: list[tuple[str, ...]] = [
        (
            row["measure"],
            row["fact"],
            str(row["points"]),
            str(row["weight"]),
            f"{_number(row['threshold'])} {row['unit']}",
            row["reason"],
        )
        for row in rfm["points"]
    ]
    return Section(title="RFM", columns=columns, rows=rows, note=note)


def _orders(rfm: Row, *, currency: str) -> Section:
    listed = rfm["orders"][:LISTED_ORDERS]
    hidden = len(rfm["orders"]) - len(listed)
    note = (
        f"{rfm['orders_counted']:,} successful orders, net revenue {rfm['orders_net_revenue']:,} {currency}"
        + (", as the score counts" if rfm["agrees"] else ", which is not what the score counts")
    )
    return Section(
        title="Orders behind the score",
        columns=("order", "date", "status", f"net revenue ({currency})"),
        rows=[
            (
                f"{row['platform']}/{row['order_id']}",
                str(row["order_date"]),
                row["status"],
                f"{row['net_revenue']:,}",
            )
            for row in listed
        ],
        note=f"{note}; {hidden:,} earlier ones are in --json" if hidden else note,
    )


def _rule(row: Row) -> str:
    if row["rule"] is None:
        return f"no row of {row['seed']} holds"
    told = {name: value for name, value in row["rule"].items() if name != "reason"}
    return f"{row['seed']}: {_listed(told)}: {row['rule']['reason']}"


def _listed(facts: Row) -> str:
    return ", ".join(f"{name} {_number(value)}" for name, value in facts.items() if value is not None)


def _account(row: Row, side: str = "") -> str:
    platform = row[f"{side}platform"]
    return "–" if platform is None else f"{platform}/{row[f'{side}account_id']}"


def _number(value: Any) -> str:
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return f"{value:.0f}"
    return _cell(value)


def _cell(value: Any) -> str:
    return "–" if value is None else str(value)


def _plain(text: str) -> str:
    """Show what a terminal would obey, such as an escape sequence in an id, as its number."""
    return "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in text)


def _show_table(section: Section, console: Console) -> None:
    console.print()
    if section.rows:
        table = Table(*section.columns, title=section.title, title_justify="left")
        for row in section.rows:
            table.add_row(*(Text(_plain(cell)) for cell in row))
        console.print(table)
    else:
        console.print(Text(section.title, style="italic"))
    if section.note or not section.rows:
        console.print(Text(_plain(section.note or "none")))


def _show_lines(section: Section, console: Console) -> None:
    console.print(Text(f"\n{section.title}"))
    for row in section.rows:
        cells = (f"{name} {cell}" for name, cell in zip(section.columns, row, strict=True))
        console.print(Text(_plain("  " + " · ".join(cells))))
    if section.note or not section.rows:
        console.print(Text(_plain(f"  {section.note or 'none'}")))
