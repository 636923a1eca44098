"""What the holdout decides: its length, and which forecasts it refuses."""

from __future__ import annotations

import pytest

from models.customer_value.cltv_trial import choose_holdout_days, demand_better, demand_mendable
from models.customer_value.holdout import Correction, HoldoutErrors
from models.model_cards import Findings
from models.withholding import WithheldError


@pytest.mark.parametrize(("known_days", "holdout_days"), [(0, 90), (699, 90), (700, 365), (5000, 365)])
def test_the_holdout_is_a_year_where_the_shop_is_old_enough(settings, known_days, holdout_days):
    assert choose_holdout_days(known_days=known_days, settings=settings) == holdout_days


def factor_of(factor: float) -> Correction:
    return Correction(factor=factor, relative_error=0.01, bias_share_after=0.0)


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.5])
def test_a_forecast_that_is_wrong_by_half_at_most_is_mended(settings, factor):
    assert demand_mendable(correction=factor_of(factor), settings=settings).factor == factor


@pytest.mark.parametrize("factor", [0.49, 1.51])
def test_a_forecast_that_is_wrong_by_more_is_withheld(settings, factor):
    told = rf"multiplied by {factor}; beyond 0\.5 from 1 it is not mended but withheld"
    with pytest.raises(WithheldError, match=told):
        demand_mendable(correction=factor_of(factor), settings=settings)


def test_a_holdout_without_a_purchase_says_nothing(settings):
    with pytest.raises(WithheldError, match="Nobody bought within the holdout"):
        demand_mendable(correction=None, settings=settings)


def test_a_forecast_must_err_less_than_every_naive_one():
    own = HoldoutErrors(
        customers=10, actual_orders=5.0, predicted_orders=5.0, bias_share=0.0, rmse_orders=0.8
    )
    naive = {"a": {"rmse_orders": 0.9}, "money": {"money_share_of_best_tenth": 0.3}}
    found = Findings(baselines=naive)
    demand_better(errors=own, found=found)
    found.baselines["b"] = {"rmse_orders": 0.8}
    with pytest.raises(WithheldError, match=r"the naive forecast b errs by 0\.8000 orders"):
        demand_better(errors=own, found=found)
