"""Variants of a campaign: the ratio of orders per receiver by hand, and how often its interval holds."""

from __future__ import annotations

from datetime import date
from math import exp, sqrt

import numpy as np
import polars as pl
import pytest

from models.effects.campaign_effects import EFFECT_SCHEMA, build_campaign_effects


def group(variant: str, orders: list[int], *, is_over: bool = True, campaign: str = "C1") -> dict:
    return {
        "campaign_id": campaign,
        "variant": variant,
        "sent_from": date(2025, 5, 1),
        "sent_until": date(2025, 5, 2),
        "is_over": is_over,
        "customers": len(orders),
        "orders": sum(orders),
        "squared_orders": sum(each * each for each in orders),
    }


def effects(*groups: dict) -> list[dict]:
    frame = build_campaign_effects(groups=pl.DataFrame(list(groups)), confidence=0.95)
    assert frame.schema == EFFECT_SCHEMA
    return frame.to_dicts()


def test_a_ratio_by_hand():
    first, second = effects(group("B", [3, 1, 0, 2]), group("A", [1, 0, 1, 0]))
    assert (first["variant"], first["compared_with"], first["ratio"]) == ("A", None, None)
    assert (second["variant"], second["compared_with"], second["orders_per_customer"]) == ("B", "A", 1.5)
    assert second["ratio"] == pytest.approx(3)
    # variances 5/3 and 1/3 over four receivers, as shares of the squared means 2.25 and 0.25
    reach = 1.959964 * sqrt(5 / 3 / 4 / 2.25 + 1 / 3 / 4 / 0.25)
    assert second["ratio_low"] == pytest.approx(3 * exp(-reach))
    assert second["ratio_high"] == pytest.approx(3 * exp(reach))


def test_days_that_are_not_over_tell_nothing_yet():
    for each in effects(group("A", [1, 1]), group("B", [1, 2], is_over=False)):
        assert each["ratio"] is None
    assert effects(group("A", [1], is_over=False))[0]["orders"] is None


@pytest.mark.parametrize("orders", [([0, 0], [1, 2]), ([1, 2], [0, 0]), ([1], [2])])
def test_a_group_without_orders_or_of_one_has_no_ratio(orders):
    _, other = effects(group("A", orders[0]), group("B", orders[1]))
    assert other["ratio"] is None
    assert other["ratio_low"] is None


def test_campaigns_are_compared_within_themselves():
    rows = effects(
        group("A", [1, 1, 2]),
        group("B", [2, 2, 4]),
        group("A", [5, 6], campaign="C2"),
        group("B", [5, 6], campaign="C2"),
    )
    assert [each["ratio"] for each in rows] == [None, pytest.approx(2), None, pytest.approx(1)]


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(3)
    held = []
    for _ in range(150):
        plain, coupon = (rng.poisson(rng.gamma(0.5, 0.2 * lift, 3000)).tolist() for lift in (1.0, 1.5))
        _, found = effects(group("A", plain), group("B", coupon))
        held.append(found["ratio_low"] <= 1.5 <= found["ratio_high"])
    assert 0.92 <= np.mean(held) <= 0.98
