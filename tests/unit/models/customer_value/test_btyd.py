"""Fits: published numbers, reference implementation, hard corners, relations, refusal of bad input."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import polars as pl
import pytest

from models.customer_value.btyd import fit_bg_nbd, fit_gamma_gamma, fit_mbg_nbd, fit_pareto_nbd
from models.customer_value.btyd_likelihoods import pareto
from models.customer_value.btyd_parameters import FitFailedError

LADDER = (0.0, 0.001, 0.1)


def history(*rows: tuple[int, float, float, int]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["frequency", "recency_days", "age_days", "customers"], orient="row")


# Fader, Hardie, Lee (2005), table 2: BG/NBD in weeks. MBG/NBD: recomputed with the reference implementation.
@pytest.mark.parametrize(
    ("fit", "r", "alpha_weeks", "a", "b"),
    [(fit_bg_nbd, 0.243, 4.414, 0.793, 2.426), (fit_mbg_nbd, 0.5248, 6.1830, 0.8914, 1.6140)],
)
def test_cdnow_parameters_come_out_as_published(cdnow, fit, r, alpha_weeks, a, b):
    model = fit(histories=cdnow, penalizers=LADDER)
    assert (model.r, model.alpha_days / 7, model.a, model.b) == pytest.approx(
        (r, alpha_weeks, a, b), rel=0.01
    )
    assert (model.status, model.penalizer) == ("converged", 0.0)


# Fader, Hardie, Lee (2005), table 2: Pareto/NBD in weeks, log-likelihood −9595.0.
def test_cdnow_comes_out_of_pareto_nbd_as_published(cdnow):
    model = fit_pareto_nbd(histories=cdnow, penalizers=LADDER)
    found = (model.r, model.alpha_days / 7, model.s, model.beta_days / 7)
    assert found == pytest.approx((0.553, 10.578, 0.606, 11.669), rel=0.01)
    assert (model.status, model.tries) == ("converged", 1)
    weeks = cdnow.select(pl.col("recency_days", "age_days") / 7)
    rows = pareto(
        np.array(found), cdnow["frequency"].to_numpy(), *(weeks[name].to_numpy() for name in weeks.columns)
    ).rows
    assert rows.sum() == pytest.approx(-9595.0, abs=0.05)


# Fader, Hardie (2013), note 025: p 6.25, q 3.74, v 15.44 on 946 repeat buyers.
def test_cdnow_spend_comes_out_as_published(cdnow):
    spending = cdnow.filter(pl.col("frequency") > 0)
    assert spending.height == 946
    model = fit_gamma_gamma(spending=spending, penalizers=LADDER)
    assert (model.p, model.q, model.v) == pytest.approx((6.25, 3.74, 15.44), rel=0.01)


def test_the_currency_of_money_changes_only_the_scale(cdnow):
    spending = cdnow.filter(pl.col("frequency") > 0)
    cents = spending.with_columns(pl.col("monetary_value") * 100)
    model, in_cents = (fit_gamma_gamma(spending=frame, penalizers=LADDER) for frame in (spending, cents))
    assert (in_cents.p, in_cents.q, in_cents.v) == pytest.approx((model.p, model.q, 100 * model.v), rel=1e-6)


@pytest.mark.parametrize("fit", [fit_bg_nbd, fit_mbg_nbd, fit_pareto_nbd])
def test_counted_rows_give_what_single_rows_give(cdnow, fit):
    counted = cdnow.group_by("frequency", "recency_days", "age_days").agg(pl.len().alias("customers"))
    assert counted.height < cdnow.height
    single, weighted = (fit(histories=frame, penalizers=LADDER) for frame in (cdnow, counted))
    fitted = ("status", "tries", "penalizer", "family")
    numbers = [{k: v for k, v in asdict(m).items() if k not in fitted} for m in (single, weighted)]
    assert numbers[1] == pytest.approx(numbers[0], rel=1e-4)


def test_the_order_of_rows_does_not_move_a_bit(cdnow):
    shuffled = cdnow.sample(fraction=1, shuffle=True, seed=3)
    assert fit_mbg_nbd(histories=cdnow, penalizers=LADDER) == fit_mbg_nbd(
        histories=shuffled, penalizers=LADDER
    )


def test_a_penalizer_shrinks_parameters_and_is_reported(cdnow):
    free = fit_mbg_nbd(histories=cdnow, penalizers=(0.0,))
    held = fit_mbg_nbd(histories=cdnow, penalizers=(0.1,))
    assert (held.status, held.penalizer) == ("converged_with_penalizer", 0.1)
    assert held.b < free.b


# One customer carries no information on the spread between customers, so the likelihood has no maximum.
def test_one_customer_alone_is_no_population():
    with pytest.raises(FitFailedError, match="a parameter runs away"):
        fit_mbg_nbd(histories=history((5, 100, 110, 1)), penalizers=LADDER)


def test_every_step_that_failed_is_named():
    equal = pl.DataFrame({"frequency": [1, 2, 3], "monetary_value": [50.0] * 3, "customers": [10] * 3})
    with pytest.raises(FitFailedError, match=r"penalizer 0, .*penalizer 1e-12, "):
        fit_gamma_gamma(spending=equal, penalizers=(0.0, 1e-12))


def test_equal_spenders_have_no_heterogeneity_to_fit_without_a_penalizer():
    equal = pl.DataFrame({"frequency": [1, 2, 3], "monetary_value": [50.0] * 3, "customers": [10] * 3})
    with pytest.raises(FitFailedError, match="penalizer 0, "):
        fit_gamma_gamma(spending=equal, penalizers=(0.0,))


def test_no_ladder_is_no_fit(cdnow):
    with pytest.raises(FitFailedError, match="no penalizer"):
        fit_mbg_nbd(histories=cdnow, penalizers=())


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([(1, 11, 10, 1)], "recency lies beyond age"),
        ([(0, 1, 10, 1)], "recency without a repeat purchase"),
        ([(-1, 0, 10, 1)], "frequency is negative"),
        ([(1, -1, 10, 1)], "recency is negative"),
        ([(1, 1, 10, 0)], "no customer"),
        ([(0, 0, 0, 7)], "nobody has been a customer for a day"),
    ],
)
def test_impossible_histories_are_refused(rows, sentence):
    with pytest.raises(ValueError, match=sentence):
        fit_mbg_nbd(histories=history(*rows), penalizers=LADDER)


def test_missing_columns_nulls_and_emptiness_are_refused(cdnow):
    with pytest.raises(ValueError, match="histories lacks age_days"):
        fit_mbg_nbd(histories=cdnow.drop("age_days"), penalizers=LADDER)
    with pytest.raises(ValueError, match="has a null"):
        fit_mbg_nbd(histories=history((1, 1, 2, None)), penalizers=LADDER)
    with pytest.raises(ValueError, match="no row"):
        fit_mbg_nbd(histories=cdnow.clear(), penalizers=LADDER)


@pytest.mark.parametrize("money", [0.0, -1.0, None])
def test_spend_that_is_not_positive_is_refused(money):
    spending = pl.DataFrame({"frequency": [1], "monetary_value": [money], "customers": [1]})
    with pytest.raises(ValueError, match="positive"):
        fit_gamma_gamma(spending=spending, penalizers=LADDER)


def test_the_callers_frame_is_left_alone(cdnow):
    before = cdnow.clone()
    fit_mbg_nbd(histories=cdnow, penalizers=LADDER)
    assert cdnow.equals(before)


def test_nothing_is_printed(cdnow, capsys):
    equal = pl.DataFrame({"frequency": [1, 2, 3], "monetary_value": [50.0] * 3, "customers": [10] * 3})
    with pytest.raises(FitFailedError):
        fit_gamma_gamma(spending=equal, penalizers=(0.0,))
    assert capsys.readouterr().out == ""
