"""Churn on CDNOW, through the queries and fits that a run uses: who buys after 30 September 1997?"""

from __future__ import annotations

import json
from datetime import date, timedelta

import duckdb
import polars as pl
import pytest

from models.churn.churn import compute_churn
from models.churn.churn_settings import ChurnSettings
from models.setting_rows import parse_settings
from models.settings import ModelSettings
from orchestration.kpi.churn import read_churn_customers, read_churn_cut
from tests.integration.models.conftest import SEEDS

CUT = date(1997, 9, 30)
MARTS = """
create schema marts; create schema intermediate;
create table intermediate.int_account_customers (platform varchar, account_id varchar, customer_id varchar);
create table intermediate.int_sessions (
    platform varchar, account_id varchar, started_at timestamp, ended_at timestamp, cart_additions integer,
    product_views integer
);
create table marts.tickets (
    customer_id varchar, created_at timestamp, resolved_at timestamp, category varchar, satisfaction integer
);
create table marts.orders as
select
    customer_id, order_date, order_date::timestamp as ordered_at, 'completed' as status, true as is_sale,
    money as gross_amount, 0::decimal(18, 2) as discount_amount, money as net_revenue
from transactions
"""


@pytest.fixture(scope="module")
def card(shared_data) -> dict[str, object]:
    lines = pl.read_csv(
        shared_data / "cdnow" / "CDNOW_master.txt", has_header=False, new_columns=["line"], skip_rows=1
    )
    words = lines.select(pl.col("line").str.extract_all(r"\S+")).filter(pl.col("line").list.len() == 4)
    transactions = words.select(
        customer_id=pl.col("line").list.get(0),
        order_date=pl.col("line").list.get(1).str.to_date("%Y%m%d"),
        money=pl.col("line").list.get(3).cast(pl.Decimal(18, 2)),
    )
    assert transactions.height == 69659
    rows = pl.read_csv(SEEDS / "model_settings.csv")
    settings = parse_settings(ChurnSettings, rows=rows)
    as_of = CUT + timedelta(days=settings.churn_horizon_days)
    with duckdb.connect() as connection:
        connection.register("transactions", transactions)
        connection.execute(MARTS)
        known = {"connection": connection, "reporting_time_zone": "UTC", "settings": settings}
        result = compute_churn(
            earlier=read_churn_cut(cut_date=CUT - timedelta(days=settings.churn_horizon_days), **known),
            later=read_churn_cut(cut_date=CUT, **known),
            current=read_churn_customers(cut_date=as_of, **known),
            as_of=as_of,
            settings=settings,
            purchase_settings=parse_settings(ModelSettings, rows=rows),
        )
    return result.card.to_dicts()[0]


# 23,570 customers, of whom 82.3 % do not come back: a constant has that plain accuracy, and 0.5 balanced.
def test_who_leaves_is_told_better_than_by_any_baseline(card):
    metrics, baselines = json.loads(card["metrics"]), json.loads(card["baseline_metrics"])
    tested = metrics["test"]
    assert (metrics["test_customers"], metrics["test_churned"]) == (23570, 19393)
    assert tested["auc"] >= 0.77
    assert tested["balanced_accuracy"] >= 0.70
    assert baselines["recency_only"]["auc"] == pytest.approx(0.763, abs=0.001)
    for baseline in baselines.values():
        assert tested["auc"] > baseline["auc"]
        assert tested["balanced_accuracy"] > baseline["balanced_accuracy"]
        assert tested["brier"] < baseline["brier"]
    for group in tested["calibration"].values():
        assert group["actual_rate"] == pytest.approx(group["predicted_rate"], abs=0.05)
    assert metrics["revenue_share_of_safest"] >= 0.50


# One cohort of three months: at the as-of date nobody looks like the customers of the training cut any more.
def test_a_single_cohort_that_has_aged_is_not_scored(card):
    assert not card["is_published"]
    assert "the inputs have drifted" in card["reason"]
    assert "days_since_last_order" in card["reason"]
