"""The made-up names cannot turn up in words that a release may show."""

from __future__ import annotations

import numpy as np

from simulator.campaigns import campaigns_frame, plan_campaigns
from simulator.catalogue import draw_catalogue
from simulator.shop import DEFAULT_END
from simulator.timeline import Timeline
from simulator.words import (
    CITIES,
    FEMALE_GIVEN,
    MALE_GIVEN,
    OCCUPATIONS,
    SURNAMES,
    TOPICS,
)


def test_no_name_hides_in_goods_places_campaigns_or_topics() -> None:
    timeline = Timeline(start=DEFAULT_END.replace(year=2024), days=700)
    products = draw_catalogue(np.random.default_rng(0)).frame()
    campaigns = campaigns_frame(plan_campaigns(timeline), timeline=timeline, customers=10)
    shown = [*products["name"], *products["category"], *campaigns["name"], *OCCUPATIONS]
    shown += [word for province, city, _ in CITIES for word in (province, city)]
    shown += [topic for topics in TOPICS.values() for topic in topics]
    text = "\n".join(shown)
    names = [family + given for family, _ in SURNAMES for given, _ in (*FEMALE_GIVEN, *MALE_GIVEN)]
    assert [name for name in names if name in text] == []


def test_all_goods_have_a_cost_below_their_price() -> None:
    products = draw_catalogue(np.random.default_rng(0)).frame()
    assert (products["unit_cost"] < products["list_price"]).all()
    assert products["product_id"].n_unique() == products.height
