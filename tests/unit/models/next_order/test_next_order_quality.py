"""Figures of quality by hand, and what is refused."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from models.next_order.next_order_quality import (
    actual_days,
    concordance,
    demand_better,
    measure_baselines,
    measure_days,
    measure_forecast,
)
from models.next_order.next_order_settings import NextOrderSettings
from models.setting_rows import parse_settings
from models.withholding import WithheldError
from tests.unit.models.conftest import SEEDS

NEVER = np.inf


@pytest.fixture(scope="module")
def order_settings() -> NextOrderSettings:
    return parse_settings(NextOrderSettings, rows=pl.read_csv(SEEDS / "model_settings.csv"))


def test_who_did_not_order_is_never(order_settings):
    outcomes = pl.DataFrame({"customer_id": ["c", "a"], "days_until_order": [3, 90]})
    asked = pl.DataFrame({"customer_id": ["a", "b", "c"]})
    assert actual_days(open_waits=asked, outcomes=outcomes).tolist() == [90, NEVER, 3]


# Errors within 90 days: |10 − 4| = 6, |30 − 90| = 60 (never came), |90 − 80| = 10 (never told), 0 (neither), |90 − 20|.
def test_days_by_hand(order_settings):
    days = np.array([10, 30, NEVER, NEVER, 120])
    came = np.array([4, NEVER, 80, NEVER, 20])
    found = measure_days(days=days, actual=came, settings=order_settings)
    assert found["mean_error_days"] == pytest.approx((6 + 60 + 10 + 0 + 70) / 5)
    assert found["told_share"] == pytest.approx(2 / 5)
    assert (found["median_error_days"], found["within_close_days"], found["within_near_days"]) == (6, 1, 1)


# Told days 10 and 20 with intervals 8–12 and 15–open: the first came on the 13th, the second after the horizon.
def test_an_open_interval_holds_who_has_not_come_by_the_end_of_the_horizon(order_settings):
    forecast = pl.DataFrame(
        {
            "next_order_days": [10, 20, None],
            "earliest_days": [8, 15, None],
            "latest_days": [12, None, None],
            "interval_probability": [0.5, 0.7, None],
            "order_probability": [0.9, 0.6, 0.1],
        }
    )
    found = measure_forecast(forecast=forecast, actual=np.array([13, NEVER, 50.0]), settings=order_settings)
    assert found["interval_holds"] == pytest.approx(0.5)
    assert found["interval_tells"] == pytest.approx(0.6)
    assert (found["ordered_when_told"], found["ordered_when_not_told"]) == (0.5, 1.0)


# Last orders 4, 30 and 60 days ago; the shop's median gap is 20, own mean gaps are 10, none and 100.
def test_baselines_by_hand(order_settings):
    waits = pl.DataFrame({"waited_days": [10, 20, 100, 4], "is_over": [True, True, True, False]})
    open_waits = pl.DataFrame(
        {
            "gaps": [1, 0, 1],
            "log_gaps_millionths": [round(np.log(10) * 1e6), 0, round(np.log(100) * 1e6)],
            "waited_days": [4, 30, 60],
        }
    )
    came = np.array([6.0, NEVER, 40])
    found = measure_baselines(waits=waits, open_waits=open_waits, actual=came, settings=order_settings)
    assert {name: figures["mean_error_days"] for name, figures in found.items()} == {
        "constant": pytest.approx((34 + 50 + 0) / 3),  # always 40, the median of 6, 90 and 40
        "same_again": pytest.approx((2 + 60 + 20) / 3),  # 4, 30, 60
        "shop_gap_or_tomorrow": pytest.approx((10 + 89 + 39) / 3),  # 16, overdue, overdue
        "shop_gap_or_never": pytest.approx((10 + 0 + 50) / 3),
        "own_gap_or_tomorrow": pytest.approx((0 + 89 + 0) / 3),  # 6, the shop's: overdue, 40
        "own_gap_or_never": pytest.approx(0),
    }


@pytest.mark.parametrize("seed", range(3))
def test_concordance_counts_pairs(seed):
    rng = np.random.default_rng(seed)
    eager = rng.integers(0, 6, 60).astype(float)
    came = np.where(rng.random(60) < 0.4, NEVER, rng.integers(1, 20, 60).astype(float))
    right = [
        0.5 if eager[i] == eager[j] else float(eager[i] > eager[j])
        for i in range(60)
        for j in range(60)
        if came[i] < came[j]
    ]
    assert concordance(eagerness=eager, actual=came) == pytest.approx(np.mean(right))


def test_without_a_pair_there_is_no_order():
    assert concordance(eagerness=np.array([1.0, 2.0]), actual=np.array([NEVER, NEVER])) == 0.5
    assert concordance(eagerness=np.array([1.0, 1.0]), actual=np.array([3.0, NEVER])) == 0.5


GOOD = {"mean_error_days": 10.0, "concordance": 0.7, "interval_holds": 0.6, "interval_tells": 0.55}


@pytest.mark.parametrize(
    ("changes", "baseline", "reason"),
    [
        ({"concordance": 0.59}, 20.0, "0.5900 of the pairs"),
        ({}, 10.1, "mean error is 10.00 days and that of the baseline b 10.10"),
        ({"interval_holds": 0.44}, 20.0, "44.0% of the intervals hold, which tell 55.0%"),
        ({"interval_holds": None}, 20.0, "nobody is likely enough"),
    ],
)
def test_what_falls_short_is_refused(order_settings, changes, baseline, reason):
    baselines = {"a": {"mean_error_days": 30.0}, "b": {"mean_error_days": baseline}}
    demand_better(model=GOOD, baselines={"a": {"mean_error_days": 10.3}}, settings=order_settings)
    with pytest.raises(WithheldError, match=reason):
        demand_better(model=GOOD | changes, baselines=baselines, settings=order_settings)
