"""The head of the page: which release it is, what came in, whether the gates passed, what is published or withheld."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from orchestration.release.review import numbers
from orchestration.release.review.cards import Card, read_cards
from orchestration.release.review.labels import EXTRACTS, Label, named
from orchestration.release.review.section import Published, Table

RELEASE = "select * from governance.release"
GATES = """
    select
        count(*) as evaluated, count(*) filter (is_passed) as passed,
        coalesce(list(gate order by gate) filter (not is_passed and severity = 'critical'), []) as refused,
        coalesce(list(gate order by gate) filter (not is_passed and severity <> 'critical'), []) as warnings
    from governance.gate_results
"""
ROWS = """
    select
        extract, sum(rows_read)::bigint as rows_read, sum(rows_accepted)::bigint as rows_accepted,
        sum(rows_quarantined)::bigint as rows_quarantined, sum(rows_duplicate)::bigint as rows_duplicate
    from governance.ingested_files
    group by extract
    order by extract
"""
COUNTED = ("rows_read", "rows_accepted", "rows_quarantined", "rows_duplicate")


@dataclass(frozen=True, kw_only=True)
class Head:
    """What stands above everything else.

    Attributes:
        release: the row of governance.release.
        gates: checks evaluated and passed, names of those that refuse or warn.
        cards: all model cards.
        counted: rows in, accepted, quarantined, duplicate, as printed.
        extracts: the same by extract.
    """

    release: dict[str, Any]
    gates: dict[str, Any]
    cards: list[Card]
    counted: dict[str, str]
    extracts: Table


def compose_head(published: Published) -> Head:
    """Read the head from the published file."""
    (release,) = published.rows(RELEASE)
    (gates,) = published.rows(GATES)
    rows = published.rows(ROWS)
    known = list(EXTRACTS)
    rows.sort(key=lambda row: known.index(row["extract"]) if row["extract"] in known else len(known))
    return Head(
        release=release,
        gates=gates,
        cards=read_cards(published),
        counted={name: numbers.count(sum(row[name] for row in rows)) for name in COUNTED},
        extracts=Table(
            columns=(
                Label("来源", "Extract"),
                Label("读入", "Rows in"),
                Label("接收", "accepted"),
                Label("隔离", "quarantined"),
                Label("重复", "duplicate"),
            ),
            rows=tuple(
                (named(EXTRACTS, row["extract"]), *(numbers.count(row[name]) for name in COUNTED))
                for row in rows
            ),
        ),
    )
