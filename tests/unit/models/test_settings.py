"""Settings of every kind: typed, bounded, and named when missing."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import polars as pl
import pytest

from models.churn.churn_settings import ChurnSettings
from models.next_order.next_order_settings import NextOrderSettings
from models.recommendations.recommendation_settings import RecommendationSettings
from models.scorecard.kpi_settings import KpiSettings
from models.setting_rows import parse_settings
from models.settings import ModelSettings
from tests.unit.models.conftest import SEEDS

KINDS = (ModelSettings, ChurnSettings, NextOrderSettings, RecommendationSettings, KpiSettings)
NEED_NO_ROW_OF_THEIR_NAME = ("crm_start_date", "fit_penalizers")


@pytest.fixture
def rows() -> pl.DataFrame:
    return pl.read_csv(SEEDS / "model_settings.csv")


def changed(rows: pl.DataFrame, setting: str, value: float | None) -> pl.DataFrame:
    assert setting in rows["setting"]
    return rows.with_columns(
        value=pl.when(pl.col("setting") == setting).then(pl.lit(value)).otherwise("value")
    )


def test_the_shipped_ladder_starts_with_maximum_likelihood_and_climbs(settings):
    assert settings.fit_penalizers[0] == 0
    assert list(settings.fit_penalizers) == sorted(settings.fit_penalizers)
    assert len(settings.fit_penalizers) == 5
    assert settings.repeat_windows_days == (30, 90)


def test_every_row_says_unit_reason_and_since_when(rows):
    assert rows.select("unit", "reason", "valid_from").null_count().sum_horizontal().item() == 0


def test_whole_numbers_are_whole_and_flags_are_flags(rows, settings):
    churn = parse_settings(ChurnSettings, rows=rows)
    assert (churn.churn_horizon_days, churn.churn_lift_share) == (90, 0.1)
    assert isinstance(churn.churn_folds, int)
    assert isinstance(churn.churn_high_risk_from, float)
    assert settings.cltv_money_is_margin is False
    said = parse_settings(ModelSettings, rows=changed(rows, "cltv_money_is_margin", 1.0))
    assert said.cltv_money_is_margin is True


@pytest.mark.parametrize(
    ("kind", "setting"),
    [
        (kind, setting.name)
        for kind in KINDS
        for setting in fields(kind)
        if setting.name not in NEED_NO_ROW_OF_THEIR_NAME
    ],
)
def test_a_row_that_is_missing_or_empty_is_named(rows, kind, setting):
    for lacking in (rows.filter(pl.col("setting") != setting), changed(rows, setting, None)):
        with pytest.raises(ValueError, match=f"lacks the row {setting}$"):
            parse_settings(kind, rows=lacking)


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_that_stands_twice_is_refused(rows, kind):
    with pytest.raises(ValueError, match="twice"):
        parse_settings(kind, rows=pl.concat([rows, rows]))


@pytest.mark.parametrize(
    ("kind", "setting", "value"),
    [
        (ModelSettings, "confidence_level", 95.0),
        (ModelSettings, "repeat_window_short_days", 90.0),
        (ModelSettings, "cltv_horizon_days", 0.0),
        (ModelSettings, "cltv_horizon_days", float("inf")),
        (ModelSettings, "cltv_discount_steps", 1.5),
        (ModelSettings, "cltv_yearly_discount_rate", -0.1),
        (ModelSettings, "cltv_min_cost_coverage", 1.1),
        (ModelSettings, "cltv_money_is_margin", 2.0),
        (ModelSettings, "festival_days_after", -1.0),
        (ModelSettings, "festival_ordinary_min_days", 0.0),
        (ModelSettings, "campaign_effect_days", 0.0),
        (ModelSettings, "crm_start_date", 20250230.0),
        (ModelSettings, "crm_start_date", -1.0),
        (ModelSettings, "crm_start_date", 2025.0),
        (ModelSettings, "fit_penalizer_1", -1.0),
        (ChurnSettings, "churn_horizon_days", 0.0),
        (ChurnSettings, "churn_horizon_days", 90.5),
        (ChurnSettings, "churn_gap_days", -1.0),
        (ChurnSettings, "churn_folds", 1.0),
        (ChurnSettings, "churn_lift_share", 1.0),
        (ChurnSettings, "churn_min_auc", -0.1),
        (ChurnSettings, "churn_min_auc_gain", -0.1),
        (ChurnSettings, "churn_medium_risk_from", 0.8),
        (ChurnSettings, "churn_medium_risk_from", 0.9),
        (ChurnSettings, "churn_high_risk_from", 1.0),
        (ChurnSettings, "drift_max_stability_index", 0.0),
        (ChurnSettings, "drift_groups", 1.0),
        (NextOrderSettings, "next_order_horizon_days", 0.0),
        (NextOrderSettings, "next_order_horizon_days", 90.5),
        (NextOrderSettings, "next_order_interval_level", 1.0),
        (NextOrderSettings, "next_order_gap_classes", 0.0),
        (NextOrderSettings, "next_order_min_error_gain", -0.1),
        (NextOrderSettings, "next_order_near_days", 7.0),
        (NextOrderSettings, "repurchase_min_own_gaps", 0.0),
        (NextOrderSettings, "repurchase_min_category_share", 1.0),
        (NextOrderSettings, "repurchase_max_gaps", 0.0),
        (NextOrderSettings, "drift_groups", 1.0),
        (RecommendationSettings, "recommendation_count", 0.0),
        (RecommendationSettings, "recommendation_count", 10.5),
        (RecommendationSettings, "recommendation_learned_products", 1.0),
        (RecommendationSettings, "recommendation_view_weight", -0.1),
        (RecommendationSettings, "recommendation_view_weight", 1.1),
        (RecommendationSettings, "recommendation_shrinkage", -1.0),
        (RecommendationSettings, "recommendation_half_life_days", 0.0),
        (RecommendationSettings, "recommendation_min_hit_rate_gain", -0.01),
        (RecommendationSettings, "confidence_level", 1.0),
        (KpiSettings, "kpi_cross_sell_days", 0.0),
        (KpiSettings, "kpi_history_months", 1.5),
        # Loyal from the second order on would be a step of no length.
        (KpiSettings, "kpi_path_loyal_orders", 2.0),
        (KpiSettings, "kpi_previous_max_missing_days", -1.0),
    ],
)
def test_a_value_out_of_bounds_is_named(rows, kind, setting, value):
    with pytest.raises(ValueError, match=f"out of bounds: {setting}( is no day YYYYMMDD)?$"):
        parse_settings(kind, rows=changed(rows, setting, value))


@pytest.mark.parametrize(
    ("kind", "setting", "value"),
    [
        (ModelSettings, "festival_days_after", 0.0),
        (ModelSettings, "cltv_min_cost_coverage", 1.0),
        (ChurnSettings, "churn_folds", 2.0),
        (RecommendationSettings, "recommendation_view_weight", 1.0),
        (KpiSettings, "kpi_path_loyal_orders", 3.0),
    ],
)
def test_a_value_on_its_bound_is_taken(rows, kind, setting, value):
    assert getattr(parse_settings(kind, rows=changed(rows, setting, value)), setting) == value


def test_all_that_is_out_of_bounds_is_named_at_once(rows):
    wrong = changed(changed(rows, "churn_seed", -1.0), "churn_folds", 1.0)
    with pytest.raises(ValueError, match=r"out of bounds: churn_folds, churn_seed$"):
        parse_settings(ChurnSettings, rows=wrong)


def test_the_day_of_the_crm_is_a_date_and_unknown_until_the_shop_says_it(rows, settings):
    assert settings.crm_start_date is None
    said = changed(rows, "crm_start_date", 20250701.0)
    assert parse_settings(ModelSettings, rows=said).crm_start_date == date(2025, 7, 1)
    older = rows.filter(pl.col("setting") != "crm_start_date")
    assert parse_settings(ModelSettings, rows=older).crm_start_date is None
