"""Counted KPIs of a shop small enough to check by eye, and of a shop that delivers nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from models.retention.retention import RETENTION_SCHEMA
from models.scorecard.scorecard import CHANGES, build_scorecard, measurement_periods
from orchestration.kpi.inputs import read_kpi_targets
from orchestration.kpi.measures import (
    MEASURES_DIR,
    SHARED_MEASURES,
    read_measures,
    read_previous_measures,
)

AS_OF = date(2025, 6, 30)
ZONE = "Asia/Shanghai"

SHOP = """
insert into marts.orders (order_id, customer_id, order_date, is_sale, net_revenue) values
    ('1', 'A', '2023-07-01', true, 50),
    ('2', 'A', '2024-07-01', true, 100),
    ('3', 'A', '2025-06-30', true, 6000),
    ('4', 'B', '2024-06-30', true, 70),
    ('5', 'B', '2025-01-01', false, 0),
    ('6', 'C', '2025-02-02', true, 20),
    ('7', null, '2025-02-02', true, 80);
insert into kpi.cltv_scores (customer_id, cltv_12m) values ('A', 900.00),
    ('B', 100.00),
    ('C', 200.00);
insert into intermediate.int_customer_segments (customer_id, value_level, is_current) values
    ('A', 'high', true),
    ('B', 'high', false),
    ('C', 'medium', true);
insert into marts.sessions (customer_id, session_date, source, has_order) values
    ('A', '2025-06-30', 'email', true),
    (null, '2025-06-30', 'email', false),
    ('B', '2025-01-01', null, false),
    ('A', '2024-06-30', 'email', true);
insert into marts.tickets (
    created_date, category, handled_by, resolved_at, first_response_minutes, resolution_minutes
) values
    ('2025-06-01', 'complaint', 'bot', '2025-06-01', 29, 1439),
    ('2025-06-02', 'inquiry', 'bot', null, 30, null),
    ('2025-06-02', 'complaint', 'human', '2025-06-08', 10, 8641),
    ('2025-06-30', 'return', 'human', null, null, null);
insert into staging.stg_registrations (registered_at, name, email, referred_by) values
    ('2024-07-15 10:00', 'x', null, 'r'),
    ('2025-06-30 15:59', null, 'y', null),
    ('2025-06-30 16:01', 'z', 'z', 'r');
insert into intermediate.int_account_identifiers values ('email', true),
    ('email', false),
    ('phone', false);
insert into staging.stg_campaigns (campaign_id, variant, channel) values ('E', null, 'email'),
    ('S', null, 'sms');
insert into staging.stg_campaign_events values
    ('E', null, 'p', '1', 'delivered', '2025-06-01', false),
    ('E', null, 'p', '1', 'opened', '2025-06-02', false),
    ('E', null, 'p', '1', 'opened', '2025-06-03', false),
    ('E', null, 'p', '1', 'clicked', '2025-06-03', false),
    ('E', null, 'p', '2', 'delivered', '2025-06-01', false),
    ('E', null, 'p', '2', 'opened', '2025-06-01', true),
    ('E', null, 'p', '2', 'unsubscribed', '2025-06-04', false),
    ('E', null, 'p', '2', 'opened', '2025-06-30 16:00', false),
    ('E', null, 'p', '2', 'clicked', '2025-07-02', false),
    ('E', null, 'p', '1', 'unsubscribed', '2025-07-03', false),
    ('E', null, 'p', '5', 'delivered', '2025-06-30 16:00', false),
    ('E', null, 'p', '3', 'sent', '2025-06-01', false),
    ('S', null, 'p', '1', 'delivered', '2025-06-01', false),
    ('E', null, 'p', '4', 'delivered', '2024-06-30', false);
insert into staging.stg_feedback values
    ('csat', 5, '2025-06-01'),
    ('csat', 2, '2025-06-01'),
    ('nps', 9, '2025-06-01'),
    ('nps', 8, '2025-06-01'),
    ('nps', 0, '2025-06-01'),
    ('nps', 10, '2025-06-01'),
    ('nps', 10, '2025-06-30 16:01');
