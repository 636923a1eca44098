"""Customer value: who is scored, what the card says, and what is withheld."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models.customer_value.cltv import compute_cltv

AS_OF = date(2025, 6, 30)
DAYS = 730
HOLDOUT = 90
HISTORY = ["customer_id", "frequency", "recency_days", "age_days", "first_money", "repeat_money"]


def simulate(
    *, buyers: int, mean_gap_days: float, drop_out: float, seed: int = 7
) -> tuple[list[set[int]], np.ndarray]:
    """Purchase days 0..DAYS of buyers who come at gamma rates and may drop out after each purchase."""
    rng = np.random.default_rng(seed)
    rates = rng.gamma(1.0, 1 / mean_gap_days, buyers)
    chances = rng.beta(drop_out * 10, 10, buyers) if drop_out else np.zeros(buyers)
    shops = []
    for rate, chance in zip(rates, chances, strict=True):
        day, visits = int(rng.integers(0, DAYS - 200)), set()
        while day <= DAYS:
            visits.add(day)
            if rng.random() < chance:
                break
            day += max(1, round(rng.exponential(1 / rate)))
        shops.append(visits)
    return shops, rng.gamma(5, 20, buyers)


def summarise(shops: list[set[int]], spend: np.ndarray, *, end: int) -> pl.DataFrame:
    """Histories at a day, and what followed within the holdout."""
    rows = []
    for number, visits in enumerate(shops):
        seen = [day for day in visits if day <= end]
        if seen:
            later = len([day for day in visits if end < day <= end + HOLDOUT])
            money = round(float(spend[number]) * (len(seen) - 1), 2)
            gap = max(seen) - min(seen)
            recent = len([day for day in seen if day > end - 365])
            each = float(spend[number])
            history = (
                f"C{number:05d}",
                len(seen) - 1,
                gap,
                end - min(seen),
                round(float(spend[number]), 2),
                money,
            )
            rows.append((*history, recent, round(recent * each, 2), later, round(later * each, 2)))
    names = [*HISTORY, "last_year_orders", "last_year_money", "holdout_orders", "holdout_money"]
    return pl.DataFrame(rows, schema=names, orient="row")


def inputs(shops: list[set[int]], spend: np.ndarray) -> dict[str, pl.DataFrame]:
    today = summarise(shops, spend, end=DAYS)
    tier = pl.when(pl.col("frequency") > 5).then(pl.lit("Gold")).otherwise(pl.lit("Silver"))
    members = today.select(
        "customer_id",
        rfm_tier=tier,
        value_level=pl.lit(None, dtype=pl.String),
        orders_12m="last_year_orders",
        repeat_orders_12m=pl.min_horizontal("frequency", "last_year_orders"),
        net_revenue_12m="last_year_money",
    )
    return {
        "histories": today.select(HISTORY),
        "calibration": summarise(shops, spend, end=DAYS - HOLDOUT),
        "members": members,
    }


@pytest.fixture(scope="module")
def shop() -> dict[str, pl.DataFrame]:
    return inputs(*simulate(buyers=8000, mean_gap_days=40, drop_out=0.2))


def test_every_buyer_is_scored_and_the_card_says_why_it_may_be_believed(shop, settings):
    result = compute_cltv(**shop, as_of=AS_OF, holdout_days=HOLDOUT, settings=settings)
    (card,) = result.card.to_dicts()
    assert card["is_published"], card["reason"]
    assert result.scores["customer_id"].to_list() == sorted(shop["histories"]["customer_id"])
    assert (card["trained_on"], card["cut_date"]) == (AS_OF, AS_OF - timedelta(days=HOLDOUT))
    assert result.segments["segment"].to_list() == ["all", "tier:Gold", "tier:Silver"]
    metrics, baselines = json.loads(card["metrics"]), json.loads(card["baseline_metrics"])
    assert metrics["holdout"]["rmse_orders"] < min(
        baselines[name]["rmse_orders"] for name in ("own_past_rate", "last_year_repeats", "same_for_all")
    )
    assert abs(metrics["holdout"]["bias_share"]) < 0.15
    assert json.loads(card["parameters"])["purchases"]["status"] == "converged"


def test_the_truth_behind_a_simulated_shop_is_recovered(shop, settings):
    card = compute_cltv(**shop, as_of=AS_OF, holdout_days=HOLDOUT, settings=settings).card
    found = json.loads(card["parameters"][0])["purchases"]
    mean_gap_days = found["alpha_days"] / found["r"]
    mean_drop_out = found["a"] / (found["a"] + found["b"])
    assert (mean_gap_days, mean_drop_out) == pytest.approx((40, 2 / 12), rel=0.15)
    assert found["r"] == pytest.approx(1.0, rel=0.1)


def test_scores_are_finite_and_hang_together(shop, settings):
    scores = compute_cltv(**shop, as_of=AS_OF, holdout_days=HOLDOUT, settings=settings).scores
    computed = scores.select("p_alive", "expected_orders_12m", "expected_order_value", "cltv_12m")
    assert computed.null_count().sum_horizontal().item() == 0
    assert np.isfinite(computed.to_numpy()).all()
    assert scores.filter(~pl.col("p_alive").is_between(0, 1)).is_empty()
    undiscounted = pl.col("expected_orders_12m") * pl.col("expected_order_value")
    beyond = (pl.col("cltv_12m") > undiscounted) | (pl.col("cltv_12m") < undiscounted / 1.1)
    assert scores.filter(beyond).is_empty()
    assert scores.filter(pl.col("frequency") == 0)["monetary_value"].null_count() == (
        scores.filter(pl.col("frequency") == 0).height
    )


def test_the_tenths_add_up_to_the_holdout_of_the_card(shop, settings):
    result = compute_cltv(**shop, as_of=AS_OF, holdout_days=HOLDOUT, settings=settings)
    metrics = json.loads(result.card["metrics"][0])
    orders, money = (
        result.deciles.filter(pl.col("figure") == figure).select(
            customers=pl.col("customers").sum(),
            predicted=(pl.col("predicted") * pl.col("customers")).sum(),
            actual=(pl.col("actual") * pl.col("customers")).sum(),
        )
        for figure in ("orders", "money")
    )
    told, factor = metrics["holdout"], metrics["correction"]["factor"]
    corrected = told["predicted_orders"] * factor
    assert orders.row(0) == pytest.approx((told["customers"], corrected, told["actual_orders"]), rel=1e-7)
    paid = metrics["holdout_money"]
    expected = (told["customers"], paid["predicted_money_after_correction"], paid["actual_money"])
    assert money.row(0) == pytest.approx(expected, rel=1e-7)
    best = result.deciles.filter(pl.col("figure") == "money", pl.col("decile") == 10)
    assert (best["actual"] * best["customers"]).sum() / paid["actual_money"] == pytest.approx(
        paid["money_share_of_best_tenth"], rel=0.02
    )


# What somebody else bought after the cut is foretold best by the same number for all.
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_shuffled_futures_are_refused(shop, settings, seed):
    future = ("holdout_orders", "holdout_money")
    calibration = shop["calibration"]
    mixed = calibration.with_columns(
        calibration.select(future).sample(fraction=1, shuffle=True, seed=seed).get_columns()
    )
    result = compute_cltv(
        **(shop | {"calibration": mixed}), as_of=AS_OF, holdout_days=HOLDOUT, settings=settings
    )
    (card,) = result.card.to_dicts()
    assert not card["is_published"]
    assert "the naive forecast same_for_all errs by" in card["reason"]
    assert result.scores.is_empty()


def test_the_order_of_rows_does_not_move_a_bit(shop, settings):
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=5) for name, frame in shop.items()}
    first, second = (
        compute_cltv(**frames, as_of=AS_OF, holdout_days=HOLDOUT, settings=settings)
        for frames in (shop, shuffled)
    )
    assert first.scores.equals(second.scores)
    assert first.card.equals(second.card)
    assert first.deciles.equals(second.deciles)


def withheld(frames: dict[str, pl.DataFrame], settings) -> dict[str, object]:
    """The card of a value that must be withheld whole."""
    result = compute_cltv(**frames, as_of=AS_OF, holdout_days=HOLDOUT, settings=settings)
    (card,) = result.card.to_dicts()
    assert result.scores.is_empty()
    assert not card["is_published"]
    assert result.deciles.is_empty() == ("holdout" not in json.loads(card["metrics"]))
    return card


def test_too_few_repeat_buyers_give_no_score(shop, settings):
    few = shop | {"histories": shop["histories"].filter(pl.col("frequency") == 0)}
    card = withheld(few, settings)
    assert card["reason"] == "Only 0 customers at the as-of date bought again; 100 are needed."
    assert card["cut_date"] is None
    assert json.loads(card["metrics"])["customers"] == few["histories"].height


def test_no_customer_at_all_gives_no_score(shop, settings):
    card = withheld({name: frame.clear() for name, frame in shop.items()}, settings)
    assert "Only 0 customers" in card["reason"]


def test_a_history_too_short_to_hold_anything_out_gives_no_score(shop, settings):
    card = withheld(shop | {"calibration": shop["calibration"].clear()}, settings)
    assert "Only 0 customers before the holdout" in card["reason"]


def test_a_shop_without_positive_money_gives_no_score(shop, settings):
    free = shop["histories"].with_columns(repeat_money=pl.lit(0.0))
    card = withheld(shop | {"histories": free}, settings)
    assert "Only 0 repeat buyers spent money" in card["reason"]


def test_a_fit_that_does_not_converge_gives_no_score(shop, settings):
    equal = shop["histories"].with_columns(repeat_money=pl.col("frequency") * 50.0)
    strict = replace(settings, fit_penalizers=(0.0,))
    card = withheld(shop | {"histories": equal}, strict)
    assert "The fit of spend did not converge" in card["reason"]


# A holdout without any relation to the past: the model must lose against the shop's mean, and say so.
def test_a_forecast_that_a_naive_one_beats_is_withheld(shop, settings):
    mean = HOLDOUT * shop["calibration"]["frequency"].sum() / shop["calibration"]["age_days"].sum()
    flat = shop["calibration"].with_columns(holdout_orders=pl.lit(mean))
    card = withheld(shop | {"calibration": flat}, settings)
    assert "the naive forecast same_for_all errs by" in card["reason"]


def test_a_customer_whose_refunds_outweigh_purchases_is_not_worth_less_than_nothing(shop, settings):
    sunk = shop["histories"].with_columns(
        repeat_money=pl.when(pl.col("customer_id") == "C00000").then(-500.0).otherwise("repeat_money")
    )
    scores = compute_cltv(
        **(shop | {"histories": sunk}), as_of=AS_OF, holdout_days=HOLDOUT, settings=settings
    ).scores
    assert scores.filter(pl.col("cltv_12m") < 0).is_empty()


def test_spend_that_rises_with_frequency_is_named_on_the_card(shop, settings):
    rising = shop["histories"].with_columns(
        repeat_money=pl.col("repeat_money") * (1 + pl.col("frequency") / 5)
    )
    card = compute_cltv(
        **(shop | {"histories": rising}), as_of=AS_OF, holdout_days=HOLDOUT, settings=settings
    ).card
    assert "Spend per order depends on frequency" in card["reason"][0]


def test_missing_columns_are_refused(shop, settings):
    with pytest.raises(ValueError, match="histories lacks repeat_money"):
        compute_cltv(
            histories=shop["histories"].drop("repeat_money"),
            calibration=shop["calibration"],
            members=shop["members"],
            as_of=AS_OF,
            holdout_days=HOLDOUT,
            settings=settings,
        )
