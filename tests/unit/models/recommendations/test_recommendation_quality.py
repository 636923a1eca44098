"""Hits, recall, coverage and the gain over popularity, by hand; what is refused."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import numpy as np
import polars as pl
import pytest

from models.recommendations.recommendation_quality import (
    Judgement,
    demand_better,
    demand_enough,
    judge,
    paired_difference,
)
from models.recommendations.recommendation_settings import RecommendationSettings
from models.setting_rows import parse_settings
from models.withholding import WithheldError
from tests.unit.models.conftest import SEEDS


@pytest.fixture(scope="module")
def settings() -> RecommendationSettings:
    return parse_settings(RecommendationSettings, rows=pl.read_csv(SEEDS / "model_settings.csv"))


def pairs(rows: list[tuple[int, int]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"customer_number": pl.Int64, "product_number": pl.Int64}, orient="row")


# Four next orders of six products: the recommender hits those of 1 (twice) and 2, popularity those of 2 and 3. Customer 4
# orders only what was ordered before, which no list can hit.
def test_a_judgement_by_hand():
    orders = pairs([(1, 10), (1, 11), (2, 12), (3, 13), (3, 10), (4, 14)])
    found = judge(
        recommended=pairs([(1, 10), (1, 11), (2, 12), (2, 10), (3, 11), (4, 10)]),
        popular=pairs([(1, 13), (2, 12), (3, 13), (4, 13)]),
        next_orders=orders.with_columns(is_reachable=pl.col("customer_number") < 4),
        available_products=10,
        confidence=0.95,
    )
    assert (found.orders, found.reachable_orders) == (4, 3)
    assert found.recommender == {"hits": 2, "hit_rate": 0.5, "recall": 3 / 6, "coverage": 0.3}
    assert found.popularity == {"hits": 2, "hit_rate": 0.5, "recall": 2 / 6, "coverage": 0.2}
    assert found.gain == 0
    assert found.gain_low == -found.gain_high < 0


def test_nothing_to_judge_is_refused():
    nothing = pairs([])
    with pytest.raises(ValueError, match="no next order"):
        judge(
            recommended=nothing,
            popular=nothing,
            next_orders=nothing.with_columns(is_reachable=pl.lit(True)),
            available_products=1,
            confidence=0.95,
        )


# Of 98 cases 13 against 3: shares of disagreement 14 and 4 of 100, one case added to each.
def test_the_interval_of_a_paired_difference_by_hand():
    difference, low, high = paired_difference(only_first=13, only_second=3, count=98, confidence=0.95)
    half = 1.959963984540054 * sqrt((0.14 + 0.04 - 0.1**2) / 100)
    assert difference == pytest.approx(10 / 98)
    assert (low, high) == pytest.approx((0.1 - half, 0.1 + half))


# Two lists that agree in most cases: the interval must know that the cases are the same ones. 95 of 100 intervals hold the
# true difference of 0.04.
def test_the_interval_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(4)
    drawn = rng.multinomial(800, [0.07, 0.03, 0.9], size=4_000)
    held = 0
    for first, second, _ in drawn.tolist():
        _, low, high = paired_difference(only_first=first, only_second=second, count=800, confidence=0.95)
        held += low <= 0.04 <= high
    assert held / 4_000 == pytest.approx(0.95, abs=0.012)


@pytest.mark.parametrize(("count", "confidence"), [(0, 0.95), (5, 1.0), (5, 0.0)])
def test_a_difference_of_nothing_is_refused(count, confidence):
    with pytest.raises(ValueError, match="needs a case"):
        paired_difference(only_first=0, only_second=0, count=count, confidence=confidence)


def judgement(*, low: float) -> Judgement:
    figures = {"hits": 1, "hit_rate": 0.1, "recall": 0.1, "coverage": 0.1}
    return Judgement(
        orders=200, reachable_orders=200, recommender=figures, popularity=figures, gain=0.05,
        gain_low=low, gain_high=0.1,
    )  # fmt: skip


def test_a_gain_that_may_be_chance_is_refused(settings):
    demand_better(judgement=judgement(low=1e-9), settings=settings)
    with pytest.raises(WithheldError, match=r"lies between 0\.0000 and 0\.1000"):
        demand_better(judgement=judgement(low=0.0), settings=settings)
    asked = replace(settings, recommendation_min_hit_rate_gain=0.02)
    with pytest.raises(WithheldError, match=r"must be above 0\.02"):
        demand_better(judgement=judgement(low=0.02), settings=asked)


def test_few_orders_are_refused(settings):
    demand_enough(orders=200, settings=settings)
    with pytest.raises(WithheldError, match="Only 199 customers"):
        demand_enough(orders=199, settings=settings)