"""


def measured(connection) -> dict[tuple[str, str], tuple[float, float]]:
    targets = read_kpi_targets(connection=connection, as_of=AS_OF)
    periods = measurement_periods(targets=targets, as_of=AS_OF)
    frame = read_measures(connection=connection, periods=periods, as_of=AS_OF, reporting_time_zone=ZONE)
    counted = frame.filter(pl.col("denominator") > 0)
    return {(kpi, segment): (top, bottom) for kpi, segment, top, bottom, *_ in counted.iter_rows()}


def test_every_measure_counts_what_its_name_says(warehouse):
    warehouse.execute(SHOP)
    assert measured(warehouse) == {
        ("average_order_value", "all"): (6200, 4),
        ("returning_customer_rate", "all"): (1, 2),
        ("cltv", "all"): (1200, 3),
        ("cltv", "high_value"): (900, 1),
        ("conversion", "all"): (1, 3),
        ("conversion", "email"): (1, 2),
        ("first_response_in_time", "all"): (2, 3),
        ("resolution_in_time", "all"): (1, 3),
        ("complaint_handling_hours", "all"): (168, 2),
        ("bot_handled_share", "all"): (2, 4),
        ("bot_solved_share", "all"): (1, 2),
        ("referral_share", "all"): (1, 2),
        ("registration_fields_filled", "all"): (2, 20),
        ("invalid_email_share", "all"): (1, 2),
        ("email_open_rate", "all"): (1, 2),
        ("email_click_rate", "all"): (1, 2),
        ("email_unsubscribe_rate", "all"): (1, 2),
        ("csat", "all"): (7, 2),
        ("nps", "all"): (1, 4),
    }


# The day before 2025-07-01 in Shanghai ends at 16:00 UTC; what follows belongs to nobody's past.
def test_a_reaction_counts_up_to_the_last_second_of_the_period(warehouse):
    warehouse.execute(SHOP)
    warehouse.execute(
        "update staging.stg_campaign_events set event_at = '2025-06-30 15:59:59'"
        " where event_at = '2025-06-30 16:00'"
    )
    assert measured(warehouse)["email_open_rate", "all"] == (2, 3)
    assert measured(warehouse)["email_click_rate", "all"] == (1, 3)


def scorecard(connection) -> pl.DataFrame:
    targets = read_kpi_targets(connection=connection, as_of=AS_OF)
    periods = measurement_periods(targets=targets, as_of=AS_OF)
    arguments = {"connection": connection, "periods": periods, "as_of": AS_OF, "reporting_time_zone": ZONE}
    return build_scorecard(
        targets=targets,
        measures=read_measures(**arguments),
        previous_measures=read_previous_measures(**arguments),
        retention=pl.DataFrame(schema=RETENTION_SCHEMA),
        model_cards=connection.table("kpi.model_cards").pl(),
        as_of=AS_OF,
    )


# The earlier period of a year begins on 2023-07-01.
@pytest.mark.parametrize(("opened", "is_compared"), [("2023-07-08", True), ("2023-07-09", False)])
def test_a_shop_that_opened_within_a_week_of_the_year_before_is_compared_with_it(
    warehouse, opened, is_compared
):
    warehouse.execute(SHOP)
    warehouse.execute(f"update marts.orders set order_date = '{opened}' where order_id = '1'")
    (row,) = scorecard(warehouse).filter(pl.col("kpi") == "average_order_value").to_dicts()
    assert (row["target"] is not None) == is_compared
    assert ("period before" in (row["reason"] or "")) is not is_compared


def test_a_shop_that_delivers_nothing_measures_nothing(warehouse):
    cards = scorecard(warehouse)
    assert cards.height == read_kpi_targets(connection=warehouse, as_of=AS_OF).height
    assert cards["status"].unique().to_list() == ["not measurable"]
    assert cards.select("value", "numerator", "denominator").null_count().row(0) == (cards.height,) * 3


# An order before the earlier period shows that the data covers all of it; without it nothing can be compared.
def test_growth_is_compared_only_with_a_period_that_the_orders_cover(warehouse):
    warehouse.execute(SHOP)
    aov = pl.col("kpi") == "average_order_value"
    assert scorecard(warehouse).filter(aov)["target"].to_list() == [60.0]
    warehouse.execute("delete from marts.orders where order_date = '2023-07-01'")
    (card,) = scorecard(warehouse).filter(aov).to_dicts()
    assert (card["value"], card["target"], card["status"]) == (1550.0, None, "not measurable")


# 40 of 80 before, 52 of 80 after: 12 more came back than would have at the share of before.
def test_a_gain_is_the_difference_of_the_shares_over_the_customers_after(warehouse):
    warehouse.execute("""
        insert into kpi.retention_before_after by name
        select unnest(['all', 'tier:Gold']) as segment, 'retention_30' as metric, 80 as after_customers, 0.15 as difference
    """)
    gain = pl.col("kpi") == "retention_30_gain"
    (card,) = scorecard(warehouse).filter(gain).to_dicts()
    assert (card["numerator"], card["denominator"], card["n"]) == (pytest.approx(12), 80, 80)
    assert (card["value"], card["status"]) == (pytest.approx(0.15), "met")
    warehouse.execute("update kpi.retention_before_after set difference = 0")
    assert scorecard(warehouse).filter(gain)["status"].to_list() == ["missed"]
    warehouse.execute("update kpi.retention_before_after set difference = null, after_customers = null")
    assert scorecard(warehouse).filter(gain)["status"].to_list() == ["not measurable"]


def test_every_target_is_measured_by_a_file_or_by_retention():
    seed = Path(__file__).resolve().parents[3] / "seeds" / "kpi_targets.csv"
    asked = set(pl.read_csv(seed)["kpi"])
    shared = {query for query, _ in SHARED_MEASURES.values()}
    counted = {path.stem for path in MEASURES_DIR.glob("*.sql")} - shared | set(SHARED_MEASURES)
    by_retention = {f"{name}_{days}" for name in ("repeat_purchase", "retention") for days in (30, 90)}
    assert asked == counted | by_retention | CHANGES.keys()


def test_a_target_that_nothing_measures_stands_in_the_scorecard(warehouse):
    warehouse.execute(SHOP)
    warehouse.execute("update seeds.kpi_targets set kpi = 'smiles' where kpi = 'csat'")
    (card,) = scorecard(warehouse).filter(pl.col("kpi") == "smiles").to_dicts()
    assert (card["value"], card["n"], card["status"]) == (None, 0, "not measurable")


def test_each_stage_has_its_target_over_one_month(warehouse):
    targets = read_kpi_targets(connection=warehouse, as_of=AS_OF).filter(pl.col("kpi") == "stage_conversion")
    assert dict(targets.select("segment", "target").iter_rows()) == {
        "new": 0.07, "growing": 0.12, "mature": 0.08, "declining": 0.05,
    }  # fmt: skip
    periods = measurement_periods(targets=targets, as_of=AS_OF)
    assert periods["period_start"].to_list() == [date(2025, 5, 31)]


def test_three_percent_unsubscribed_is_too_many_and_seventy_percent_solved_too_few(warehouse):
    targets = read_kpi_targets(connection=warehouse, as_of=AS_OF)
    directions = {row["kpi"]: (row["direction"], row["target"]) for row in targets.to_dicts()}
    assert directions["email_unsubscribe_rate"] == ("below", 0.03)
    assert directions["bot_solved_share"] == ("above", 0.7)


def test_a_source_that_never_tells_response_times_is_not_measured(warehouse):
    warehouse.execute("insert into marts.tickets (created_date, category) values ('2025-06-01', 'inquiry')")
    cards = scorecard(warehouse).filter(
        pl.col("kpi").is_in(["first_response_in_time", "resolution_in_time", "bot_handled_share"])
    )
    assert cards["status"].to_list() == ["not measurable"] * 3


# 0.75 on 200 customers of the test cut; a model that is withheld has no accuracy that anybody relies on.
@pytest.mark.parametrize(("is_published", "status"), [(True, "met"), (False, "not measurable")])
def test_the_accuracy_of_churn_comes_from_a_published_card(warehouse, is_published, status):
    warehouse.execute(
        "insert into kpi.model_cards by name select 'churn' as model, ? as is_published, "
        """'{"test": {"balanced_accuracy": 0.75}, "test_customers": 200}' as metrics""",
        [is_published],
    )
    (card,) = scorecard(warehouse).filter(pl.col("kpi") == "churn_balanced_accuracy").to_dicts()
    told = (0.75, 150.0, 200) if is_published else (None, None, 0)
    assert (card["value"], card["numerator"], card["n"], card["status"]) == (*told, status)


@pytest.mark.parametrize("valid_from", ["2025-06-30", "2025-07-01"])
def test_a_target_counts_from_the_day_it_is_valid(warehouse, valid_from):
    warehouse.execute(
        "insert into seeds.kpi_targets by name select 'conversion' as kpi, 'all' as segment,"
        " 'at_least' as direction, 0.9 as target, 'share' as unit, 12 as period_months,"
        " ?::date as valid_from",
        [valid_from],
    )
    targets = read_kpi_targets(connection=warehouse, as_of=AS_OF)
    (target,) = targets.filter(pl.col("kpi") == "conversion", pl.col("segment") == "all")["target"]
    assert target == (0.9 if valid_from == "2025-06-30" else 0.045)
