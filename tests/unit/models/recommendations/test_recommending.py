"""What a customer is recommended: by hand, and beside a plain recomputation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy import sparse

from models.recommendations import recommending
from models.recommendations.product_neighbours import Recommender, learn
from models.recommendations.recommendation_settings import RecommendationSettings
from models.recommendations.recommending import name_choices, recommend
from models.setting_rows import parse_settings
from tests.unit.models.conftest import SEEDS
from tests.unit.models.recommendations.test_product_neighbours import goods, likeness, random_tastes, tastes


@pytest.fixture(scope="module")
def settings() -> RecommendationSettings:
    shipped = parse_settings(RecommendationSettings, rows=pl.read_csv(SEEDS / "model_settings.csv"))
    return replace(
        shipped,
        recommendation_count=3,
        recommendation_half_life_days=20.0,
        recommendation_view_weight=0.5,
        recommendation_shrinkage=1.0,
    )


# P0 goes with P1 and P2, P3 with P4; P5 to P7 go with nothing and are the less popular the later they come.
TEACHERS = [(customer, product, True) for customer in range(9) for product in (0, 1)]
TEACHERS += [(9, 0, True), (9, 2, True), (10, 3, True), (10, 4, True)]


@pytest.fixture
def recommender(settings: RecommendationSettings) -> Recommender:
    return learn(tastes=tastes(TEACHERS), goods=goods(8), settings=settings)


def chosen(
    rows: list[tuple[int, int, bool]],
    *,
    recommender: Recommender,
    settings: RecommendationSettings,
    customers: tuple[int, ...] = (5,),
) -> pl.DataFrame:
    return recommend(
        customers=np.array(customers, dtype=np.int64),
        tastes=tastes(rows),
        recommender=recommender,
        settings=settings,
    )


# Newest first: P0 ordered 10 days ago weighs 0.5 ** (10/20), P3 looked at 20 days ago half of 0.5 ** (20/20).
def test_scores_ranks_and_reasons_by_hand(recommender, settings):
    found = chosen([(5, 0, True), (5, 3, False)], recommender=recommender, settings=settings)
    ordered, looked_at = 0.5**0.5, 0.5 * 0.5
    strengths = {
        1: ordered * likeness(recommender, 0, 1),
        2: ordered * likeness(recommender, 0, 2),
        4: looked_at * likeness(recommender, 3, 4),
    }
    assert found["product_number"].to_list() == sorted(strengths, key=lambda p: -strengths[p])
    assert found["score"].to_list() == pytest.approx(sorted(strengths.values(), reverse=True))
    assert found["rank"].to_list() == [1, 2, 3]
    reasons = dict(found.select("product_number", pl.struct("because", "is_because_ordered")).iter_rows())
    assert reasons[1] == {"because": 0, "is_because_ordered": True}
    assert reasons[4] == {"because": 3, "is_because_ordered": False}


def test_what_was_bought_is_never_recommended_and_what_was_looked_at_may_be(recommender, settings):
    bought = chosen([(5, 0, True), (5, 1, True)], recommender=recommender, settings=settings)
    looked_at = chosen([(5, 0, True), (5, 1, False)], recommender=recommender, settings=settings)
    assert not set(bought["product_number"]) & {0, 1}
    assert looked_at["product_number"][0] == 1


def test_a_bought_product_is_left_out_though_it_is_too_old_to_count_as_a_taste(recommender, settings):
    few = replace(settings, recommendation_recent_products=1)
    found = chosen([(5, 0, True), (5, 1, True)], recommender=recommender, settings=few)
    assert found["product_number"].to_list() == [2, 3, 4]
    assert found["score"].to_list()[1:] == [0, 0]


def test_popular_products_fill_what_neighbours_leave_empty(recommender, settings):
    found = chosen([(5, 3, True)], recommender=recommender, settings=settings)
    assert found["product_number"].to_list() == [4, 0, 1]
    assert found["because"].to_list() == [3, None, None]
    assert found["is_because_ordered"].to_list() == [True, None, None]
    stranger = chosen([], recommender=recommender, settings=settings)
    assert stranger["product_number"].to_list() == [0, 1, 2]


def test_what_nobody_can_have_is_recommended_to_nobody(settings):
    offered = goods(8, unavailable=(0, 1, 4))
    known = learn(tastes=tastes(TEACHERS), goods=offered, settings=settings)
    found = chosen([(5, 3, True), (5, 0, False)], recommender=known, settings=settings)
    assert found["product_number"].to_list() == [2, 5, 6]


def test_a_shop_with_little_to_offer_recommends_less(settings):
    known = learn(tastes=tastes([]), goods=goods(2), settings=settings)
    found = chosen([(5, 0, True)], recommender=known, settings=settings, customers=(4, 5))
    assert found.select("customer_number", "product_number").rows() == [(4, 0), (4, 1), (5, 1)]


def test_equal_scores_go_by_popularity(settings):
    pair = [(customer, product, True) for customer in range(3) for product in (0, 1, 2, 3)]
    offered = goods(4).with_columns(recent_orders=pl.Series([1, 2, 9, 5]))
    known = learn(tastes=tastes(pair), goods=offered, settings=settings)
    found = chosen([(5, 0, True)], recommender=known, settings=settings)
    assert found["product_number"].to_list() == [2, 3, 1]


def plainly(
    customer: int, known: pl.DataFrame, *, recommender: Recommender, settings: RecommendationSettings
) -> list[tuple[int, float]]:
    """One customer at a time, product by product."""
    own = known.filter(pl.col("customer_number") == customer).to_dicts()
    bought = {taste["product_number"] for taste in own if taste["is_ordered"]}
    scores = {}
    for product in range(recommender.goods.height):
        scores[product] = sum(
            (1.0 if taste["is_ordered"] else settings.recommendation_view_weight)
            * 0.5 ** (taste["age_days"] / settings.recommendation_half_life_days)
            * likeness(recommender, taste["product_number"], product)
            for taste in own
            if taste["place"] <= settings.recommendation_recent_products
        )
    free = [
        number
        for number in recommender.goods.filter("is_available")["product_number"]
        if number not in bought
    ]
    return sorted(((p, scores[p]) for p in free), key=lambda pair: (-round(pair[1], 9), pair[0]))


def test_choices_agree_with_a_plain_recomputation(settings):
    asked = replace(
        settings, recommendation_count=10, recommendation_recent_products=4, recommendation_neighbours=6
    )
    known = random_tastes(5)
    found = learn(tastes=random_tastes(6), goods=goods(40, unavailable=(0, 7)), settings=asked)
    customers = np.arange(-1, 92)
    choices = recommend(customers=customers, tastes=known, recommender=found, settings=asked)
    for customer in customers.tolist():
        expected = plainly(customer, known, recommender=found, settings=asked)[:10]
        got = choices.filter(pl.col("customer_number") == customer)
        assert got["product_number"].to_list() == [product for product, _ in expected]
        assert got["score"].to_list() == pytest.approx([score for _, score in expected])
        assert got["rank"].to_list() == list(range(1, 11))


# The grade of a score shares 64 bits with customer and product; neither may spill into the other.
def test_the_last_customer_and_the_last_product_keep_their_bits():
    last = recommending.MOST_CUSTOMERS - 1
    by_popularity = np.arange(recommending.MOST_PRODUCTS)
    scores = sparse.csr_array(
        (
            np.array([1e-9, 1.0, 1.0, 0.3, 0.5, -np.inf, -np.inf]),
            (
                np.array([0, 0, 0, last, last, last, last - 1]),
                np.array([recommending.MOST_PRODUCTS - 1, 0, 5, 7, recommending.MOST_PRODUCTS - 1, 0, 3]),
            ),
        ),
        shape=(recommending.MOST_CUSTOMERS, recommending.MOST_PRODUCTS),
    )
    found = recommending._best(scores, by_popularity=by_popularity, most=2)
    assert found.row.tolist() == [0, 0, last, last]
    assert found.product.tolist() == [0, 5, recommending.MOST_PRODUCTS - 1, 7]


def test_groups_of_customers_get_what_each_gets_alone_in_any_order_of_rows(settings):
    known, found = random_tastes(7), learn(tastes=random_tastes(8), goods=goods(40), settings=settings)
    together = recommend(
        customers=np.arange(90),
        tastes=known.sample(fraction=1, shuffle=True, seed=1),
        recommender=found,
        settings=settings,
    )
    alone = pl.concat(
        recommend(
            customers=np.array([customer]),
            tastes=known.filter(pl.col("customer_number") == customer),
            recommender=found,
            settings=settings,
        )
        for customer in range(90)
    )
    assert_frame_equal(together, alone, check_exact=True)


def test_names_and_reasons(recommender, settings):
    found = chosen(
        [(1, 3, True), (2, 3, False)], recommender=recommender, settings=settings, customers=(1, 2)
    )
    named = name_choices(choices=found, customer_ids=pl.Series(["a", "b", "c"]), goods=recommender.goods)
    assert named.select("customer_id", "rank", "product_id", "reason").rows() == [
        ("b", 1, "P4", "bought with P3"),
        ("b", 2, "P0", "popular now"),
        ("b", 3, "P1", "popular now"),
        ("c", 1, "P4", "viewed with P3"),
        ("c", 2, "P0", "popular now"),
        ("c", 3, "P1", "popular now"),
    ]


def test_bad_input_is_refused(recommender, settings, monkeypatch):
    with pytest.raises(ValueError, match="who is not asked for"):
        chosen([(6, 0, True)], recommender=recommender, settings=settings)
    with pytest.raises(ValueError, match="tastes lacks age_days"):
        recommend(
            customers=np.array([5]),
            tastes=tastes([]).drop("age_days"),
            recommender=recommender,
            settings=settings,
        )
    monkeypatch.setattr(recommending, "MOST_CUSTOMERS", 1)
    with pytest.raises(ValueError, match="at most 1 customers"):
        chosen([], recommender=recommender, settings=settings, customers=(4, 5))
