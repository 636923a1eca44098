"""Every rule has a wording, every row keeps every reason, and numbers come from the seeds."""

from __future__ import annotations

import csv
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
import pytest

from orchestration.landing.batches import Batch
from orchestration.landing.contracts import SCHEMAS, UNIQUE_KEYS, content_columns, hashed_columns
from orchestration.landing.raw_files import raw_schema, row_hashes
from orchestration.landing.reasons import sentence
from orchestration.landing.splitting import Split, split
from orchestration.settings import EXTRACTS, SEEDS_DIR

NOW = datetime(2026, 7, 1, 9)
GOOD_ORDER = {
    "platform": "web",
    "order_id": "o1",
    "ordered_at": "2026-06-30 10:00:00",
    "status": "paid",
    "paid_amount": "10.00",
}


def split_orders(*rows: dict[str, Any]) -> Split:
    return split_rows(*(GOOD_ORDER | row for row in rows), extract="orders")


def split_rows(*rows: dict[str, Any], extract: str) -> Split:
    frame = pl.DataFrame(rows)
    batch = Batch(
        frame=frame,
        lines=np.arange(2, 2 + frame.height),
        raw_rows=lambda wanted: [str(row) for row in wanted],
    )
    return split(batch=batch, extract=extract, reporting_currency="CNY", now=NOW)


def reasons(row: dict[str, Any]) -> list[str]:
    refused = split_orders(row).refused
    return refused["reasons"][0].to_list() if refused.height else []


def test_schemas_cover_the_extracts() -> None:
    assert tuple(SCHEMAS) == EXTRACTS


@pytest.mark.parametrize("extract", EXTRACTS)
def test_every_rule_has_a_wording(extract: str) -> None:
    schema = SCHEMAS[extract]
    empty = pl.DataFrame(schema=pl.Schema({name: column.dtype for name, column in schema.columns().items()}))
    rules = schema.filter(empty).failure._rule_columns
    technical = [
        rule for rule in rules if rule.startswith("_") and not rule.startswith("_unreadable|check__")
    ]
    for rule in set(rules) - set(technical):
        assert sentence(rule=rule, schema=schema).split()[0] in content_columns(extract)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({}, []),
        ({"order_id": ""}, ["order_id is missing"]),
        ({"paid_amount": "ten"}, ["paid_amount is not a number"]),
        ({"paid_amount": "-0.01"}, ["paid_amount is negative"]),
        ({"paid_amount": ""}, ["paid_amount is missing"]),
        ({"paid_amount": "2000000000000"}, ["paid_amount is larger than allowed"]),
        ({"ordered_at": "0000-01-01 00:00:00"}, ["ordered_at lies too far in the past"]),
        ({"ordered_at": "2999-01-01 00:00:00"}, ["ordered_at lies in the future"]),
        ({"ordered_at": "2026-07-02 23:59:59"}, []),
        ({"ordered_at": "2026-07-03 00:00:01"}, ["ordered_at lies in the future"]),
        ({"ordered_at": "soon"}, ["ordered_at is not a date with time"]),
        ({"status": "teleported"}, ["status is not a known value"]),
        ({"refunded_amount": "10.01"}, ["refunded_amount is larger than paid_amount"]),
        ({"refunded_amount": "10.00"}, []),
        ({"status": "credit_note", "paid_amount": "0", "refunded_amount": "7"}, []),
        ({"currency": "BRL"}, ["currency is not the reporting currency"]),
        ({"currency": "cny"}, []),
        ({"account_id": "=cmd()"}, []),
    ],
)
def test_reasons_of_one_order(row: dict[str, str], expected: list[str]) -> None:
    assert reasons(row) == expected


TICKET = {"platform": "web", "ticket_id": "t", "created_at": "2026-06-30 10:00:00"}
FEEDBACK = {"platform": "web", "feedback_id": "f", "created_at": "2026-06-30 10:00:00"}
OVERRIDE = {
    "decision": "must_link",
    "platform": "web",
    "account_id": "a",
    "other_platform": "web",
    "other_account_id": "b",
    "reason": "called in",
    "author": "li.na",
}
EVENT = {"platform": "web", "event_id": "e", "event_at": "2026-06-30 10:00:00"}


