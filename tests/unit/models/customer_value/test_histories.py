"""Counting of equal histories: nobody is lost, and coarsening moves no mean."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from models.customer_value.btyd import fit_mbg_nbd
from models.customer_value.histories import count_histories, count_spending


@pytest.fixture
def coarse(settings):
    """Fewer rows than CDNOW's days give (1,016), more than its weeks do (676)."""
    return replace(settings, cltv_max_fit_histories=700)


@pytest.fixture
def coarse_money(settings):
    return replace(settings, cltv_max_fit_histories=1)


def days(cdnow: pl.DataFrame) -> pl.DataFrame:
    whole = pl.col("recency_days", "age_days").round().cast(pl.Int64)
    return cdnow.select("frequency", whole)


def test_equal_histories_are_counted_once(settings):
    histories = pl.DataFrame({"frequency": [1, 0, 1], "recency_days": [5, 0, 5], "age_days": [9, 9, 9]})
    counted = count_histories(histories=histories, settings=settings)
    assert counted.rows() == [(0, 0.0, 9.0, 1), (1, 5.0, 9.0, 2)]


def test_rows_that_are_counted_already_keep_their_counts(settings):
    histories = pl.DataFrame(
        {
            "frequency": [1, 1],
            "recency_days": [5, 5],
            "age_days": [9, 9],
            "customers": [3, 4],
            "other": [1, 2],
        }
    )
    assert count_histories(histories=histories, settings=settings).rows() == [(1, 5.0, 9.0, 7)]


def test_coarsening_keeps_customers_and_total_time(cdnow, settings, coarse):
    exact = count_histories(histories=days(cdnow), settings=settings)
    rough = count_histories(histories=days(cdnow), settings=coarse)
    assert rough.height < exact.height
    weighted = pl.col("frequency", "recency_days", "age_days") * pl.col("customers")
    totals = [frame.select(weighted.sum(), pl.col("customers").sum()).row(0) for frame in (exact, rough)]
    assert totals[1] == pytest.approx(totals[0])
    assert rough.filter(pl.col("recency_days") > pl.col("age_days")).is_empty()


def test_a_step_that_is_not_enough_is_doubled_until_the_rows_are_few(cdnow, settings, coarse):
    fewer = replace(settings, cltv_max_fit_histories=200)
    rough = count_histories(histories=days(cdnow), settings=fewer)
    half_the_step = replace(fewer, cltv_fit_step_days=14, cltv_max_fit_histories=250)
    finer = count_histories(histories=days(cdnow), settings=half_the_step)
    assert rough.height <= 200 < finer.height
    weeks = count_histories(histories=days(cdnow), settings=coarse)
    weighted = (pl.col("age_days") * pl.col("customers")).sum()
    assert rough.select(weighted).item() == pytest.approx(weeks.select(weighted).item())


def test_parameters_survive_coarsening_within_two_percent(cdnow, settings, coarse):
    exact, rough = (
        fit_mbg_nbd(histories=count_histories(histories=days(cdnow), settings=chosen), penalizers=(0.0,))
        for chosen in (settings, coarse)
    )
    assert (rough.r, rough.alpha_days, rough.a, rough.b) == pytest.approx(
        (exact.r, exact.alpha_days, exact.a, exact.b), rel=0.02
    )


def test_money_is_counted_per_purchase_day(settings):
    spending = pl.DataFrame({"frequency": [2, 2, 1], "repeat_money": [30.0, 30.0, 7.5]})
    assert count_spending(spending=spending, settings=settings).rows() == [(1, 7.5, 1), (2, 15.0, 2)]


def test_coarse_money_keeps_its_total(coarse_money):
    spending = pl.DataFrame({"frequency": [1, 1, 1, 3], "repeat_money": [101.0, 102.0, 140.0, 99.99]})
    counted = count_spending(spending=spending, settings=coarse_money)
    total = (counted["frequency"] * counted["monetary_value"] * counted["customers"]).sum()
    assert counted.height < 4
    assert total == pytest.approx(442.99)
