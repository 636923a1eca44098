"""Broken lines are broken in the way that their kind says, and no good row is lost by them."""

from __future__ import annotations

import json
from datetime import datetime

import numpy as np
import polars as pl
import pytest

from simulator.broken_lines import break_lines

ROWS = pl.DataFrame(
    {
        "order_id": [f"O{k:03d}" for k in range(200)],
        "platform": ["shop"] * 200,
        "account_id": [None] * 200,
        "ordered_at": [datetime(2025, 1, 2, 3, 4, 5)] * 200,
        "paid_amount": pl.Series([12.5] * 200).cast(pl.Decimal(18, 2)),
    },
    schema_overrides={"account_id": pl.String},
)


@pytest.fixture(scope="module")
def csv_lines() -> tuple[tuple[str, ...], dict[str, int]]:
    lines, planted = break_lines(
        np.random.default_rng(0), ROWS, extract="orders", mess=1.0 / 0.004 * 0.04, file_format="csv"
    )
    return lines, dict(planted)


def test_counts_name_every_line(csv_lines: tuple[tuple[str, ...], dict[str, int]]) -> None:
    lines, planted = csv_lines
    assert len(lines) == 8
    assert planted == {"too_few_fields": 2, "too_many_fields": 2, "text_in_number": 2, "year_zero": 2}


def test_broken_lines_have_ids_of_their_own(csv_lines: tuple[tuple[str, ...], dict[str, int]]) -> None:
    assert all(line.startswith("X") for line in csv_lines[0])


def test_each_kind_breaks_its_field(csv_lines: tuple[tuple[str, ...], dict[str, int]]) -> None:
    fields = [line.split(",") for line in csv_lines[0]]
    assert [len(each) for each in fields] == [3, 3, 7, 7, 5, 5, 5, 5]
    assert [each[4] for each in fields[4:6]] == ["一百元"] * 2
    assert [each[3] for each in fields[6:]] == ["0000-01-01 00:00:00"] * 2


def test_json_lines_are_cut_off() -> None:
    lines, planted = break_lines(
        np.random.default_rng(0), ROWS, extract="orders", mess=10.0, file_format="jsonl"
    )
    count = dict(planted)["cut_off_json"]
    for line in lines[:count]:
        with pytest.raises(json.JSONDecodeError):
            json.loads(line)
    assert all(json.loads(line) for line in lines[count:])


def test_no_mess_breaks_nothing() -> None:
    assert break_lines(np.random.default_rng(0), ROWS, extract="orders", mess=0.0, file_format="csv") == (
        (),
        (),
    )
