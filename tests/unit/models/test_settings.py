"""Settings: typed, bounded, and named when missing."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from models.settings import parse_model_settings


@pytest.fixture
def rows() -> pl.DataFrame:
    from pathlib import Path

    return pl.read_csv(Path(__file__).resolve().parents[3] / "seeds" / "model_settings.csv")


def test_the_shipped_ladder_starts_with_maximum_likelihood_and_climbs(settings):
    assert settings.fit_penalizers[0] == 0
    assert list(settings.fit_penalizers) == sorted(settings.fit_penalizers)
    assert settings.repeat_windows_days == (30, 90)


def test_every_row_says_unit_reason_and_since_when(rows):
    assert rows.select("unit", "reason", "valid_from").null_count().sum_horizontal().item() == 0


def test_a_missing_row_is_named(rows):
    with pytest.raises(ValueError, match="lacks the row cltv_horizon_days"):
        parse_model_settings(rows=rows.filter(pl.col("setting") != "cltv_horizon_days"))


def test_a_row_that_stands_twice_is_refused(rows):
    with pytest.raises(ValueError, match="twice"):
        parse_model_settings(rows=pl.concat([rows, rows]))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("confidence_level", 95.0),
        ("cltv_horizon_days", 0.0),
        ("cltv_yearly_discount_rate", -0.1),
        ("festival_days_after", -1.0),
        ("festival_ordinary_min_days", 0.0),
        ("campaign_effect_days", 0.0),
        ("crm_start_date", 20250230.0),
        ("crm_start_date", -1.0),
        ("crm_start_date", 2025.0),
    ],
)
def test_a_value_out_of_bounds_is_named(rows, setting, value):
    wrong = rows.with_columns(
        value=pl.when(pl.col("setting") == setting).then(value).otherwise(pl.col("value"))
    )
    with pytest.raises(ValueError, match=setting):
        parse_model_settings(rows=wrong)


def test_the_day_of_the_crm_is_a_date_and_unknown_until_the_shop_says_it(rows, settings):
    assert settings.crm_start_date is None
    said = rows.with_columns(
        value=pl.when(pl.col("setting") == "crm_start_date").then(20250701).otherwise(pl.col("value"))
    )
    assert parse_model_settings(rows=said).crm_start_date == date(2025, 7, 1)
    older = rows.filter(pl.col("setting") != "crm_start_date")
    assert parse_model_settings(rows=older).crm_start_date is None
