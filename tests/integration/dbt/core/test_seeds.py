"""Rules that stand both in a seed and in a model: neither may know one that the other lacks."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

SEEDS = Path(__file__).resolve().parents[4] / "seeds"


def rows(seed: str) -> list[dict[str, str]]:
    """Rows of a seed as text."""
    with (SEEDS / f"{seed}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def code(manifest: dict[str, Any], model: str) -> str:
    """What stands in the file of a model."""
    return str(manifest["nodes"][f"model.rapport.{model}"]["raw_code"])


# A rule under another name than its attribute is never found, and the attribute silently survives as the newest.
def test_every_surviving_attribute_has_a_rule_and_every_rule_an_attribute(manifest: dict[str, Any]) -> None:
    (listed,) = re.findall(r"set attributes = \[(.*?)\]", code(manifest, "int_customers"), re.DOTALL)
    attributes = re.findall(r"'(\w+)'", listed)
    assert len(attributes) > 5
    assert sorted(attributes) == sorted({row["attribute"] for row in rows("attribute_survivorship")})


def test_survivorship_knows_two_rules(manifest: dict[str, Any]) -> None:
    assert {row["rule"] for row in rows("attribute_survivorship")} <= {"most_recent", "oldest"}


def test_categories_are_tried_in_the_order_that_the_seed_documents(manifest: dict[str, Any]) -> None:
    sql = code(manifest, "int_customer_segments")
    (tried,) = re.findall(r"case\s((?:(?!\bcase\b).)*?)end as customer_category", sql, re.DOTALL)
    categories = rows("customer_categories")
    newest = max(row["valid_from"] for row in categories)
    documented = sorted(
        (int(row["precedence"]), row["customer_category"])
        for row in categories
        if row["valid_from"] == newest
    )
    assert re.findall(r"(?:then|else) '(\w+)'", tried) == [category for _, category in documented]
