"""Ids, money and timestamps come out as the contract wants them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pytest

from simulator.columns import dates, ids, money, pick, pick_word, scramble, timestamps


def test_ids_are_prefixed_and_zero_padded() -> None:
    assert ids(np.array([7, 1234567]), prefix="T", width=7).to_list() == ["T0000007", "T1234567"]
    assert ids(np.array([255]), prefix="b", width=8, base=16).to_list() == ["b000000ff"]
    assert ids(np.array([5]), prefix="", width=3).to_list() == ["005"]


def test_money_is_exact_to_the_cent_and_keeps_its_sign() -> None:
    got = money(np.array([0, 1, -5, 12_345_678_901_234]))
    assert got.to_list() == [Decimal("0.00"), Decimal("0.01"), Decimal("-0.05"), Decimal("123456789012.34")]
    assert str(got.dtype) == "Decimal(precision=18, scale=2)"


def test_local_midnight_is_four_in_the_afternoon_of_the_day_before_in_utc() -> None:
    got = timestamps(np.array([0, 3600]), start=date(2026, 1, 1), known=np.array([True, False]))
    assert got.to_list() == [datetime(2025, 12, 31, 16), None]


def test_dates_count_days_from_the_start() -> None:
    assert dates(np.array([59]), start=date(2024, 1, 1)).to_list() == [date(2024, 2, 29)]


def test_negative_positions_pick_null() -> None:
    assert pick_word(["a", "b"], np.array([1, -1, 0])).to_list() == ["b", None, "a"]
    assert pick(ids(np.array([1]), prefix="x", width=1), np.array([-1, 0])).to_list() == [None, "x1"]


@pytest.mark.parametrize("multiplier", [7_368_787, 61_803_399, 38_196_601])
def test_scramble_is_one_to_one(multiplier: int) -> None:
    got = scramble(np.arange(10**6), modulus=10**6, multiplier=multiplier, offset=17)
    assert np.array_equal(np.sort(got), np.arange(10**6))
