"""Settings of the recommender: typed, bounded, and named when missing."""

from __future__ import annotations

import polars as pl
import pytest

from models.recommendation_settings import RecommendationSettings, parse_recommendation_settings
from tests.unit.models.conftest import SEEDS


@pytest.fixture
def rows() -> pl.DataFrame:
    return pl.read_csv(SEEDS / "model_settings.csv")


def test_ten_products_are_judged_on_the_orders_of_ninety_days(rows):
    settings = parse_recommendation_settings(rows=rows)
    assert (settings.recommendation_count, settings.recommendation_horizon_days) == (10, 90)
    assert isinstance(settings.recommendation_neighbours, int)
    assert isinstance(settings.recommendation_view_weight, float)


@pytest.mark.parametrize("setting", RecommendationSettings.__dataclass_fields__)
def test_a_missing_row_is_named(rows, setting):
    with pytest.raises(ValueError, match=f"lacks the row {setting}"):
        parse_recommendation_settings(rows=rows.filter(pl.col("setting") != setting))


def test_a_row_that_stands_twice_is_refused(rows):
    with pytest.raises(ValueError, match="twice"):
        parse_recommendation_settings(rows=pl.concat([rows, rows]))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("recommendation_count", 0.0),
        ("recommendation_count", 10.5),
        ("recommendation_learned_products", 1.0),
        ("recommendation_view_weight", -0.1),
        ("recommendation_view_weight", 1.1),
        ("recommendation_shrinkage", -1.0),
        ("recommendation_half_life_days", 0.0),
        ("recommendation_min_hit_rate_gain", -0.01),
        ("confidence_level", 1.0),
    ],
)
def test_a_value_out_of_bounds_is_named(rows, setting, value):
    changed = rows.with_columns(
        value=pl.when(pl.col("setting") == setting).then(pl.lit(value)).otherwise("value")
    )
    with pytest.raises(ValueError, match=f"out of bounds: {setting}"):
        parse_recommendation_settings(rows=changed)
