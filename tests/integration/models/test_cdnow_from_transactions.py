"""CDNOW from its transactions, through the queries and fits that a run uses, to the published parameters."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from models.btyd import fit_bg_nbd, fit_gamma_gamma, fit_mbg_nbd
from models.histories import count_histories, count_spending
from models.holdout import try_on_holdout
from orchestration.kpi_inputs import read_calibration_histories, read_model_settings, read_purchase_histories

CUT = date(1997, 9, 30)
HOLDOUT_DAYS = 39 * 7


@pytest.fixture
def cdnow(warehouse, shared_data):
    path = shared_data / "cdnow" / "CDNOW_sample.txt"
    lines = pl.read_csv(path, has_header=False, new_columns=["line"], separator="\t")
    transactions = lines.select(pl.col("line").str.extract_all(r"\S+")).select(
        customer_id=pl.col("line").list.get(1),
        order_date=pl.col("line").list.get(2).str.to_date("%Y%m%d"),
        net_revenue=pl.col("line").list.get(4),
    )
    warehouse.register("transactions", transactions)
    warehouse.execute(
        "insert into marts.orders by name select *, true as is_sale, 'o' as order_id from transactions"
    )
    return warehouse


def test_the_summary_equals_the_published_one(cdnow):
    histories = read_purchase_histories(connection=cdnow, as_of=CUT)
    assert histories.height == 2357
    assert histories["frequency"].sum() == 2457
    assert histories.filter(pl.col("frequency") == 0).height == 1411
    assert histories["recency_days"].sum() / 7 == pytest.approx(16135.5714, abs=1e-3)
    assert histories["age_days"].sum() / 7 == pytest.approx(77111.2857, abs=1e-3)


# Published in weeks: Fader, Hardie, Lee (2005) and Fader, Hardie (2013); MBG/NBD as in reference.json.
def test_parameters_come_out_within_one_percent(cdnow):
    settings = read_model_settings(connection=cdnow, as_of=date(2024, 1, 1))
    histories = read_purchase_histories(connection=cdnow, as_of=CUT)
    counted = count_histories(histories=histories, settings=settings)
    for fit, published in (
        (fit_bg_nbd, (0.243, 4.414, 0.793, 2.426)),
        (fit_mbg_nbd, (0.5248, 6.1830, 0.8914, 1.6140)),
    ):
        model = fit(histories=counted, penalizers=settings.fit_penalizers)
        assert (model.r, model.alpha_days / 7, model.a, model.b) == pytest.approx(published, rel=0.01)

    repeaters = histories.filter(pl.col("frequency") > 0, pl.col("repeat_money") > 0)
    spend = fit_gamma_gamma(
        spending=count_spending(spending=repeaters, settings=settings), penalizers=settings.fit_penalizers
    )
    assert repeaters.height == 946
    assert (spend.p, spend.q, spend.v) == pytest.approx((6.25, 3.74, 15.44), rel=0.01)


def test_the_holdout_is_forecast_as_the_reference_does(cdnow):
    settings = read_model_settings(connection=cdnow, as_of=date(2024, 1, 1))
    calibration = read_calibration_histories(
        connection=cdnow, as_of=date(1998, 6, 30), holdout_days=HOLDOUT_DAYS
    )
    counted = count_histories(histories=calibration, settings=settings)
    model = fit_bg_nbd(histories=counted, penalizers=settings.fit_penalizers)
    errors, naive = try_on_holdout(model=model, calibration=calibration, holdout_days=HOLDOUT_DAYS)
    assert (errors.customers, errors.actual_orders) == (2357, 1882)
    assert errors.predicted_orders == pytest.approx(1653.4, abs=0.5)
    assert errors.rmse_orders < min(guess.rmse_orders for guess in naive.values())
