"""Frames that the tests of the statistics share."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from models.setting_rows import parse_settings
from models.settings import ModelSettings

SEEDS = Path(__file__).resolve().parents[3] / "seeds"


@pytest.fixture(scope="session")
def settings() -> ModelSettings:
    """The settings as shipped."""
    return parse_settings(ModelSettings, rows=pl.read_csv(SEEDS / "model_settings.csv"))


@pytest.fixture(scope="session")
def small_shop_settings(settings: ModelSettings) -> ModelSettings:
    """The settings as shipped, but satisfied with few repeat buyers."""
    return replace(settings, cltv_min_repeat_buyers=5)


@pytest.fixture(scope="session")
def cdnow() -> pl.DataFrame:
    """CDNOW as published, 2,357 customers, weeks turned into days."""
    from lifetimes.datasets import load_cdnow_summary_data_with_monetary_value

    loaded = load_cdnow_summary_data_with_monetary_value()
    return pl.DataFrame(
        {
            "frequency": loaded["frequency"].to_numpy(),
            "recency_days": loaded["recency"].to_numpy() * 7,
            "age_days": loaded["T"].to_numpy() * 7,
            "monetary_value": loaded["monetary_value"].to_numpy(),
        }
    ).with_columns(customers=pl.lit(1))
