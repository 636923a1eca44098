"""The next order: who is told what, what the card says, and every reason to withhold."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from models.next_order.next_order_forecast import fit_next_order, foretell_next_order
from models.next_order.next_order_settings import NextOrderSettings
from models.next_order.next_order_table import NEXT_ORDERS_SCHEMA, REPURCHASE_SCHEMA
from models.next_order.next_orders import KnownWaits, NextOrderResult, compute_next_orders, next_order_cut
from models.setting_rows import parse_settings
from tests.unit.models.conftest import SEEDS
from tests.unit.models.next_order.next_order_shop import AS_OF, DAYS, known_at, outcomes_after, simulate

HORIZON = 90


@pytest.fixture(scope="module")
def order_settings() -> NextOrderSettings:
    return parse_settings(NextOrderSettings, rows=pl.read_csv(SEEDS / "model_settings.csv"))


@pytest.fixture(scope="module")
def shop() -> dict[str, object]:
    shops = simulate(buyers=2500)
    today = known_at(shops, DAYS)
    due = {"due_product_category": "tea", "repurchase_due_date": AS_OF, "is_repurchase_due": True}
    repurchases = today.open_waits.select("customer_id").with_columns(
        pl.lit(due.get(name)).cast(kind).alias(name)
        for name, kind in REPURCHASE_SCHEMA.items()
        if name != "customer_id"
    )
    return {
        "cut": known_at(shops, DAYS - HORIZON),
        "outcomes": outcomes_after(shops, DAYS - HORIZON, horizon=HORIZON),
        "today": today,
        # The last ten have placed an order, but none that was successful.
        "repurchases": repurchases[:-10],
    }


@pytest.fixture(scope="module")
def published(shop, order_settings) -> NextOrderResult:
    return compute_next_orders(**shop, settings=order_settings)


def test_every_buyer_has_a_row_with_a_date_to_come_or_a_reason(shop, published):
    (card,) = published.card.to_dicts()
    assert card["is_published"], card["reason"]
    table = published.next_orders
    assert table.schema == NEXT_ORDERS_SCHEMA
    assert table["customer_id"].to_list() == shop["repurchases"]["customer_id"].to_list()
    dated = table.filter(pl.col("next_order_date").is_not_null())
    assert 200 < dated.height < table.height - 200
    assert dated["next_order_date"].is_between(AS_OF + timedelta(1), AS_OF + timedelta(HORIZON)).all()
    assert dated["earliest_next_order_date"].is_between(AS_OF + timedelta(1), dated["next_order_date"]).all()
    known_ends = dated.filter(pl.col("latest_next_order_date").is_not_null())
    assert (
        known_ends["latest_next_order_date"]
        .is_between(known_ends["next_order_date"], AS_OF + timedelta(90))
        .all()
    )
    assert dated["no_date_reason"].is_null().all()
    others = table.filter(pl.col("next_order_date").is_null())
    assert others["no_date_reason"].unique().to_list() == ["unlikely_within_horizon"]
    assert others["earliest_next_order_date"].is_null().all()
    assert table["expected_gap_days"].is_not_null().all()


# Tested is what was known at the cut; told is what follows from all that is known today.
def test_dates_rest_on_all_that_is_known_today(shop, published, order_settings):
    told = published.next_orders
    for known, is_told in ((shop["today"], True), (shop["cut"], False)):
        forecast = foretell_next_order(
            model=fit_next_order(waits=known.waits, settings=order_settings),
            open_waits=shop["today"].open_waits,
            settings=order_settings,
        ).join(told, on="customer_id", how="semi")
        days = (told["next_order_date"] - AS_OF).dt.total_days().cast(pl.Int32)
        assert days.equals(forecast["next_order_days"]) == is_told
        assert told["expected_gap_days"].equals(forecast["expected_gap_days"]) == is_told


def test_the_card_says_why_it_may_be_believed(published):
    (card,) = published.card.to_dicts()
    assert (card["trained_on"], card["cut_date"]) == (AS_OF, AS_OF - timedelta(HORIZON))
    tested, baselines = json.loads(card["metrics"])["test"], json.loads(card["baseline_metrics"])
    assert set(baselines) == {
        "constant", "same_again", "shop_gap_or_tomorrow", "shop_gap_or_never", "own_gap_or_tomorrow",
        "own_gap_or_never",
    }  # fmt: skip
    best = min(baseline["mean_error_days"] for baseline in baselines.values())
    assert tested["mean_error_days"] < 0.98 * best
    assert tested["interval_holds"] == pytest.approx(tested["interval_tells"], abs=0.05)
    assert json.loads(card["parameters"])["refitted"]["typical_gap_days"] == pytest.approx(25, rel=0.1)


def test_the_order_of_rows_does_not_move_a_bit(shop, published, order_settings):
    def turned(known: KnownWaits) -> KnownWaits:
        return replace(known, waits=known.waits.reverse(), open_waits=known.open_waits.reverse())

    again = compute_next_orders(
        cut=turned(shop["cut"]),
        outcomes=shop["outcomes"].reverse(),
        today=turned(shop["today"]),
        repurchases=shop["repurchases"].reverse(),
        settings=order_settings,
    )
    assert again.next_orders.equals(published.next_orders)
    assert again.card.equals(published.card)


def withheld(shop, settings: NextOrderSettings, **changes: object) -> dict[str, object]:
    """The card of dates that must be withheld whole."""
    result = compute_next_orders(**(shop | changes), settings=settings)
    (card,) = result.card.to_dicts()
    assert not card["is_published"]
    model = [
        "expected_gap_days",
        "basis",
        "next_order_date",
        "earliest_next_order_date",
        "latest_next_order_date",
    ]
    assert result.next_orders.schema == NEXT_ORDERS_SCHEMA
    assert result.next_orders.select(model).null_count().row(0) == (result.next_orders.height,) * len(model)
    assert set(result.next_orders["no_date_reason"]) == {"not_published"}
    # The rule of repurchase does not rest on the model.
    assert result.next_orders["is_repurchase_due"].all()
    return card


# As many order as before, and after as many days, but they are others.
def test_shuffled_outcomes_are_refused(shop, order_settings):
    someone = shop["cut"].open_waits["customer_id"].sample(shop["outcomes"].height, seed=1, shuffle=True)
    mixed = shop["outcomes"].with_columns(customer_id=someone)
    card = withheld(shop, order_settings, outcomes=mixed)
    assert "On the holdout" in card["reason"]
    assert card["trained_on"] == card["cut_date"] == AS_OF - timedelta(HORIZON)


# Everybody keeps a last order and number of gaps, but has the gaps, and the time since the last order, of somebody else.
def test_shuffled_histories_are_refused(shop, order_settings):
    cut = shop["cut"]
    past = ["gaps", "log_gaps_millionths", "waited_days"]
    drawn = cut.open_waits.select(past).sample(fraction=1, shuffle=True, seed=2)
    mixed = replace(cut, open_waits=cut.open_waits.select("customer_id").hstack(drawn))
    card = withheld(shop, order_settings, cut=mixed)
    assert "On the holdout" in card["reason"]


def test_intervals_that_do_not_hold_are_refused(shop, order_settings):
    strict = replace(order_settings, next_order_max_coverage_error=1e-6)
    assert "of the intervals hold, which tell" in withheld(shop, strict)["reason"]


def test_too_few_who_ordered_give_no_date(shop, order_settings):
    card = withheld(shop, order_settings, outcomes=shop["outcomes"].sort("customer_id").head(199))
    assert "199 customers ordered and" in card["reason"]
    assert (card["trained_on"], card["cut_date"]) == (None, None)


def test_a_shop_without_any_order_gives_no_date(shop, order_settings):
    nobody = {
        name: replace(shop[name], waits=shop[name].waits.clear(), open_waits=shop[name].open_waits.clear())
        for name in ("cut", "today")
    }
    changes = nobody | {"outcomes": shop["outcomes"].clear(), "repurchases": shop["repurchases"].clear()}
    result = compute_next_orders(**changes, settings=order_settings)
    assert "0 customers ordered and 0 did not" in result.card["reason"][0]
    assert result.next_orders.is_empty()


def test_too_few_gaps_give_no_date(shop, order_settings):
    firsts = replace(shop["cut"], waits=shop["cut"].waits.filter(~pl.col("is_over")))
    card = withheld(shop, order_settings, cut=firsts)
    assert "There are 0 gaps between orders; 200 are needed" in card["reason"]


def test_customers_who_have_drifted_are_told_no_date(shop, order_settings):
    silent = replace(
        shop["today"], open_waits=shop["today"].open_waits.with_columns(pl.col("waited_days") + 300)
    )
    card = withheld(shop, order_settings, today=silent)
    assert "Since the cut of the test the customers have drifted" in card["reason"]
    assert "waited_days" in card["reason"]
    assert "expected_gap_days" not in card["reason"]
    assert card["trained_on"] == AS_OF


def test_the_horizon_after_the_cut_must_have_ended(shop, order_settings):
    assert next_order_cut(as_of=AS_OF, settings=order_settings) == date(2025, 4, 1)
    late = replace(shop["cut"], day=date(2025, 4, 2))
    with pytest.raises(ValueError, match="must end before"):
        compute_next_orders(**(shop | {"cut": late}), settings=order_settings)


def test_missing_columns_are_refused(shop, order_settings):
    bare = shop | {"repurchases": shop["repurchases"].drop("is_repurchase_due")}
    with pytest.raises(ValueError, match="repurchases lacks is_repurchase_due"):
        compute_next_orders(**bare, settings=order_settings)
    cut = replace(shop["cut"], open_waits=shop["cut"].open_waits.drop("gaps"))
    with pytest.raises(ValueError, match="open_waits lacks gaps"):
        compute_next_orders(**(shop | {"cut": cut}), settings=order_settings)
