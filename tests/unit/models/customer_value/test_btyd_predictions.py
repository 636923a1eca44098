"""Predictions: beside the reference implementation, at hard corners, and in relation to each other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.customer_value.btyd import fit_bg_nbd, fit_mbg_nbd, fit_pareto_nbd
from models.customer_value.btyd_parameters import ParetoModel, PurchaseModel, SpendModel
from models.customer_value.btyd_predictions import (
    DegenerateModelError,
    discounted_purchases,
    expected_order_value,
    expected_purchases,
    probability_alive,
)


def model(**changes: object) -> PurchaseModel:
    published = {"family": "mbg_nbd", "r": 0.52, "alpha_days": 43.0, "a": 0.89, "b": 1.61}
    fit = {"status": "converged", "penalizer": 0.0, "log_likelihood_per_customer": -1.0}
    return PurchaseModel(**(published | fit | changes))


def pareto_model(**changes: object) -> ParetoModel:
    published = {"r": 0.553, "alpha_days": 74.0, "s": 0.606, "beta_days": 81.7}
    fit = {"status": "converged", "penalizer": 0.0, "log_likelihood_per_customer": -1.0}
    return ParetoModel(**(published | fit | changes))


def one(frequency: float, recency: float, age: float) -> pl.DataFrame:
    return pl.DataFrame({"frequency": [frequency], "recency_days": [recency], "age_days": [age]})


# The reference is given our parameters; that they are the right ones is for test_btyd to say.
@pytest.mark.parametrize("fit", [fit_bg_nbd, fit_mbg_nbd, fit_pareto_nbd])
def test_predictions_equal_the_reference_implementation(cdnow, fit):
    import lifetimes

    references = {
        fit_bg_nbd: lifetimes.BetaGeoFitter,
        fit_mbg_nbd: lifetimes.ModifiedBetaGeoFitter,
        fit_pareto_nbd: lifetimes.ParetoNBDFitter,
    }
    fitted = fit(histories=cdnow, penalizers=(0.0,))
    frequency, recency, age = (cdnow[name].to_numpy() for name in ("frequency", "recency_days", "age_days"))
    reference = references[fit]()
    names = {"alpha": "alpha_days", "beta": "beta_days"}
    order = ["r", "alpha", "s", "beta"] if fit is fit_pareto_nbd else ["r", "alpha", "a", "b"]
    reference.params_ = pd.Series({name: getattr(fitted, names.get(name, name)) for name in order})
    ours = expected_purchases(model=fitted, histories=cdnow, horizon_days=273)
    theirs = reference.conditional_expected_number_of_purchases_up_to_time(273, frequency, recency, age)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    alive = reference.conditional_probability_alive(frequency, recency, age)
    np.testing.assert_allclose(probability_alive(model=fitted, histories=cdnow), alive, rtol=1e-6)


# Recomputed from the published summary: 1,653.4 repeat purchases in the next 39 weeks.
def test_bg_nbd_forecasts_cdnow_as_known(cdnow):
    fitted = fit_bg_nbd(histories=cdnow, penalizers=(0.0,))
    total = expected_purchases(model=fitted, histories=cdnow, horizon_days=39 * 7).sum()
    assert total == pytest.approx(1653.4, abs=0.5)


def test_discounting_equals_the_reference_implementation(cdnow):
    from lifetimes import ModifiedBetaGeoFitter
    from lifetimes.utils import _customer_lifetime_value

    frequency, recency, age = (cdnow[name].to_pandas() for name in ("frequency", "recency_days", "age_days"))
    fitted = fit_mbg_nbd(histories=cdnow, penalizers=(0.0,))
    reference = ModifiedBetaGeoFitter()
    reference.params_ = pd.Series({"r": fitted.r, "alpha": fitted.alpha_days, "a": fitted.a, "b": fitted.b})
    reference.predict = reference.conditional_expected_number_of_purchases_up_to_time
    ones = cdnow["customers"].to_pandas()
    theirs = _customer_lifetime_value(reference, frequency, recency, age, ones, 12, 0.01, freq="D")
    yearly_rate = 1.01 ** (365 / 30) - 1
    ours = discounted_purchases(
        model=fitted, histories=cdnow, horizon_days=360, steps=12, yearly_rate=yearly_rate
    )
    np.testing.assert_allclose(ours, theirs.to_numpy(), rtol=1e-6)


@pytest.mark.parametrize(
    "fitted", [model(family="bg_nbd"), model(family="mbg_nbd"), pareto_model()], ids=lambda m: m.family
)
def test_loyal_customers_do_not_overflow(fitted):
    loyal = pl.concat([one(x, 700.0, 700.0) for x in (200.0, 699.0, 20_000.0)])
    expected = expected_purchases(model=fitted, histories=loyal, horizon_days=365)
    assert np.isfinite(expected).all()
    assert (np.diff(expected) > 0).all()


@pytest.mark.parametrize("s", [1 - 1e-9, 1.0, 1 + 1e-9])
def test_the_singularity_of_pareto_nbd_is_passed_smoothly(s):
    histories = one(3, 100, 120)
    beside = expected_purchases(model=pareto_model(s=1.001), histories=histories, horizon_days=90)
    at = expected_purchases(model=pareto_model(s=s), histories=histories, horizon_days=90)
    assert at == pytest.approx(beside, rel=1e-3)


@pytest.mark.parametrize("a", [1 - 1e-9, 1.0, 1 + 1e-9])
def test_the_singularity_at_a_equal_to_one_is_passed_smoothly(a):
    histories = one(3, 100, 120)
    beside = expected_purchases(model=model(a=1.001), histories=histories, horizon_days=90)
    at = expected_purchases(model=model(a=a), histories=histories, horizon_days=90)
    assert at == pytest.approx(beside, rel=1e-2)


def test_a_buyer_of_today_can_be_scored():
    today = one(0, 0, 0)
    assert 0 < expected_purchases(model=model(), histories=today, horizon_days=365)[0] < 365
    assert 0 < probability_alive(model=model(), histories=today)[0] < 1


def test_only_mbg_nbd_lets_a_one_time_buyer_drop_out():
    once = one(0, 0, 400)
    assert probability_alive(model=model(family="bg_nbd"), histories=once)[0] == 1.0
    assert probability_alive(model=model(family="mbg_nbd"), histories=once)[0] < 1.0


def test_no_customer_is_no_prediction():
    nobody = one(1, 1, 2).clear()
    assert expected_purchases(model=model(), histories=nobody, horizon_days=365).shape == (0,)


@given(frequency=st.integers(1, 60), recency=st.integers(1, 700), more=st.integers(1, 300))
def test_longer_silence_never_raises_the_chance_to_be_alive(frequency, recency, more):
    shorter, longer = one(frequency, recency, recency), one(frequency, recency, recency + more)
    alive = [probability_alive(model=model(), histories=frame)[0] for frame in (shorter, longer)]
    assert 0 <= alive[1] <= alive[0] <= 1


@given(days=st.floats(1, 365), more=st.floats(1, 365), frequency=st.integers(0, 60))
def test_a_longer_horizon_never_lowers_expected_purchases(days, more, frequency):
    histories = one(frequency, 30 if frequency else 0, 60)
    near, far = (
        expected_purchases(model=model(), histories=histories, horizon_days=end)[0]
        for end in (days, days + more)
    )
    assert 0 <= near <= far


def test_discounting_lowers_and_a_rate_of_zero_does_not(cdnow):
    plain = expected_purchases(model=model(), histories=cdnow, horizon_days=365)
    free = discounted_purchases(model=model(), histories=cdnow, horizon_days=365, steps=12, yearly_rate=0.0)
    held = discounted_purchases(model=model(), histories=cdnow, horizon_days=365, steps=12, yearly_rate=0.1)
    np.testing.assert_allclose(free, plain, rtol=1e-9)
    assert ((held < plain) & (held > plain / 1.1)).all()


def test_spend_is_drawn_to_the_population_the_less_is_known():
    spend = SpendModel(p=6.25, q=3.74, v=15.44, status="converged", penalizer=0.0)
    population = 15.44 * 6.25 / 2.74
    values = expected_order_value(
        model=spend, frequency=np.array([0.0, 1.0, 50.0]), monetary_value=np.array([np.nan, 100.0, 100.0])
    )
    assert values[0] == pytest.approx(population)
    assert population < values[1] < values[2] < 100


def test_a_model_at_the_edge_is_refused_instead_of_forecasting_nothing():
    # theLook's fit: both parameters of the drop-out run away, and e^(a-1) times 0 is no number.
    with pytest.raises(DegenerateModelError, match="no number"):
        expected_purchases(model=model(a=2.12e6, b=5.06e6), histories=one(3, 300, 700), horizon_days=365)
