"""Days until the next order: by hand from a curve, and against the truth of a simulated shop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from models.next_order.next_order_forecast import NextOrderModel, fit_next_order, foretell_next_order
from models.next_order.next_order_settings import NextOrderSettings
from models.next_order.order_gaps import GapPrior
from models.next_order.waiting_curves import WaitingCurve
from models.setting_rows import parse_settings
from models.withholding import WithheldError
from tests.unit.models.conftest import SEEDS
from tests.unit.models.next_order.next_order_shop import DAYS, known_at, outcomes_after, simulate


@pytest.fixture(scope="module")
def order_settings() -> NextOrderSettings:
    return parse_settings(NextOrderSettings, rows=pl.read_csv(SEEDS / "model_settings.csv"))


def quarters() -> WaitingCurve:
    """A quarter of all order after each half gap, up to two gaps; the last quarter is gone."""
    return WaitingCurve(np.array([0.5, 1.0, 1.5, 2.0]), np.array([0.75, 0.5, 0.25, 0.25]))


def told(open_waits: list[tuple[int, int]], settings: NextOrderSettings) -> list[dict[str, object]]:
    """Tell customers of `(gaps, days since the last order)` whose gap is 10 days."""
    prior = GapPrior(typical_gap_days=10, within_variance=1, between_variance=1)
    model = NextOrderModel(prior=prior, curves=(quarters(),) * settings.next_order_gap_classes)
    rows = [
        (f"C{n}", gaps, round(gaps * np.log(10) * 1_000_000), waited)
        for n, (gaps, waited) in enumerate(open_waits)
    ]
    names = ["customer_id", "gaps", "log_gaps_millionths", "waited_days"]
    frame = pl.DataFrame(rows, schema=names, orient="row")
    return foretell_next_order(model=model, open_waits=frame, settings=settings).to_dicts()


# Today's order: half order by 10 days, a quarter by 5, three quarters by 15. Within 90 days three quarters do.
def test_a_wait_that_begins_follows_the_curve(order_settings):
    (row,) = told([(0, 0)], order_settings)
    assert row["expected_gap_days"] == pytest.approx(10)
    assert (row["earliest_days"], row["next_order_days"], row["latest_days"]) == (5, 10, 15)
    assert row["order_probability"] == pytest.approx(0.75)
    assert row["interval_probability"] == pytest.approx(0.75)


# Six days without an order, 75 % still wait. A quarter of them has ordered after 10 days, in 4, and half after 15, in 9.
# A third never orders: the interval stays open, and since nobody orders in the next three days it holds all.
def test_silence_moves_the_date_and_opens_the_interval(order_settings):
    (row,) = told([(0, 6)], order_settings)
    assert (row["earliest_days"], row["next_order_days"], row["latest_days"]) == (4, 9, None)
    assert row["order_probability"] == pytest.approx(2 / 3)
    assert row["interval_probability"] == pytest.approx(1.0)


# After 12 days half of those who still wait never order, but just as many do in 3 days; from 15 on nobody does.
@pytest.mark.parametrize(("waited", "days"), [(12, 3), (15, None), (16, None), (500, None)])
def test_who_will_probably_not_order_is_told_no_date(order_settings, waited, days):
    (row,) = told([(0, waited)], order_settings)
    assert row["next_order_days"] == days
    assert (row["interval_probability"] is None) == (days is None)
    assert days is not None or (row["earliest_days"], row["latest_days"]) == (None, None)


def test_a_date_lies_after_today_and_within_the_horizon(order_settings):
    short = replace(order_settings, next_order_horizon_days=9)
    assert told([(0, 0)], short)[0]["next_order_days"] is None
    assert told([(0, 0)], short)[0]["order_probability"] == pytest.approx(0.25)
    assert [row["next_order_days"] for row in told([(0, 4), (0, 14)], order_settings)] == [6, 1]


# The shop weighs as much as one gap.
def test_the_basis_is_what_weighs_more(order_settings):
    rows = told([(0, 0), (1, 0), (5, 0)], order_settings)
    assert [row["basis"] for row in rows] == ["shop_gap", "own_gap", "own_gap"]


def test_a_class_with_too_few_gaps_shares_the_curve_below(order_settings):
    known = known_at(simulate(buyers=300), DAYS)
    over = known.waits.filter("is_over").group_by(pl.col("gaps") >= 16).len().sort("gaps")["len"].to_list()
    few = replace(order_settings, next_order_min_gaps=over[1] + 1)
    curves = fit_next_order(waits=known.waits, settings=few).curves
    assert len(curves) == few.next_order_gap_classes
    assert curves[-1] is curves[-2]
    assert curves[0] is not curves[1]
    none_alone = replace(order_settings, next_order_min_gaps=sum(over))
    assert len({id(curve) for curve in fit_next_order(waits=known.waits, settings=none_alone).curves}) == 1


def test_too_few_gaps_give_no_model(order_settings):
    known = known_at(simulate(buyers=10), DAYS)
    with pytest.raises(WithheldError, match="gaps between orders; 200 are needed"):
        fit_next_order(waits=known.waits, settings=order_settings)


def test_the_order_of_rows_does_not_move_a_bit(order_settings):
    known = known_at(simulate(buyers=400), DAYS)
    frames = [
        foretell_next_order(
            model=fit_next_order(waits=waits, settings=order_settings),
            open_waits=known.open_waits,
            settings=order_settings,
        )
        for waits in (known.waits, known.waits.sample(fraction=1, shuffle=True, seed=1))
    ]
    assert frames[0].equals(frames[1])


# 8,000 buyers, 90 days held out: what is told with x % comes in x of a hundred, for probability and for interval.
def test_told_shares_come_true_in_a_simulated_shop(order_settings):
    shops, cut = simulate(buyers=8000), DAYS - 90
    known = known_at(shops, cut)
    model = fit_next_order(waits=known.waits, settings=order_settings)
    # A little below the truth of 0.36: who comes rarely has fewer gaps that are over.
    assert 0.8 * 0.36 < model.prior.between_variance < 0.36
    assert model.prior.within_variance == pytest.approx(0.16, rel=0.1)
    forecast = foretell_next_order(model=model, open_waits=known.open_waits, settings=order_settings)
    came = forecast.join(outcomes_after(shops, cut, horizon=90), on="customer_id", how="left")
    for low in (0.0, 0.2, 0.8):
        group = came.filter(pl.col("order_probability").is_between(low, low + 0.2))
        share = group["days_until_order"].is_not_null().mean()
        assert group.height > 100
        assert share == pytest.approx(group["order_probability"].mean(), abs=0.05)
    dated = came.filter(pl.col("next_order_days").is_not_null()).with_columns(
        pl.col("days_until_order", "latest_days").fill_null(10**6)
    )
    by_then = (dated["days_until_order"] <= dated["next_order_days"]).mean()
    held = dated["days_until_order"].is_between(dated["earliest_days"], dated["latest_days"]).mean()
    assert dated.height > 1000
    assert by_then == pytest.approx(0.5, abs=0.05)
    assert held == pytest.approx(dated["interval_probability"].mean(), abs=0.03)


# Waits that are not over are information: without them the shop's customers seem to come back sooner and all of them.
def test_leaving_open_waits_out_would_promise_too_much(order_settings):
    shops = simulate(buyers=2000)
    known, cut = known_at(shops, DAYS - 90), DAYS - 90
    came = outcomes_after(shops, cut, horizon=90).height / known.open_waits.height
    promised = {
        name: foretell_next_order(
            model=fit_next_order(waits=waits, settings=order_settings),
            open_waits=known.open_waits,
            settings=order_settings,
        )["order_probability"].mean()
        for name, waits in (("all", known.waits), ("over", known.waits.filter("is_over")))
    }
    assert promised["all"] == pytest.approx(came, abs=0.02)
    assert promised["over"] > came + 0.05
