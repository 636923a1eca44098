"""Settings of the next order: typed, bounded, and named when missing."""

from __future__ import annotations

import polars as pl
import pytest

from models.next_order_settings import NextOrderSettings, parse_next_order_settings
from tests.unit.models.conftest import SEEDS


@pytest.fixture
def rows() -> pl.DataFrame:
    return pl.read_csv(SEEDS / "model_settings.csv")


def test_whole_numbers_are_whole_and_the_horizon_is_that_of_churn(rows):
    settings = parse_next_order_settings(rows=rows)
    assert settings.next_order_horizon_days == 90
    assert isinstance(settings.next_order_gap_classes, int)
    assert isinstance(settings.repurchase_max_gaps, float)


@pytest.mark.parametrize("setting", NextOrderSettings.__dataclass_fields__)
def test_a_missing_row_is_named(rows, setting):
    with pytest.raises(ValueError, match=f"lacks the row {setting}"):
        parse_next_order_settings(rows=rows.filter(pl.col("setting") != setting))


def test_a_row_that_stands_twice_is_refused(rows):
    with pytest.raises(ValueError, match="twice"):
        parse_next_order_settings(rows=pl.concat([rows, rows]))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("next_order_horizon_days", 0.0),
        ("next_order_horizon_days", 90.5),
        ("next_order_interval_level", 1.0),
        ("next_order_gap_classes", 0.0),
        ("next_order_min_error_gain", -0.1),
        ("next_order_near_days", 7.0),
        ("repurchase_min_own_gaps", 0.0),
        ("repurchase_min_category_share", 1.0),
        ("repurchase_max_gaps", 0.0),
        ("drift_groups", 1.0),
    ],
)
def test_a_value_out_of_bounds_is_named(rows, setting, value):
    changed = pl.when(pl.col("setting") == setting).then(pl.lit(value)).otherwise("value")
    with pytest.raises(ValueError, match=f"out of bounds: {setting}"):
        parse_next_order_settings(rows=rows.with_columns(value=changed))
