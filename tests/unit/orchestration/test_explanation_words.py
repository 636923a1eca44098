"""What the rows of an explanation are put into words as."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from orchestration import explanation_words as words

PAIR = {"platform": "web", "account_id": "a", "other_platform": "wechat", "other_account_id": "b"}
ALIKE = {
    "name": "exact", "birth_date": "similar", "phone": "unknown", "email": "different", "city": "province",
}  # fmt: skip


def test_a_likeness_names_what_speaks_for_it_and_against_it() -> None:
    told = words.likeness({"match_probability": Decimal("0.912345"), "likeness": ALIKE})
    assert told == (
        "probability 0.912345: same name; alike birth date (similar), city (province); other email; "
        "not stated by both: phone"
    )


def test_nothing_is_certain() -> None:
    row = {"match_probability": Decimal("1.000000"), "likeness": {"name": "exact"}}
    assert words.likeness(row) == "probability above 0.999999: same name"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"evidence": "139****5678", "holder_number": 1}, "139****5678"),
        ({"evidence": "139****5678", "holder_number": 2}, "139****5678 (person 2 behind it)"),
        ({"evidence": "139****5678"}, "139****5678"),
        (
            {"evidence": None, "decision": "must_link", "author": "li.na", "reason": "One card"},
            "li.na: One card",
        ),
        ({"evidence": None}, "–"),
    ],
)
def test_evidence_is_masked_an_authors_word_or_a_dash(row: dict[str, Any], told: str) -> None:
    assert words.evidence({"likeness": None} | row) == told


@pytest.mark.parametrize(
    ("customer", "told"), [(None, "web/a and wechat/b"), ("C1", "web/a and wechat/b of C1")]
)
def test_a_pair_says_whose_the_other_account_is(customer: str | None, told: str) -> None:
    assert words.pair(PAIR | {"other_customer_id": customer}) == told


@pytest.mark.parametrize(
    ("decision", "outcome", "told"),
    [
        ("must_link", "holds", "one customer"),
        ("must_link", "overruled", "stay apart: another decision forbids it"),
        ("cannot_link", "holds", "kept apart"),
        ("cannot_link", "disregarded", "not kept apart"),
        ("must_link", "unknown_account", "no such account"),
        ("cannot_link", "unknown_account", "no such account"),
    ],
)
def test_an_outcome_is_that_of_its_decision(decision: str, outcome: str, told: str) -> None:
    assert words.outcome({"decision": decision, "outcome": outcome}) == told


@pytest.mark.parametrize(
    ("decided_on", "told"),
    [
        (None, "Sisters (li.na; 2026-07.csv, line 4)"),
        ("2026-06-02", "Sisters (li.na, 2026-06-02; 2026-07.csv, line 4)"),
    ],
)
def test_a_decision_names_its_line(decided_on: str | None, told: str) -> None:
    row = {"reason": "Sisters", "author": "li.na", "file_name": "2026-07.csv", "line_number": 4}
    assert words.decided(row | {"decided_on": decided_on}) == told


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"threshold": None, "next_threshold": Decimal("300.00")}, "below 300 CNY per order"),
        ({"threshold": Decimal("300.00"), "next_threshold": Decimal("500.00")}, "at least 300"),
    ],
)
def test_points_say_what_they_are_given_for(row: dict[str, Any], told: str) -> None:
    assert words.points({"unit": "CNY per order", "reason": "S2: at least 300"} | row) == told


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"rule": None}, "value_levels: no row holds, which is low"),
        (
            {
                "rule": {
                    "rule": "medium_from",
                    "value": Decimal("1000.00"),
                    "unit": "CNY",
                    "reason": "Own cut",
                }
            },
            "value_levels: medium_from 1000 CNY – Own cut",
        ),
        (
            {
                "is_missed": True,
                "rule": {"rule": "medium_from", "value": 1000, "unit": "CNY", "reason": "S0: cut"},
            },
            "value_levels: not reached: medium_from 1000 CNY – cut",
        ),
        (
            {
                "rule": {
                    "rule": "lapsed",
                    "value": 4,
                    "unit": "rank",
                    "reason": "S2: gone",
                    "label_zh": "无订购",
                }
            },
            "value_levels: row 4 – gone",
        ),
        (
            {
                "rule": {
                    "precedence": 40,
                    "min_orders": 4,
                    "max_orders": None,
                    "unit": "orders",
                    "reason": "Loyal",
                }
            },
            "value_levels: precedence 40, min_orders 4 – Loyal",
        ),
        (
            {"level": "unknown", "rule": {"min_orders": 3, "reason": "S2: three"}},
            "value_levels: cannot be told, because no order lines came",
        ),
    ],
)
def test_a_rule_is_told_by_its_row(row: dict[str, Any], told: str) -> None:
    assert words.rule({"seed": "value_levels", "level": "low"} | row) == told


def test_a_level_has_its_chinese_name_where_the_rules_give_one() -> None:
    assert words.level({"level": "lapsed", "rule": {"label_zh": "无订购"}}) == "lapsed 无订购"
    assert words.level({"level": "medium", "rule": None}) == "medium"


def test_a_lone_account_is_linked_by_nothing() -> None:
    assert words.linked_by({"rule": "single"}) == "nothing: the only account"
    assert words.linked_by({"rule": "email,phone"}) == "email, phone"


@pytest.mark.parametrize(("is_published", "said"), [(True, "published"), (False, "computed afterwards")])
def test_a_day_that_no_release_told_says_so(is_published: bool, said: str) -> None:
    assert words.told({"is_published": is_published}) == said
