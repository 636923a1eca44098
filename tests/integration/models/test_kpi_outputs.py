"""KPI tables: as declared, commented, sorted, rounded, replaced all at once."""

from __future__ import annotations

from datetime import date

import duckdb
import polars as pl
import pytest

from orchestration.kpi.outputs import declared_tables, write_kpi_table

CHURN = pl.DataFrame(
    {
        "risk_level": ["low", "high"],
        "customer_id": ["C2", "C1"],
        "churn_probability_90d": [0.1234567891234, 1 / 3],
    }
)

# The columns that INTERFACE promises, and their order.
PROMISED = {
    "cltv_scores": "customer_id frequency recency_days age_days monetary_value p_alive expected_orders_12m "
    "expected_order_value cltv_12m",
    "cltv_segments": "segment customers cltv_12m_total cltv_12m_total_low cltv_12m_total_high plan_value",
    "churn_scores": "customer_id churn_probability_90d risk_level",
    "next_orders": "customer_id expected_gap_days basis next_order_date earliest_next_order_date "
    "latest_next_order_date no_date_reason due_product_category due_product_id repurchase_gap_days repurchase_basis "
    "repurchase_due_date is_repurchase_due",
    "recommendations": "customer_id rank product_id score reason",
    "model_cards": "model trained_on cut_date parameters metrics baseline_metrics is_published reason",
    "prediction_deciles": "model figure decile customers predicted actual actual_low actual_high",
    "cohort_retention": "cohort_month period_number cohort_size active_customers retention_rate rate_low "
    "rate_high net_revenue cumulative_net_revenue_per_customer",
    "cohort_retention_weekly": "cohort_week period_number cohort_size active_customers retention_rate rate_low "
    "rate_high net_revenue cumulative_net_revenue_per_customer",
    "cohort_means": "cohort_grain period_number cohorts cohort_customers active_customers weighted_retention_rate "
    "rate_low rate_high simple_retention_rate",
    "retention_before_after": "metric segment crm_start_date before_start before_end before_returned before_customers "
    "before_rate before_rate_low before_rate_high after_start after_end after_returned after_customers after_rate "
    "after_rate_low after_rate_high difference difference_low difference_high",
    "festival_comparison": "festival festival_year day_offset label_zh sales_date phase orders net_revenue "
    "new_customers sales_date_last_year orders_last_year net_revenue_last_year new_customers_last_year",
    "festival_effects": "festival festival_year label_zh starts_on ends_on festival_days ordinary_days "
    "repeat_orders ordinary_repeat_orders lift lift_low lift_high",
    "campaign_effects": "campaign_id variant compared_with sent_from sent_until customers orders "
    "orders_per_customer ratio ratio_low ratio_high",
    "retention": "metric period_start segment numerator denominator value value_low value_high",
    "kpi_scorecard": "kpi period_start segment period_end value numerator denominator n target status reason",
    "kpi_monthly": "kpi month segment value numerator denominator n",
}


def test_every_promised_column_is_declared_with_type_and_words():
    declared = declared_tables()
    assert set(declared) == set(PROMISED)
    for name, table in declared.items():
        assert set(PROMISED[name].split()) <= set(table.columns)
        assert set(table.key) <= set(table.columns)
        assert table.description
        assert all(data_type and words.endswith(".") for data_type, words in table.columns.values())


def test_every_table_stands_empty_typed_and_commented(warehouse):
    for name, table in declared_tables().items():
        relation = warehouse.table(f"kpi.{name}")
        assert relation.columns == list(table.columns)
        assert relation.fetchall() == []
    uncommented = "from duckdb_columns() where schema_name = 'kpi' and comment is null"
    assert warehouse.sql(uncommented).fetchall() == []
    assert (
        warehouse.sql("from duckdb_tables() where schema_name = 'kpi' and comment is null").fetchall() == []
    )


def test_a_frame_is_rounded_sorted_and_typed(warehouse):
    assert write_kpi_table(connection=warehouse, table="churn_scores", frame=CHURN) == 2
    assert warehouse.sql("from kpi.churn_scores").fetchall() == [
        ("C1", 0.333333333, "high"),
        ("C2", 0.123456789, "low"),
    ]


def test_money_is_written_to_the_cent(warehouse):
    scores = pl.DataFrame(
        {name: [None] for name in declared_tables()["cltv_scores"].columns}
        | {"customer_id": ["C1"], "cltv_12m": [12.345678]}
    )
    write_kpi_table(connection=warehouse, table="cltv_scores", frame=scores)
    (value,) = warehouse.sql("select cltv_12m from kpi.cltv_scores").fetchone()
    assert str(value) == "12.35"


def test_writing_replaces_and_keeps_comments(warehouse):
    write_kpi_table(connection=warehouse, table="churn_scores", frame=CHURN)
    write_kpi_table(connection=warehouse, table="churn_scores", frame=CHURN.head(1))
    assert warehouse.table("kpi.churn_scores").shape[0] == 1
    comments = "from duckdb_columns() where table_name = 'churn_scores' and comment is null"
    assert warehouse.sql(comments).fetchall() == []


@pytest.mark.parametrize(
    ("table", "frame", "sentence"),
    [
        ("unheard_of", CHURN, "not declared"),
        ("churn_scores", CHURN.drop("risk_level"), "differs from its declaration in risk_level"),
        ("churn_scores", CHURN.with_columns(extra=pl.lit(1)), "differs from its declaration in extra"),
        ("churn_scores", pl.concat([CHURN, CHURN]), "stands twice"),
        ("churn_scores", CHURN.with_columns(customer_id=pl.lit(None, pl.String)).head(1), "null"),
    ],
)
def test_what_is_not_as_declared_is_refused(warehouse, table, frame, sentence):
    with pytest.raises(ValueError, match=sentence):
        write_kpi_table(connection=warehouse, table=table, frame=frame)


def test_a_value_that_does_not_fit_leaves_the_table_as_it_was(warehouse):
    write_kpi_table(connection=warehouse, table="churn_scores", frame=CHURN)
    broken = CHURN.with_columns(churn_probability_90d=pl.lit("often"))
    with pytest.raises(duckdb.ConversionException):
        write_kpi_table(connection=warehouse, table="churn_scores", frame=broken)
    assert warehouse.table("kpi.churn_scores").shape[0] == 2


def test_tables_of_dates_go_through(warehouse):
    retention = pl.DataFrame(
        {
            "metric": ["retention_30"],
            "period_start": [date(2025, 1, 1)],
            "period_end": [date(2025, 1, 31)],
            "segment": ["all"],
            "numerator": [None],
            "denominator": [None],
            "value": [None],
            "value_low": [None],
            "value_high": [None],
        }
    )
    assert write_kpi_table(connection=warehouse, table="retention", frame=retention) == 1
