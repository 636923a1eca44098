"""Settings of the KPIs: whole, bounded, and named when missing."""

from __future__ import annotations

import polars as pl
import pytest

from models.kpi_settings import KpiSettings, parse_kpi_settings
from tests.unit.models.conftest import SEEDS


@pytest.fixture
def rows() -> pl.DataFrame:
    return pl.read_csv(SEEDS / "model_settings.csv")


def test_days_are_whole_numbers(rows):
    settings = parse_kpi_settings(rows=rows)
    assert settings.kpi_cross_sell_days == 90
    assert isinstance(settings.kpi_cross_sell_days, int)


@pytest.mark.parametrize("setting", KpiSettings.__dataclass_fields__)
def test_a_missing_row_is_named(rows, setting):
    with pytest.raises(ValueError, match=f"lacks the row {setting}"):
        parse_kpi_settings(rows=rows.filter(pl.col("setting") != setting))


def test_a_row_that_stands_twice_is_refused(rows):
    with pytest.raises(ValueError, match="twice"):
        parse_kpi_settings(rows=pl.concat([rows, rows]))


# Loyal from the second order on would be a step of no length.
@pytest.mark.parametrize(
    ("setting", "value"),
    [("kpi_cross_sell_days", 0.0), ("kpi_history_months", 1.5), ("kpi_path_loyal_orders", 2.0)],
)
def test_a_value_out_of_bounds_is_named(rows, setting, value):
    value_now = pl.when(pl.col("setting") == setting).then(pl.lit(value)).otherwise("value")
    with pytest.raises(ValueError, match=f"out of bounds: {setting}"):
        parse_kpi_settings(rows=rows.with_columns(value=value_now))
