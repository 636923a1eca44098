"""Expected gaps: the weighing by hand, and the truth behind simulated shops."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from models.next_order.order_gaps import GapPrior, expected_gaps, fit_gap_prior
from models.withholding import WithheldError


def waits_of(gaps: dict[str, list[int]]) -> pl.DataFrame:
    rows = [(name, number, days, True) for name, own in gaps.items() for number, days in enumerate(own)] + [
        (name, len(own), 3, False) for name, own in gaps.items()
    ]
    return pl.DataFrame(rows, schema=["customer_id", "gaps", "waited_days", "is_over"], orient="row")


# Log gaps 1 and 3 around 2, 4 and 6 around 5: within (1 + 1 + 1 + 1) ÷ 2 = 2, between means 2 · (2.25 + 2.25) = 9,
# so (9 − 2) ÷ 2 = 3.5; the shop lies in the middle, at 3.5.
def test_variances_by_hand():
    frame = waits_of({"a": [1, 3], "b": [4, 6]})
    exponents = frame.with_columns(waited_days=pl.col("waited_days").cast(pl.Float64).exp())
    prior = fit_gap_prior(waits=exponents)
    assert prior.within_variance == pytest.approx(2)
    assert prior.between_variance == pytest.approx(3.5)
    assert math.log(prior.typical_gap_days) == pytest.approx(3.5)
    assert prior.weight_in_gaps == pytest.approx(2 / 3.5)


# The shop weighs as much as two gaps: no gap gives the shop's 8, two of 2 the middle of ln 2 and ln 8, which is 4.
def test_own_gaps_weigh_more_the_more_there_are():
    prior = GapPrior(typical_gap_days=8, within_variance=2, between_variance=1)
    own = np.array([0.0, 1, 2, 400])
    found = expected_gaps(prior=prior, gaps=own, log_gaps=own * math.log(2))
    assert found == pytest.approx([8, 8 ** (2 / 3) * 2 ** (1 / 3), 4, 2], rel=0.01)


def test_where_all_customers_are_alike_the_shop_is_expected():
    prior = GapPrior(typical_gap_days=8, within_variance=2, between_variance=0)
    assert expected_gaps(prior=prior, gaps=np.array([0.0, 9]), log_gaps=np.array([0.0, 1])).tolist() == [8, 8]


def test_where_gaps_never_differ_the_own_gap_is_expected():
    prior = fit_gap_prior(waits=waits_of({"a": [5, 5], "b": [20, 20]}))
    assert (prior.within_variance, prior.weight_in_gaps) == (pytest.approx(0), pytest.approx(0))
    found = expected_gaps(prior=prior, gaps=np.array([2.0, 0]), log_gaps=np.array([2 * math.log(5), 0]))
    assert found == pytest.approx([5, 10])


# 3,000 customers with a mean log gap of ln 30 ± 0.7, their gaps ± 0.5 around it, from 1 to 11 gaps each.
def test_the_spread_of_a_simulated_shop_is_recovered():
    rng = np.random.default_rng(8)
    rows = [
        (f"C{number:04d}", position, float(days), True)
        for number, mean in enumerate(rng.normal(math.log(30), 0.7, 3000))
        for position, days in enumerate(np.exp(rng.normal(mean, 0.5, int(rng.integers(1, 12)))))
    ]
    waits = pl.DataFrame(rows, schema=["customer_id", "gaps", "waited_days", "is_over"], orient="row")
    prior = fit_gap_prior(waits=waits.reverse())
    assert prior == fit_gap_prior(waits=waits)
    assert prior.typical_gap_days == pytest.approx(30, rel=0.04)
    assert prior.within_variance == pytest.approx(0.25, rel=0.03)
    assert prior.between_variance == pytest.approx(0.49, rel=0.08)


@pytest.mark.parametrize("gaps", [{}, {"a": [5]}, {"a": [5, 5]}, {"a": [5], "b": [6]}])
def test_too_few_gaps_tell_nothing(gaps):
    empty = {"customer_id": pl.String, "gaps": pl.Int64, "waited_days": pl.Int64, "is_over": pl.Boolean}
    waits = waits_of(gaps) if gaps else pl.DataFrame(schema=empty)
    with pytest.raises(WithheldError, match="Too few customers"):
        fit_gap_prior(waits=waits)


def test_missing_columns_are_refused():
    with pytest.raises(ValueError, match="lacks is_over"):
        fit_gap_prior(waits=waits_of({"a": [1]}).drop("is_over"))
