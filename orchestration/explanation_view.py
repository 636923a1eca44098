"""How an explanation looks: tables on a terminal, a line per row elsewhere.

What belongs here: layout, and which parts are shown. What does not: what is explained (`explain.py`) and the words for
evidence, decisions and rules (`explanation_words.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestration import explanation_words as words
from orchestration.explanation_words import Row, account, cell

LISTED_ORDERS = 50
LISTED_PERIODS = 20
"""Orders and periods of the history that are shown; --json holds all."""
STATE = (
    *("customer_category", "evaluated_tier", "rfm_tier"),
    *("value_level", "activity_level", "lifecycle_stage"),
)


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of the explanation; one without rows and note is not shown.

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
    if found["is_former_id"]:
        console.print(
            Text("The customer that was asked for is none any more; its accounts belong to this one.")
        )
    for sentence in found["discrepancies"]:
        console.print(Text(_plain(f"An error of Rapport, please report it. {sentence}"), style="bold red"))
    for section in _sections(found):
        if not section.rows and not section.note:
            continue
        if console.is_terminal:
            _show_table(section, console)
        else:
            _show_lines(section, console)


def _sections(found: Row) -> Iterable[Section]:
    yield from _identity(found)
    yield Section(
        title="Attributes",
        columns=("attribute", "value", "rule", "from"),
        rows=[
            (row["attribute"], words.value(row), row["rule"], words.statement(row))
            for row in found["attributes"]
        ],
    )
    yield _points(found["rfm"])
    yield _orders(found["rfm"], currency=found["currency"])
    yield Section(
        title="Segments",
        columns=("segment", "level", "facts", "rule that fired"),
        rows=[
            (row["segment"], words.level(row), words.listed(row["facts"]), words.rule(row))
            for row in found["segments"]
        ],
        note="Rules are rows of seeds/<name>.csv.",
    )
    yield from _history(found)


def _identity(found: Row) -> Iterable[Section]:
    yield Section(
        title="Accounts",
        columns=("account", "registered", "linked by"),
        rows=[(account(row), cell(row["registered_on"]), words.linked_by(row)) for row in found["accounts"]],
    )
    yield Section(
        title="Links",
        columns=("rule", "accounts", "evidence", "known since"),
        rows=[
            (row["rule"], words.pair(row), words.evidence(row), cell(row["known_since"]))
            for row in found["links"]
        ],
        note="" if found["links"] else "Nothing links this account to others.",
    )
    yield Section(
        title="Links that do not hold, because a steward keeps accounts apart",
        columns=("rule", "accounts", "evidence", "kept apart"),
        rows=[
            (
                row["rule"],
                words.pair(row),
                words.evidence(row),
                f"{account(row, 'kept_')} from {account(row, 'kept_from_')}",
            )
            for row in found["broken_links"]
        ],
    )
    yield Section(
        title="Decisions of a steward",
        columns=("decision", "accounts", "outcome", "why, who, when"),
        rows=[
            (row["decision"], words.pair(row), words.outcome(row), words.decided(row))
            for row in found["decisions"]
        ],
    )
    yield Section(
        title="Perhaps the same person: pairs that wait for a steward",
        columns=("accounts", "likeness"),
        rows=[(words.pair(row), words.likeness(row)) for row in found["review"]],
    )
    yield Section(
        title="Identifiers that link nothing more",
        columns=("kind", "account", "evidence", "why"),
        rows=[
            (row["kind"], account(row), cell(row["evidence"]), words.unlinked(row))
            for row in found["unlinked_identifiers"]
        ],
    )


def _history(found: Row) -> Iterable[Section]:
    yield Section(
        title="Accounts that came and left, as releases told it",
        columns=("day", "what happened", "by"),
        rows=[(cell(row["happened_on"]), words.event(row), row["rule"]) for row in found["identity_events"]],
    )
    yield Section(
        title="Day by day, as releases published it or computed afterwards",
        columns=(
            "from",
            "to",
            "told",
            "category",
            "tier held",
            "live tier",
            "value",
            "activity",
            "lifecycle",
        ),
        rows=[
            (
                cell(row["valid_from"]),
                "now" if row["valid_to"] is None else cell(row["valid_to"]),
                words.told(row),
                *(cell(row[name]) for name in STATE),
            )
            for row in found["history"][:LISTED_PERIODS]
        ],
    )
    yield Section(
        title="Days of which today's data says something else",
        columns=("day", "attribute", "published", "true now"),
        rows=[
            (cell(row["told_on"]), row["attribute"], cell(row["published"]), cell(row["now"]))
            for row in found["restatements"]
        ],
    )


def _points(rfm: Row) -> Section:
    columns = ("measure", "fact", "points", "weight", "rule")
    if rfm["rfm_score"] is None:
        return Section(title="RFM", columns=columns, rows=[], note="No successful order in the period.")
    rows: list[tuple[str, ...]] = [
        (row["measure"], row["fact"], str(row["points"]), str(row["weight"]), words.points(row))
        for row in rfm["points"]
    ]
    return Section(title="RFM", columns=columns, rows=rows, note=words.score(rfm))


def _orders(rfm: Row, *, currency: str) -> Section:
    title = "Orders behind the score"
    columns = ("order", "date", "status", f"net revenue ({currency})")
    if not rfm["orders"] and rfm["agrees"]:
        return Section(title=title, columns=columns, rows=[])
    listed = rfm["orders"][:LISTED_ORDERS]
    hidden = len(rfm["orders"]) - len(listed)
    note = (
        f"{rfm['orders_counted']:,} successful orders, net revenue {rfm['orders_net_revenue']:,} {currency}"
        + (", as the score counts" if rfm["agrees"] else ", which is not what the score counts")
    )
    return Section(
        title=title,
        columns=columns,
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


def _plain(text: str) -> str:
    """Show what a terminal would obey, such as an escape sequence in an id, as its number."""
    return "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in text)


def _show_table(section: Section, console: Console) -> None:
    console.print()
    if section.rows:
        table = Table(title=section.title, title_justify="left", show_lines=_needs_lines(section, console))
        for column in section.columns:
            table.add_column(column, overflow="fold")  # an id that is cut off helps nobody
        for row in section.rows:
            table.add_row(*(Text(_plain(text)) for text in row))
        console.print(table)
    else:
        console.print(Text(section.title, style="italic"))
    if section.note:
        console.print(Text(_plain(section.note)))


def _needs_lines(section: Section, console: Console) -> bool:
    """Rows of several lines are told apart by lines between them; a cell that is folded once needs none."""
    return any(sum(Text(text).cell_len for text in row) > 1.5 * console.width for row in section.rows)


def _show_lines(section: Section, console: Console) -> None:
    console.print(Text(f"\n{section.title}"))
    for row in section.rows:
        cells = (f"{name} {text}" for name, text in zip(section.columns, row, strict=True))
        console.print(Text(_plain("  " + " · ".join(cells))))
    if section.note:
        console.print(Text(_plain(f"  {section.note}")))
