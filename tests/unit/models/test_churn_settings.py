"""Settings of churn: typed, bounded, and named when missing."""

from __future__ import annotations

import polars as pl
import pytest

from models.churn_settings import ChurnSettings, parse_churn_settings
from tests.unit.models.conftest import SEEDS


@pytest.fixture
def rows() -> pl.DataFrame:
    return pl.read_csv(SEEDS / "model_settings.csv")


def changed(rows: pl.DataFrame, setting: str, value: float) -> pl.DataFrame:
    return rows.with_columns(
        value=pl.when(pl.col("setting") == setting).then(pl.lit(value)).otherwise("value")
    )


def test_whole_numbers_are_whole_and_the_horizon_is_ninety_days(rows):
    settings = parse_churn_settings(rows=rows)
    assert settings.churn_horizon_days == 90
    assert isinstance(settings.churn_folds, int)
    assert isinstance(settings.churn_lift_share, float)


@pytest.mark.parametrize("setting", ChurnSettings.__dataclass_fields__)
def test_a_missing_row_is_named(rows, setting):
    with pytest.raises(ValueError, match=f"lacks the row {setting}"):
        parse_churn_settings(rows=rows.filter(pl.col("setting") != setting))


def test_a_row_that_stands_twice_is_refused(rows):
    with pytest.raises(ValueError, match="twice"):
        parse_churn_settings(rows=pl.concat([rows, rows]))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("churn_horizon_days", 0.0),
        ("churn_horizon_days", 90.5),
        ("churn_gap_days", -1.0),
        ("churn_folds", 1.0),
        ("churn_lift_share", 1.0),
        ("churn_min_auc", -0.1),
        ("churn_min_auc_gain", -0.1),
        ("drift_max_stability_index", 0.0),
        ("drift_groups", 1.0),
    ],
)
def test_a_value_out_of_bounds_is_named(rows, setting, value):
    with pytest.raises(ValueError, match=f"out of bounds: {setting}"):
        parse_churn_settings(rows=changed(rows, setting, value))


@pytest.mark.parametrize("value", [0.8, 0.9])
def test_medium_risk_begins_below_high_risk(rows, value):
    with pytest.raises(ValueError, match="churn_medium_risk_from"):
        parse_churn_settings(rows=changed(rows, "churn_medium_risk_from", value))