@pytest.mark.parametrize(
    ("extract", "row", "expected"),
    [
        ("tickets", TICKET | {"first_response_at": "2026-06-30 10:00:00"}, []),
        (
            "tickets",
            TICKET | {"first_response_at": "2026-06-30 09:59:59", "resolved_at": "2026-06-29"},
            ["first_response_at lies before created_at", "resolved_at lies before created_at"],
        ),
        ("feedback", FEEDBACK | {"kind": "nps", "score": "0"}, []),
        ("feedback", FEEDBACK | {"kind": "nps", "score": "10"}, []),
        ("feedback", FEEDBACK | {"kind": "nps"}, []),
        ("feedback", FEEDBACK | {"kind": "csat", "score": "5"}, []),
        ("feedback", FEEDBACK | {"kind": "csat", "score": "0"}, ["score lies outside the scale of its kind"]),
        (
            "feedback",
            FEEDBACK | {"kind": "review", "score": "6"},
            ["score lies outside the scale of its kind"],
        ),
        ("feedback", FEEDBACK | {"score": "10"}, []),
        ("feedback", FEEDBACK | {"score": "11"}, ["score is larger than allowed"]),
        ("feedback", FEEDBACK | {"platform": ""}, ["platform is missing"]),
        ("identity_overrides", OVERRIDE | {"decision": "Cannot_Link", "decided_at": "2026-06-30"}, []),
        ("identity_overrides", OVERRIDE | {"other_platform": "app", "other_account_id": "a"}, []),
        (
            "identity_overrides",
            OVERRIDE | {"other_account_id": " a "},
            ["other_account_id is the account itself"],
        ),
        ("identity_overrides", OVERRIDE | {"decision": "perhaps"}, ["decision is not a known value"]),
        (
            "identity_overrides",
            OVERRIDE | {"reason": " ", "author": ""},
            ["reason is missing", "author is missing"],
        ),
        ("browse_events", EVENT, []),
        ("browse_events", EVENT | {"platform": ""}, ["platform is missing"]),
    ],
)
def test_reasons_of_one_row(extract: str, row: dict[str, str], expected: list[str]) -> None:
    refused = split_rows(row, extract=extract).refused
    assert (refused["reasons"][0].to_list() if refused.height else []) == expected


def test_a_row_keeps_every_reason_and_no_value() -> None:
    found = reasons({"order_id": "", "ordered_at": "secret", "paid_amount": "-5", "status": "secret"})
    assert found == [
        "order_id is missing",
        "ordered_at is not a date with time",
        "status is not a known value",
        "paid_amount is negative",
    ]


def test_good_rows_stay_in_order_with_their_lines() -> None:
    parts = split_orders({"order_id": "a"}, {"paid_amount": "x"}, {"order_id": "b"})
    assert parts.accepted.select("order_id", "_line_number").rows() == [("a", 2), ("b", 4)]
    assert parts.refused["line_number"].to_list() == [3]


def test_raw_columns_end_with_their_origin() -> None:
    names = raw_schema("feedback").names()
    assert names[-5:] == ["_file_hash", "_file_name", "_line_number", "_ingested_at", "_row_hash"]


def test_row_hashes_are_what_they_were() -> None:
    """Raw files of years must match new rows; another hash in a new DuckDB must be noticed here."""
    rows = pl.DataFrame(
        {
            "a": ["x", None],
            "b": pl.Series(["1.50", None]).cast(pl.Decimal(18, 2)),
            "c": pl.Series([datetime(2024, 1, 1), None], dtype=pl.Datetime("us")),
        }
    )
    assert row_hashes(rows).to_list() == [17683711824112915295, 17296430974487495728]


def test_hashes_stay_with_their_rows_in_large_batches() -> None:
    rows = pl.DataFrame({"a": pl.int_range(400_000, eager=True).cast(pl.String)})
    alone = [row_hashes(rows[position : position + 1])[0] for position in (0, 199_999, 399_999)]
    assert row_hashes(rows).gather([0, 199_999, 399_999]).to_list() == alone
    assert row_hashes(rows).n_unique() == 400_000


def test_only_events_are_hashed_by_their_key() -> None:
    assert hashed_columns("browse_events") == list(UNIQUE_KEYS["browse_events"]) == ["platform", "event_id"]
    assert hashed_columns("orders") == content_columns("orders")


@pytest.mark.parametrize("name", ["extract_limits", "order_statuses", "extract_values"])
def test_every_seed_row_says_why_and_since_when(name: str) -> None:
    with (SEEDS_DIR / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    assert all(row["reason"] and row["valid_from"] for row in rows)


def test_order_statuses_lead_to_the_known_nine() -> None:
    with (SEEDS_DIR / "order_statuses.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    sales = {row["status"] for row in rows if row["is_sale"] == "true"}
    others = {row["status"] for row in rows if row["is_sale"] == "false"}
    assert sales == {"paid", "shipped", "delivered", "completed"}
    assert others == {"pending", "cancelled", "refunded", "credit_note", "unavailable"}
    assert all(row["source_status"] == row["source_status"].lower() for row in rows)


def test_each_order_status_has_one_place_in_the_life_of_an_order() -> None:
    with (SEEDS_DIR / "order_statuses.csv").open(encoding="utf-8", newline="") as file:
        places = {(row["status"], int(row["status_rank"])) for row in csv.DictReader(file)}
    life = [status for status, _ in sorted(places, key=lambda place: place[1])]
    assert life == [
        "pending",
        "paid",
        "shipped",
        "delivered",
        "completed",
        "unavailable",
        "cancelled",
        "refunded",
        "credit_note",
    ]
    assert len({rank for _, rank in places}) == len(places)
