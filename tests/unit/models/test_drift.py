"""The population stability index: worked by hand, zero where nothing moved, finite where a group is empty."""

from __future__ import annotations

import math
from dataclasses import replace

import polars as pl
import pytest

from models.drift import DriftSettings, demand_no_drift, stability_indexes
from models.withholding import WithheldError

SETTINGS = DriftSettings(drift_groups=2, drift_min_share=0.01, drift_max_stability_index=0.25)


def index(before: list[float | None], after: list[float | None], *, groups: int = 2) -> float:
    frames = (pl.DataFrame({"x": values}, schema={"x": pl.Float64}) for values in (before, after))
    first, second = frames
    settings = replace(SETTINGS, drift_groups=groups)
    return stability_indexes(before=first, after=second, columns=["x"], settings=settings)["x"]


def test_two_groups_by_hand():
    moved = index([1, 2, 3, 4], [1, 3, 4, 4])
    assert moved == pytest.approx((0.25 - 0.5) * math.log(0.5) + (0.75 - 0.5) * math.log(1.5))


def test_nothing_moved_is_zero_whatever_the_order_and_the_number_of_rows():
    assert index([1, 2, 3, None], [None, 3, 3, 2, 2, 1, 1, None], groups=4) == pytest.approx(0)


def test_values_that_become_unknown_count():
    assert index([1, 2, 3, 4], [1, None, 3, None]) > 0.25


def test_an_empty_group_leaves_the_index_finite():
    assert math.isfinite(index([1, 2, 3, 4], [9, 9, 9, 9]))
    assert math.isfinite(index([None, None], [1, 2]))


def test_a_constant_that_moves_is_seen():
    assert index([5, 5, 5], [6, 6, 6]) > 0.25
    assert index([5, 5, 5], [5, 5, 5]) == pytest.approx(0)


def test_no_row_and_a_missing_column_are_refused():
    with pytest.raises(ValueError, match="needs rows"):
        index([], [1])
    with pytest.raises(ValueError, match="after lacks x"):
        stability_indexes(
            before=pl.DataFrame({"x": [1]}),
            after=pl.DataFrame({"y": [1]}),
            columns=["x"],
            settings=SETTINGS,
        )


def test_an_index_above_the_limit_is_refused_by_name():
    demand_no_drift(indexes={"tastes": 0.25, "orders": 0.0}, settings=SETTINGS, since="the cut")
    told = r"^Since the cut the inputs have drifted: population stability index of tastes 0\.26; the limit is 0\.25\.$"
    with pytest.raises(WithheldError, match=told):
        demand_no_drift(indexes={"tastes": 0.26, "orders": 0.0}, settings=SETTINGS, since="the cut")
