"""The purchase process has the rates, the drop-out, the spend and the effects that the truth claims."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pytest

from simulator.assumptions import SHOP
from simulator.baskets import Baskets, draw_baskets
from simulator.campaigns import COUPON, HOLDOUT, PLAIN, Campaign, Sendings, draw_sendings, plan_campaigns
from simulator.catalogue import Catalogue, draw_catalogue
from simulator.columns import DAY_SECONDS
from simulator.persons import Persons, draw_persons
from simulator.purchases import Purchases, draw_purchases
from simulator.timeline import Timeline


@dataclass(frozen=True)
class World:
    timeline: Timeline
    catalogue: Catalogue
    campaigns: list[Campaign]
    persons: Persons
    sendings: Sendings
    purchases: Purchases
    baskets: Baskets

    @property
    def repeat_day(self) -> np.ndarray:
        """Day of each order after the first day of its person."""
        day = self.purchases.second // DAY_SECONDS
        return day[day > self.persons.first_day[self.purchases.person]]

    def expected_per_day(self) -> np.ndarray:
        """Sum of the rates of persons active on each day."""
        buys = self.persons.has_ordered(self.timeline) & (self.persons.last_day > self.persons.first_day)
        change = np.zeros(self.timeline.days + 2)
        np.add.at(change, self.persons.first_day[buys] + 1, self.persons.rate[buys])
        np.add.at(change, self.persons.last_day[buys] + 1, -self.persons.rate[buys])
        return np.cumsum(change)[: self.timeline.days]


@pytest.fixture(scope="module")
def world() -> World:
    rng = np.random.default_rng(20)
    timeline = Timeline(start=date(2024, 7, 1), days=730)
    catalogue = draw_catalogue(rng)
    campaigns = plan_campaigns(timeline)
    persons = draw_persons(rng, first_number=0, count=60_000, timeline=timeline, catalogue=catalogue)
    sendings = draw_sendings(rng, campaigns=campaigns, persons=persons)
    purchases = draw_purchases(
        rng, persons=persons, timeline=timeline, campaigns=campaigns, sendings=sendings
    )
    baskets = draw_baskets(rng, purchases=purchases, persons=persons, catalogue=catalogue, timeline=timeline)
    return World(timeline, catalogue, campaigns, persons, sendings, purchases, baskets)


def test_a_person_orders_ten_times_in_two_years_on_average(world: World) -> None:
    assert world.purchases.count / world.persons.count == pytest.approx(10, rel=0.05)


def test_rates_are_gamma_with_the_stated_shape_and_mean(world: World) -> None:
    rate = world.persons.rate
    assert rate.mean() == pytest.approx(SHOP.rate_mean, rel=0.03)
    assert rate.mean() ** 2 / rate.var() == pytest.approx(SHOP.rate_shape, rel=0.06)


def test_nobody_orders_before_the_first_day_or_after_the_drop_out(world: World) -> None:
    day, person = world.purchases.second // DAY_SECONDS, world.purchases.person
    assert (day >= world.persons.first_day[person]).all()
    assert (day <= world.persons.last_day[person]).all()
    assert (world.purchases.second > world.persons.registered_second[person]).all()
    assert world.persons.is_buyer[person].all()


def test_every_buyer_within_the_days_has_a_first_order(world: World) -> None:
    buyers = np.flatnonzero(world.persons.has_ordered(world.timeline))
    assert np.array_equal(np.unique(world.purchases.person), buyers)


def test_orders_divided_by_rates_show_each_festival_lift(world: World) -> None:
    seen = np.bincount(world.repeat_day, minlength=world.timeline.days)
    expected = world.expected_per_day()
    ordinary = world.timeline.lifts == 1
    base = seen[ordinary].sum() / expected[ordinary].sum()
    assert base == pytest.approx(1.01, abs=0.03)  # coupons bring a little on top
    for lift in (0.7, 1.35, 1.8, 2.2):
        days = world.timeline.lifts == lift
        assert seen[days].sum() / expected[days].sum() / base == pytest.approx(lift, rel=0.06)


def test_coupons_lift_orders_against_plain_mail_and_holdout(world: World) -> None:
    day = world.purchases.second // DAY_SECONDS
    orders, exposure = np.zeros(3), np.zeros(3)
    for position, campaign in enumerate(world.campaigns):
        if not campaign.is_experiment:
            continue
        inside = (day > campaign.sent_day) & (day <= campaign.sent_day + SHOP.experiment_window_days)
        bought = np.bincount(world.purchases.person[inside], minlength=world.persons.count)
        for group in (HOLDOUT, PLAIN, COUPON):
            chosen = (world.sendings.campaign == position) & (world.sendings.group == group)
            person = world.sendings.person[chosen]
            person = person[world.persons.first_day[person] < campaign.sent_day]
            orders[group] += bought[person].sum()
            exposure[group] += person.size
    rate = orders / exposure
    assert rate[COUPON] / rate[PLAIN] == pytest.approx(1.5, rel=0.08)
    assert rate[PLAIN] / rate[HOLDOUT] == pytest.approx(1.0, rel=0.08)


def test_order_values_follow_the_spend_level(world: World) -> None:
    gross = world.baskets.per_order(world.baskets.unit_cents * world.baskets.quantity)
    level = world.persons.spend_cents[world.purchases.person]
    assert gross.sum() / level.sum() == pytest.approx(1.0, rel=0.03)
    assert np.corrcoef(np.log(gross), np.log(level))[0, 1] > 0.7
    assert world.persons.spend_cents.mean() / 100 == pytest.approx(
        SHOP.order_value_shape * SHOP.level_scale / (SHOP.level_shape - 1), rel=0.03
    )


def test_baskets_hold_whole_pieces_at_list_prices(world: World) -> None:
    baskets = world.baskets
    assert baskets.quantity.min() == 1
    assert (baskets.unit_cents == world.catalogue.price_cents[baskets.product]).all()
    assert (baskets.unit_discount_cents < baskets.unit_cents).all()
    assert baskets.line_no[baskets.first_line].max() == 1
    assert (baskets.unit_discount_cents[~baskets.is_discounted[baskets.order]] == 0).all()


def test_discounts_take_five_to_thirty_percent_off_every_piece(world: World) -> None:
    baskets = world.baskets
    lowered = baskets.is_discounted[baskets.order] & (baskets.unit_cents > 2_000)
    share = baskets.unit_discount_cents[lowered] / baskets.unit_cents[lowered]
    assert share.min() > 0.049
    assert share.max() <= 0.30
