"""Wilson intervals: published figures and edges."""

from __future__ import annotations

import polars as pl
import pytest

from models.intervals import wilson


def bounds(successes: int | None, trials: int | None, confidence: float = 0.95) -> tuple[float, float]:
    frame = pl.DataFrame({"k": [successes], "n": [trials]}, schema={"k": pl.Int64, "n": pl.Int64})
    low, high = wilson(successes="k", trials="n", confidence=confidence)
    return frame.select(low=low, high=high).row(0)


# Newcombe (1998), Statistics in Medicine 17, table I, method 3.
@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_equal_newcombe(successes, trials, low, high):
    assert bounds(successes, trials) == pytest.approx((low, high), abs=5e-5)


def test_all_and_none_reach_the_ends_exactly():
    assert bounds(0, 7)[0] == 0.0
    assert bounds(7, 7)[1] == 1.0


@pytest.mark.parametrize(("successes", "trials"), [(0, 0), (None, None)])
def test_nothing_observed_has_no_interval(successes, trials):
    assert bounds(successes, trials) == (None, None)


def test_more_confidence_is_a_wider_interval():
    narrow, wide = bounds(5, 20, 0.8), bounds(5, 20, 0.99)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_a_level_outside_zero_and_one_is_refused(confidence):
    with pytest.raises(ValueError, match="confidence"):
        wilson(successes="k", trials="n", confidence=confidence)
