"""Forecasts beside what came, in tenths of the customers."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from models.deciles import DECILE_SCHEMA, mean_deciles, share_deciles
from models.intervals import wilson


def test_tenths_hold_everybody_once_and_rise_by_forecast():
    predicted = np.random.default_rng(5).permutation(np.arange(103.0))
    table = mean_deciles(model="m", figure="f", predicted=predicted, actual=predicted * 2, confidence=0.95)
    assert table.schema == DECILE_SCHEMA
    assert table["decile"].to_list() == list(range(1, 11))
    assert table["customers"].to_list() == [11] * 3 + [10] * 7
    assert table["predicted"].is_sorted()
    assert (table["actual"] - 2 * table["predicted"]).abs().max() < 1e-9
    assert (table["predicted"] * table["customers"]).sum() == pytest.approx(predicted.sum())


# Written out by hand: two groups of two would be 1, 3 and 10, 30.
def test_limits_are_standard_errors_of_the_group():
    predicted, actual = np.arange(20.0), np.array([1.0, 3.0] + [10.0, 30.0] + [0.0] * 16)
    table = mean_deciles(model="m", figure="f", predicted=predicted, actual=actual, confidence=0.95)
    first, second = table.head(2).to_dicts()
    assert (first["actual"], second["actual"]) == (2.0, 20.0)
    # of 1 and 3: standard deviation √2, standard error 1; of 10 and 30 ten times that
    assert (first["actual_low"], first["actual_high"]) == pytest.approx((2 - 1.959964, 2 + 1.959964))
    assert (second["actual_low"], second["actual_high"]) == pytest.approx((20 - 19.59964, 20 + 19.59964))


def test_shares_have_wilson_limits():
    probabilities = np.linspace(0.0, 1.0, 200)
    answers = probabilities > 0.55
    table = share_deciles(model="m", figure="f", probabilities=probabilities, answers=answers, confidence=0.9)
    low, high = wilson(successes="answered", trials="customers", confidence=0.9)
    expected = table.with_columns(
        answered=(pl.col("actual") * pl.col("customers")).round().cast(pl.Int64)
    ).with_columns(low=low, high=high)
    assert table["actual"].to_list() == [0.0] * 5 + [0.5] + [1.0] * 4
    assert (expected["actual_low"] - expected["low"]).abs().max() < 1e-12
    assert (expected["actual_high"] - expected["high"]).abs().max() < 1e-12


def test_fewer_customers_than_tenths_are_a_group_each_without_limits():
    table = mean_deciles(
        model="m", figure="f", predicted=np.array([3.0, 1.0]), actual=np.array([5.0, 4.0]), confidence=0.95
    )
    assert table.select("decile", "customers", "predicted", "actual").rows() == [
        (1, 1, 1.0, 4.0),
        (2, 1, 3.0, 5.0),
    ]
    assert table["actual_low"].null_count() == 2
