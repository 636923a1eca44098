"""Neighbours of products, by hand and beside a plain recomputation."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import numpy as np
import polars as pl
import pytest

from models.recommendations import product_neighbours
from models.recommendations.product_neighbours import Recommender, learn
from models.recommendations.recommendation_settings import RecommendationSettings
from models.setting_rows import parse_settings
from tests.unit.models.conftest import SEEDS


@pytest.fixture(scope="module")
def settings() -> RecommendationSettings:
    shipped = parse_settings(RecommendationSettings, rows=pl.read_csv(SEEDS / "model_settings.csv"))
    return replace(shipped, recommendation_shrinkage=1.0, recommendation_view_weight=0.5)


def tastes(rows: list[tuple[int, int, bool]]) -> pl.DataFrame:
    """Tastes of customer, product, whether ordered; the first of a customer is the newest."""
    frame = pl.DataFrame(
        rows,
        schema={"customer_number": pl.Int64, "product_number": pl.Int64, "is_ordered": pl.Boolean},
        orient="row",
    )
    place = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("customer_number")
    return frame.with_columns(age_days=place * 10, place=place)


def goods(count: int, *, unavailable: tuple[int, ...] = ()) -> pl.DataFrame:
    numbers = range(count)
    return pl.DataFrame(
        {
            "product_number": numbers,
            "product_id": [f"P{number}" for number in numbers],
            "recent_orders": [count - number for number in numbers],
            "is_available": [number not in unavailable for number in numbers],
        },
        schema_overrides={"product_number": pl.Int64, "recent_orders": pl.Int64},
    )


def likeness(recommender: Recommender, source: int, product: int) -> float:
    return float(recommender.likeness(source=np.array([source]), product=np.array([product]))[0])


# Three customers: 0 ordered P0 and P1; 1 ordered P0 and P1 and looked at P2; 2 ordered P0. Customers in common of P0 and
# P1: 2, own ones 3 and 2; of P0 and P2: one order and one look of weight 1/2, own ones 3 and 1/4.
def test_likeness_by_hand(settings):
    rows = [(0, 0, True), (0, 1, True), (1, 0, True), (1, 1, True), (1, 2, False), (2, 0, True)]
    found = learn(tastes=tastes(rows), goods=goods(3), settings=settings)
    assert likeness(found, 0, 1) == pytest.approx(2 / (sqrt(3 * 2) + 1))
    assert likeness(found, 1, 0) == likeness(found, 0, 1)
    assert likeness(found, 0, 2) == pytest.approx(0.5 / (sqrt(3 * 0.25) + 1))
    assert likeness(found, 1, 2) == pytest.approx(0.5 / (sqrt(2 * 0.25) + 1))
    assert likeness(found, 0, 0) == 0


def test_shrinkage_pulls_a_pair_of_one_customer_below_a_pair_of_many(settings):
    often = [(customer, product, True) for customer in range(20) for product in (0, 1)]
    often += [(customer, 0, True) for customer in range(20, 25)]
    once = [(30, 2, True), (30, 3, True)]
    plain, shrunk = (
        learn(
            tastes=tastes(often + once),
            goods=goods(4),
            settings=replace(settings, recommendation_shrinkage=by),
        )
        for by in (0.0, 10.0)
    )
    assert likeness(plain, 2, 3) > likeness(plain, 0, 1)
    assert likeness(shrunk, 2, 3) < likeness(shrunk, 0, 1)


def test_an_unavailable_product_is_nobodys_neighbour_but_may_lead_to_others(settings):
    found = learn(
        tastes=tastes([(0, 0, True), (0, 1, True)]), goods=goods(2, unavailable=(1,)), settings=settings
    )
    assert likeness(found, 0, 1) == 0
    assert likeness(found, 1, 0) > 0


def test_only_the_nearest_are_kept_and_of_equal_ones_the_smaller_number(settings):
    rows = [(0, product, True) for product in range(5)] + [(1, 0, True), (1, 3, True)]
    found = learn(
        tastes=tastes(rows), goods=goods(5), settings=replace(settings, recommendation_neighbours=2)
    )
    assert [product for product in range(5) if likeness(found, 0, product)] == [1, 3]


def test_tastes_beyond_the_newest_teach_nothing(settings):
    rows = [(0, product, True) for product in range(4)]
    found = learn(
        tastes=tastes(rows), goods=goods(4), settings=replace(settings, recommendation_learned_products=2)
    )
    assert found.neighbours.nnz == 2
    assert likeness(found, 0, 1) > 0


def random_tastes(seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    pairs = sorted(
        {(int(c), int(p)) for c, p in zip(rng.integers(0, 90, 900), rng.integers(0, 40, 900), strict=True)}
    )
    return tastes([(c, p, bool(rng.random() < 0.6)) for c, p in pairs])


def test_neighbours_agree_with_a_plain_recomputation(settings, monkeypatch):
    monkeypatch.setattr(product_neighbours, "PRODUCTS_AT_ONCE", 7)
    known = random_tastes(1)
    all_neighbours = replace(settings, recommendation_neighbours=40)
    found = learn(tastes=known, goods=goods(40, unavailable=(3, 4)), settings=all_neighbours)
    chosen: dict[int, dict[int, float]] = {product: {} for product in range(40)}
    for customer, product, is_ordered in known.select(
        "customer_number", "product_number", "is_ordered"
    ).iter_rows():
        chosen[product][customer] = 1.0 if is_ordered else 0.5
    for source in range(40):
        for product in range(40):
            common = sum(w * chosen[product].get(customer, 0) for customer, w in chosen[source].items())
            own = sqrt(
                sum(w * w for w in chosen[source].values()) * sum(w * w for w in chosen[product].values())
            )
            expected = common / (own + 1) if product != source and product not in (3, 4) else 0
            assert likeness(found, source, product) == pytest.approx(expected)


def test_the_order_of_rows_cannot_show(settings):
    known = random_tastes(2)
    one = learn(tastes=known, goods=goods(40), settings=settings)
    other = learn(
        tastes=known.sample(fraction=1, shuffle=True, seed=3),
        goods=goods(40).sample(fraction=1, shuffle=True, seed=4),
        settings=settings,
    )
    for part in ("data", "indices", "indptr"):
        assert np.array_equal(getattr(one.neighbours, part), getattr(other.neighbours, part))


def test_bad_input_is_refused(settings):
    with pytest.raises(ValueError, match="tastes lacks place"):
        learn(tastes=tastes([(0, 0, True)]).drop("place"), goods=goods(1), settings=settings)
    with pytest.raises(ValueError, match="without a gap"):
        learn(tastes=tastes([(0, 0, True)]), goods=goods(3)[1:], settings=settings)


@pytest.mark.parametrize("products", [0, 2])
def test_nobody_teaches_nothing(settings, products):
    found = learn(tastes=tastes([]), goods=goods(products), settings=settings)
    assert found.neighbours.shape == (products, products)
    assert found.neighbours.nnz == 0


def test_popular_is_what_is_available_and_ordered_of_late_by_orders_then_number(settings):
    offered = goods(5, unavailable=(0,)).with_columns(recent_orders=pl.Series([9, 2, 7, 2, 0]))
    found = learn(tastes=tastes([]), goods=offered, settings=settings)
    assert found.popular.tolist() == [2, 1, 3]
    assert found.by_popularity.tolist() == [2, 1, 3, 4, 0]
