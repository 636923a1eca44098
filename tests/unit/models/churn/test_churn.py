"""Churn: who is scored, what the card says, and every reason to withhold."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from models.churn.churn import ChurnResult, compute_churn
from models.churn.churn_cuts import Cut, churn_cuts
from models.churn.churn_features import OBSERVED
from models.churn.churn_quality import demand_better
from models.churn.churn_settings import ChurnSettings
from models.setting_rows import parse_settings
from models.withholding import WithheldError
from tests.unit.models.conftest import SEEDS

AS_OF = date(2025, 6, 30)
DAYS = 900
HORIZON = 90


@pytest.fixture(scope="module")
def churn_settings():
    """The settings as shipped, with fewer trees."""
    shipped = parse_settings(ChurnSettings, rows=pl.read_csv(SEEDS / "model_settings.csv"))
    return replace(shipped, churn_boosting_rounds=30)


def simulate(*, buyers: int, seed: int = 3) -> list[np.ndarray]:
    """Purchase days 0..DAYS of buyers who come at gamma rates and drop out after an exponential life."""
    rng = np.random.default_rng(seed)
    shops = []
    for _ in range(buyers):
        first, gap = int(rng.integers(0, DAYS - 1)), 25 / rng.gamma(0.7)
        last = min(DAYS, first + rng.exponential(700))
        later = first + np.cumsum(np.maximum(1, rng.exponential(gap, 60).round()))
        shops.append(np.unique([first, *later[later <= last]]).astype(int))
    return shops


def cut_at(shops: list[np.ndarray], day: int) -> Cut:
    rows, back = [], []
    for number, days in enumerate(shops):
        name, seen = f"C{number:05d}", days[days <= day]
        later = days[(days > day) & (days <= day + HORIZON)]
        if len(later):
            back.append((name, len(later), 50.0 * len(later)))
        if len(seen):
            since = day - seen
            habits = [int((since < window).sum()) for window in (30, 90, 365)]
            first = (len(seen) - 1, int(seen[-1] - seen[0]), int(since[0]), int(since[-1]))
            rows.append((name, *first, *habits, 50.0 + number % 7))
    names = ("customer_id", *OBSERVED[:8])
    customers = pl.DataFrame(rows, schema=list(names), orient="row").with_columns(
        pl.lit(None, pl.Float64).alias(name)
        if name in ("days_since_last_visit", "mean_satisfaction")
        else pl.lit(0).alias(name)
        for name in OBSERVED[8:]
    )
    outcomes = pl.DataFrame(back, schema=["customer_id", "order_days", "net_revenue"], orient="row")
    return Cut(cut_date=AS_OF - timedelta(days=DAYS - day), customers=customers, outcomes=outcomes)


@pytest.fixture(scope="module")
def shop() -> dict[str, object]:
    shops = simulate(buyers=4000)
    return {
        "earlier": cut_at(shops, DAYS - 2 * HORIZON),
        "later": cut_at(shops, DAYS - HORIZON),
        "current": cut_at(shops, DAYS).customers,
        "as_of": AS_OF,
    }


@pytest.fixture(scope="module")
def published(shop, churn_settings, settings) -> ChurnResult:
    return compute_churn(**shop, settings=churn_settings, purchase_settings=settings)


def test_everybody_who_had_ordered_is_scored_and_the_card_says_why_it_may_be_believed(shop, published):
    (card,) = published.card.to_dicts()
    assert card["is_published"], card["reason"]
    assert published.scores["customer_id"].to_list() == sorted(shop["current"]["customer_id"])
    assert (card["trained_on"], card["cut_date"]) == (AS_OF, AS_OF - timedelta(days=HORIZON))
    tested, baselines = json.loads(card["metrics"])["test"], json.loads(card["baseline_metrics"])
    assert set(baselines) == {"constant", "recency_only", "past_orders"}
    assert tested["balanced_accuracy"] >= 0.70
    assert tested["auc"] > max(baseline["auc"] for baseline in baselines.values())
    assert len(tested["calibration"]) == 10


# Each group's rate lies within four standard errors of what was foretold, and a bit for the change of seasons.
def test_what_is_told_with_seventy_percent_comes_in_seventy_of_a_hundred(published):
    groups = json.loads(published.card["metrics"][0])["test"]["calibration"].values()
    for group in groups:
        told = group["predicted_rate"]
        error = np.sqrt(told * (1 - told) / group["customers"])
        assert abs(group["actual_rate"] - told) < 4 * error + 0.02


def test_the_tenths_are_those_of_the_card_and_hold_everybody_who_was_tested(published):
    metrics = json.loads(published.card["metrics"][0])
    table = published.deciles
    assert table.select("model", "figure").unique().rows() == [("churn", "churned")]
    assert table["customers"].sum() == metrics["test_customers"]
    assert (table["actual"] * table["customers"]).sum() == pytest.approx(metrics["test_churned"])
    for row, group in zip(table.to_dicts(), metrics["test"]["calibration"].values(), strict=True):
        assert row["predicted"] == pytest.approx(group["predicted_rate"], rel=1e-8)
        assert row["actual_low"] <= row["actual"] <= row["actual_high"]


def test_risk_follows_the_probability(published, churn_settings):
    for level, low, high in (("low", 0, 0.5), ("medium", 0.5, 0.8), ("high", 0.8, 1.01)):
        within = pl.col("churn_probability_90d").is_between(low, high, closed="left")
        assert published.scores.filter((pl.col("risk_level") == level) != within).is_empty()
    assert published.scores["risk_level"].n_unique() == 3


def test_the_order_of_rows_does_not_move_a_bit(shop, published, churn_settings, settings):
    def turned(cut: Cut) -> Cut:
        return replace(cut, customers=cut.customers.reverse(), outcomes=cut.outcomes.reverse())

    frames = {"earlier": turned(shop["earlier"]), "later": turned(shop["later"])}
    again = compute_churn(
        **(shop | frames | {"current": shop["current"].reverse()}),
        settings=churn_settings,
        purchase_settings=settings,
    )
    assert again.scores.equals(published.scores)
    assert again.card.equals(published.card)
    assert again.deciles.equals(published.deciles)


def withheld(shop, churn_settings, settings, **changes: object) -> dict[str, object]:
    """The card of scores that must be withheld whole."""
    result = compute_churn(**(shop | changes), settings=churn_settings, purchase_settings=settings)
    (card,) = result.card.to_dicts()
    assert result.scores.is_empty()
    assert not card["is_published"]
    assert result.deciles.is_empty() == ("test" not in json.loads(card["metrics"]))
    return card


def shuffled(cut: Cut, *, seed: int) -> Cut:
    """Let other customers come back: as many, drawn at random."""
    someone = cut.customers["customer_id"].sample(cut.outcomes.height, shuffle=True, seed=seed)
    return replace(cut, outcomes=cut.outcomes.with_columns(customer_id=someone))


@pytest.mark.parametrize("which", [("earlier", "later"), ("earlier",), ("later",)])
def test_shuffled_labels_are_refused(shop, churn_settings, settings, which):
    answers = {
        name: shop[name].outcomes.join(shop[name].customers, on="customer_id", how="semi") for name in which
    }
    mixed = {name: shuffled(replace(shop[name], outcomes=answers[name]), seed=1) for name in which}
    quick = replace(churn_settings, churn_max_training_customers=2000, churn_boosting_rounds=10)
    card = withheld(shop, quick, settings, **mixed)
    assert "On the test cut" in card["reason"]
    assert card["trained_on"] == card["cut_date"] == AS_OF - timedelta(days=HORIZON)
    assert json.loads(card["parameters"])["recipe"] in ("logistic", "gradient_boosting")


def test_too_few_who_stayed_or_left_give_no_score(shop, churn_settings, settings):
    back = shop["later"].outcomes.join(shop["later"].customers, on="customer_id", how="semi")
    few = replace(shop["later"], outcomes=back.head(199))
    card = withheld(shop, churn_settings, settings, later=few)
    assert "199 customers stayed" in card["reason"]
    assert (card["trained_on"], card["cut_date"]) == (None, None)


def test_a_shop_without_any_customer_gives_no_score(shop, churn_settings, settings):
    nobody = {
        name: replace(
            shop[name], customers=shop[name].customers.clear(), outcomes=shop[name].outcomes.clear()
        )
        for name in ("earlier", "later")
    }
    changes = nobody | {"current": shop["current"].clear()}
    card = withheld(shop, churn_settings, settings, **changes)
    assert "0 customers stayed and 0 left" in card["reason"]


def test_inputs_that_have_drifted_give_no_score(shop, churn_settings, settings):
    silent = shop["current"].with_columns(pl.col("days_since_last_order") + 200)
    quick = replace(churn_settings, churn_max_training_customers=2000)
    card = withheld(shop, quick, settings, current=silent)
    assert "Since the last training cut the inputs have drifted" in card["reason"]
    assert "days_since_last_order" in card["reason"]
    assert "order_days_long" not in card["reason"]
    assert json.loads(card["metrics"])["stability_indexes"]["days_since_last_order"] > 0.25


def test_visits_that_stop_arriving_are_drift(shop, churn_settings, settings):
    visiting = pl.col("days_since_last_order").cast(pl.Float64)
    seen = {
        name: replace(shop[name], customers=shop[name].customers.with_columns(days_since_last_visit=visiting))
        for name in ("earlier", "later")
    }
    quick = replace(churn_settings, churn_max_training_customers=2000)
    card = withheld(shop, quick, settings, **seen)
    assert "have drifted: population stability index of days_since_last_visit" in card["reason"]


FIGURES = {"auc": 0.80, "balanced_accuracy": 0.72, "brier": 0.12}


@pytest.mark.parametrize(
    ("figure", "value"), [("auc", 0.7975), ("balanced_accuracy", 0.72), ("brier", 0.12), ("brier", 0.11)]
)
def test_a_model_must_beat_each_baseline_in_each_figure(churn_settings, figure, value):
    weak = {"auc": 0.5, "balanced_accuracy": 0.5, "brier": 0.2}
    demand_better(model=FIGURES, baselines={"a": weak, "b": weak}, settings=churn_settings)
    with pytest.raises(WithheldError, match=f"{figure} is .* baseline b"):
        demand_better(
            model=FIGURES, baselines={"a": weak, "b": weak | {figure: value}}, settings=churn_settings
        )


def test_an_order_of_customers_that_is_nearly_chance_is_of_no_use(churn_settings):
    chance = {"auc": 0.5, "balanced_accuracy": 0.5, "brier": 0.2}
    with pytest.raises(WithheldError, match=r"the AUC is 0\.5990; 0\.6 is needed"):
        demand_better(model=FIGURES | {"auc": 0.599}, baselines={"a": chance}, settings=churn_settings)


def test_the_cuts_leave_time_for_their_outcomes(shop, churn_settings, settings):
    assert churn_cuts(as_of=AS_OF, settings=churn_settings) == (date(2025, 1, 1), date(2025, 4, 1))
    with_gap = replace(churn_settings, churn_gap_days=10)
    assert churn_cuts(as_of=AS_OF, settings=with_gap) == (date(2024, 12, 22), date(2025, 4, 1))
    with pytest.raises(ValueError, match="must end before"):
        compute_churn(**shop, settings=with_gap, purchase_settings=settings)


def test_missing_columns_are_refused(shop, churn_settings, settings):
    bare = replace(shop["earlier"], customers=shop["earlier"].customers.drop("visits_short"))
    with pytest.raises(ValueError, match="lacks visits_short"):
        compute_churn(**(shop | {"earlier": bare}), settings=churn_settings, purchase_settings=settings)
