"""What `rapport demo` promises: every published table, described and reconciled, and the same twice."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.kpi.measures import MONTHLY
from tests.chromium import running_chromium
from tests.pipeline.commands import published, rapport, release_of
from tests.pipeline.conftest import CUSTOMERS
from tests.pipeline.permuted import permute
from tests.recomputation.cross_selling import recompute_cross_selling
from tests.recomputation.kpi_months import recount_months
from tests.recomputation.recomputation import RULES, recompute_home, recompute_past_days
from tests.recomputation.repurchases import compare_repurchases
from tests.recomputation.retention import compare_home
from tests.recomputation.scorecard import recount_home

PROMISED = {
    "marts.customer_360": "customer_id account_count platforms first_registered_at country province city gender "
    "age_band occupation acquisition_channel is_email_valid is_phone_valid has_email_consent has_sms_consent "
    "is_blocked customer_category rfm_tier rfm_score is_vip vip_until value_level activity_level lifecycle_stage "
    "first_order_at last_order_at orders_12m items_12m net_revenue_12m avg_order_value_12m lifetime_orders "
    "lifetime_net_revenue last_active_at sessions_30d logins_30d favourite_category favourite_brand main_device "
    "main_daypart discount_order_share tickets_90d complaints_90d last_satisfaction cltv_12m churn_probability_90d "
    "expected_orders_12m next_order_date",
    "marts.identity_map": "platform account_id customer_id rule linked_through",
    "marts.rfm_scores": "customer_id evaluated_on recency_days frequency monetary r_points f_points m_points "
    "rfm_score rfm_tier is_provisional points_to_next_tier",
    "marts.rfm_tier_history": "customer_id valid_from valid_to rfm_tier rfm_score",
    "marts.customer_history": "customer_id valid_from valid_to is_published customer_category rfm_tier evaluated_tier is_vip "
    "value_level activity_level lifecycle_stage",
    "marts.customer_restatements": "customer_id told_on difference customer_category customer_category_now rfm_tier "
    "rfm_tier_now",
    "marts.tier_migrations": "month from_tier to_tier month_end_date movement customers provisional_customers "
    "confirmed_customers net_revenue",
    "marts.segments": "value_level activity_level lifecycle_stage customers net_revenue_12m customers_last_month "
    "net_revenue_12m_last_month customers_joined customers_left",
    "marts.customer_profile": "customer_id profiled_orders main_daypart_share main_weekday main_weekday_share "
    "weekend_order_share main_device_share mobile_share main_payment_method main_payment_share price_index price_level "
    "discount_spend_share discount_rate festival_order_share festival_spend_share promotion_sensitivity "
    "favourite_category_share favourite_brand_share tickets_12m logistics_tickets_12m after_sales_tickets_12m service_need",
    "marts.customer_tags": "customer_id tag tag_value tag_share observations tag_rule",
    "marts.orders": "platform order_id customer_id ordered_at order_date status is_sale gross_amount discount_amount "
    "paid_amount refunded_amount net_revenue item_count order_number",
    "marts.order_items": "platform order_id line_no customer_id product_id category quantity net_revenue",
    "marts.sessions": "session_id customer_id started_at ended_at events device source has_cart has_checkout has_order",
    "marts.tickets": "platform ticket_id customer_id created_at category topic escalation_level "
    "first_response_minutes resolution_minutes is_sla_met satisfaction",
    "marts.cohort_retention": "cohort_month period_number cohort_size active_customers retention_rate rate_low "
    "rate_high net_revenue cumulative_net_revenue_per_customer",
    "marts.cohort_retention_weekly": "cohort_week period_number cohort_size active_customers retention_rate rate_low "
    "rate_high net_revenue cumulative_net_revenue_per_customer",
    "marts.cohort_means": "cohort_grain period_number cohorts cohort_customers active_customers weighted_retention_rate "
    "rate_low rate_high simple_retention_rate",
    "marts.retention_before_after": "metric segment crm_start_date before_start before_end before_returned before_customers "
    "before_rate before_rate_low before_rate_high after_start after_end after_returned after_customers after_rate "
    "after_rate_low after_rate_high difference difference_low difference_high",
    "marts.festival_comparison": "festival festival_year day_offset label_zh sales_date phase orders net_revenue "
    "new_customers sales_date_last_year orders_last_year net_revenue_last_year new_customers_last_year",
    "marts.festival_effects": "festival festival_year label_zh starts_on ends_on festival_days ordinary_days "
    "repeat_orders ordinary_repeat_orders lift lift_low lift_high",
    "marts.campaign_effects": "campaign_id variant compared_with sent_from sent_until customers orders "
    "orders_per_customer ratio ratio_low ratio_high",
    "marts.retention": "metric period_start segment numerator denominator value value_low value_high",
    "marts.cltv_scores": "customer_id frequency recency_days age_days monetary_value p_alive expected_orders_12m "
    "expected_order_value cltv_12m",
    "marts.churn_scores": "customer_id churn_probability_90d risk_level",
    "marts.next_orders": "customer_id expected_gap_days basis next_order_date earliest_next_order_date "
    "latest_next_order_date no_date_reason due_product_category due_product_id repurchase_gap_days repurchase_basis "
    "repurchase_due_date is_repurchase_due",
    "marts.recommendations": "customer_id rank product_id score reason",
    "marts.model_cards": "model trained_on cut_date parameters metrics baseline_metrics is_published reason",
    "marts.prediction_deciles": "model figure decile customers predicted actual actual_low actual_high",
    "marts.kpi_scorecard": "kpi period_start segment period_end value numerator denominator n target status reason",
    "marts.kpi_monthly": "kpi month segment value numerator denominator n",
    "governance.gate_results": "gate layer table_name severity is_passed observed threshold checked_at",
    "governance.identity_events": "happened_on change_number former_customer_id customer_id event accounts rule",
    "governance.identity_restatements": "happened_on change_number former_customer_id customer_id order_month orders "
    "net_revenue",
    "governance.ingested_files": "file_hash extract file_name rows_read rows_accepted rows_quarantined "
    "rows_duplicate ingested_at",
    "governance.quarantine_summary": "extract reason rows first_seen last_seen",
    "governance.money_ledger": "extract stage reason rows amount",
    "governance.data_dictionary": "table_name column_name data_type description unit",
    "governance.release": "release_id as_of_date built_at code_version duckdb_version",
}
"""The contract with outsiders; a name that goes missing here breaks somebody's dashboard."""

EMPTY_UNTIL_THE_SHOP_SAYS_WHEN_ITS_CRM_BEGAN = {"marts.retention_before_after"}
EMPTY_AFTER_ONE_RELEASE = {
    *("marts.customer_restatements", "governance.identity_events"),
    "governance.identity_restatements",
}


@pytest.mark.parametrize("table", PROMISED)
def test_a_promised_table_stands_with_its_columns_and_comments(demo_home: Path, table: str) -> None:
    name = table.split(".")[1]
    with published(demo_home) as connection:
        found = dict(
            connection.execute(
                "select column_name, comment from duckdb_columns() where table_name = ?", [name]
            ).fetchall()
        )
        rows = connection.execute(f"select count(*) from {table}").fetchall()[0][0]
        described = connection.execute(
            "select comment from duckdb_tables() where table_name = ?", [name]
        ).fetchall()
    assert set(PROMISED[table].split()) <= set(found)
    assert all(found.values())
    assert described[0][0]
    empty = EMPTY_UNTIL_THE_SHOP_SAYS_WHEN_ITS_CRM_BEGAN | EMPTY_AFTER_ONE_RELEASE
    assert (rows == 0) == (table in empty)


def test_every_row_that_came_is_accepted_quarantined_or_a_duplicate(demo_home: Path) -> None:
    with published(demo_home) as connection:
        files, unbalanced, quarantined, duplicate = connection.execute(
            "select count(*), count(*) filter (rows_read <> rows_accepted + rows_quarantined + rows_duplicate), "
            "sum(rows_quarantined), sum(rows_duplicate) from governance.ingested_files"
        ).fetchall()[0]
    assert files > 30
    assert unbalanced == 0
    assert quarantined > 0
    assert duplicate > 0


def test_money_is_explained_to_the_cent(demo_home: Path) -> None:
    with published(demo_home) as connection:
        unexplained = connection.execute(
            "select count(*), sum(abs(amount)) from governance.money_ledger where stage = 'unexplained'"
        ).fetchall()[0]
    assert unexplained[0] > 0
    assert unexplained[1] == 0


def test_accounts_of_one_person_are_one_customer(demo_home: Path) -> None:
    with published(demo_home) as connection:
        customers, accounts, truth = connection.execute(
            f"""
            select
                (select count(*) from marts.customer_360),
                (select count(*) from marts.identity_map),
                (select count(distinct person_id) from '{demo_home}/landing/_truth/accounts.parquet')
            """
        ).fetchall()[0]
    assert truth == CUSTOMERS
    assert accounts > CUSTOMERS
    assert customers == pytest.approx(truth, rel=0.02)


def test_every_customer_agrees_with_an_independent_recomputation(demo_home: Path) -> None:
    compared = recompute_home(demo_home)
    assert {rule: found.differing for rule, found in compared.items() if found.differing} == {}
    assert compared.keys() == RULES.keys()
    assert compared["expected_segments.sql"].customers == pytest.approx(CUSTOMERS, rel=0.02)
    assert compared["expected_scores.sql"].customers > CUSTOMERS / 4


def test_who_leaves_is_told_better_than_by_any_baseline(demo_home: Path) -> None:
    with published(demo_home) as connection:
        metrics, baselines, is_published = connection.execute(
            "select metrics, baseline_metrics, is_published from marts.model_cards where model = 'churn'"
        ).fetchall()[0]
        unlike = connection.execute(
            "select count(*) from marts.customer_360 as customers left join marts.churn_scores as scores "
            "using (customer_id) "
            "where customers.churn_probability_90d is distinct from scores.churn_probability_90d"
        ).fetchone()
    tested = json.loads(metrics)["test"]
    assert is_published
    assert unlike == (0,)
    assert tested["balanced_accuracy"] >= 0.70
    for baseline in json.loads(baselines).values():
        assert tested["auc"] > baseline["auc"]
        assert tested["balanced_accuracy"] > baseline["balanced_accuracy"]


def test_recommendations_hit_more_next_orders_than_what_is_popular(demo_home: Path) -> None:
    with published(demo_home) as connection:
        metrics, baselines, is_published = connection.execute(
            "select metrics, baseline_metrics, is_published from marts.model_cards where model = 'recommendations'"
        ).fetchall()[0]
        value, orders, status = connection.execute(
            "select value, n, status from marts.kpi_scorecard where kpi = 'recommendation_hit_rate_10'"
        ).fetchall()[0]
    found, popular = json.loads(metrics), json.loads(baselines)["popularity"]
    tested = found["test"]
    assert is_published
    assert found["hit_rate_gain_low"] > 0
    assert tested["hit_rate"] > 1.5 * popular["hit_rate"]
    assert tested["recall"] > popular["recall"]
    assert tested["coverage"] > 10 * popular["coverage"]
    assert (value, orders) == (pytest.approx(tested["hit_rate"]), tested["orders"])
    assert status == "missed"


def test_everybody_is_recommended_ten_products_that_are_new_to_them(demo_home: Path) -> None:
    with published(demo_home) as connection:
        customers, most, least, bought, unknown = connection.execute(
            """
            select
                (select count(*) from marts.customer_360) - count(distinct customer_id),
                max(rank), count(*) / count(distinct customer_id),
                count(*) filter ((customer_id, product_id) in (select (customer_id, product_id) from marts.order_items)),
                count(*) filter (customer_id not in (select customer_id from marts.customer_360))
            from marts.recommendations
            """
        ).fetchall()[0]
        reasons = connection.execute(
            "select distinct regexp_replace(reason, ' with G\\d+$', '') from marts.recommendations order by all"
        ).fetchall()
    assert (customers, most, least, bought, unknown) == (0, 10, 10, 0, 0)
    assert reasons == [("bought",), ("popular now",), ("viewed",)]


# Of the truth: half of a person's lines are of the favourite category, and a tenth of them by chance.
def test_recommendations_find_the_favourite_category(demo_home: Path) -> None:
    with published(demo_home) as connection:
        right, by_chance = connection.execute(
            f"""
            with recommended as (
                select recommendations.product_id, any_value(persons.favourite_category) as favourite_category
                from marts.recommendations as recommendations
                inner join marts.identity_map as identities using (customer_id)
                inner join '{demo_home}/landing/_truth/accounts.parquet' as accounts using (platform, account_id)
                inner join '{demo_home}/landing/_truth/persons.parquet' as persons using (person_id)
                where starts_with(reason, 'bought')
                group by recommendations.customer_id, recommendations.product_id
            ), categories as (select distinct product_id, category from marts.order_items)
            select
                avg((category = favourite_category)::double),
                (select avg((category = favourite_category)::double) from recommended, categories)
            from recommended inner join categories using (product_id)
            """
        ).fetchall()[0]
    assert right > 3 * by_chance


def test_cross_selling_agrees_with_an_independent_recomputation(demo_home: Path) -> None:
    with duckdb.connect(str(demo_home / "warehouse.duckdb"), read_only=True) as connection:
        *told, first, last = connection.execute(
            "select numerator, denominator, period_start, period_end from kpi.kpi_scorecard "
            "where kpi = 'cross_sell_revenue_share'"
        ).fetchall()[0]
        expected = recompute_cross_selling(connection, first=first, last=last)
    assert told == pytest.approx(list(expected), rel=1e-9)
    assert 0.01 < expected[0] / expected[1] < 0.5


# Known to nobody but the simulator: who has dropped out for good by the last day. Of one who has and one who has
# not, the first has the higher probability in more than four of five pairs.
def test_who_has_dropped_out_in_truth_has_the_higher_probability(demo_home: Path) -> None:
    with published(demo_home) as connection:
        pairs, right = connection.execute(
            f"""
            with scored as (
                select
                    identities.customer_id,
                    any_value(scores.churn_probability_90d) as probability,
                    bool_and(coalesce(persons.dropout_date <= release.as_of_date, false)) as has_left
                from '{demo_home}/landing/_truth/accounts.parquet' as accounts
                inner join '{demo_home}/landing/_truth/persons.parquet' as persons using (person_id)
                inner join marts.identity_map as identities using (platform, account_id)
                inner join marts.churn_scores as scores using (customer_id)
                cross join governance.release as release
                group by all
            )
            select count(*), avg((gone.probability > staying.probability)::double)
            from scored as gone, scored as staying
            where gone.has_left and not staying.has_left
            """
        ).fetchall()[0]
    assert pairs > 10_000
    assert right > 0.8


def test_the_next_order_is_missed_by_fewer_days_than_by_any_baseline(demo_home: Path) -> None:
    with published(demo_home) as connection:
        metrics, baselines, is_published = connection.execute(
            "select metrics, baseline_metrics, is_published from marts.model_cards where model = 'next_order'"
        ).fetchall()[0]
        buyers, rows, dated, in_time, unlike = connection.execute(
            """
            select
                (select count(distinct customer_id) from marts.orders where is_sale), count(told.customer_id),
                count(told.next_order_date),
                count(*) filter (
                    told.next_order_date - as_of_date between 1 and 90
                    and told.earliest_next_order_date between as_of_date + 1 and told.next_order_date
                    and coalesce(told.latest_next_order_date >= told.next_order_date, true)
                ),
                count(*) filter (customers.next_order_date is distinct from told.next_order_date)
            from marts.customer_360 as customers
            left join marts.next_orders as told using (customer_id)
            cross join (select as_of_date::date as as_of_date from governance.release)
            """
        ).fetchall()[0]
    tested = json.loads(metrics)["test"]
    assert is_published
    assert (rows, in_time, unlike) == (buyers, dated, 0)
    assert dated > 100
    assert tested["interval_holds"] == pytest.approx(tested["interval_tells"], abs=0.1)
    for baseline in json.loads(baselines).values():
        assert tested["mean_error_days"] < 0.98 * baseline["mean_error_days"]


# Known to nobody but the simulator: who has dropped out for good by the last day. They are told a date less often.
def test_who_has_dropped_out_in_truth_is_seldom_told_a_date(demo_home: Path) -> None:
    with published(demo_home) as connection:
        shares = dict(
            connection.execute(
                f"""
                with told as (
                    select
                        identities.customer_id,
                        bool_and(coalesce(persons.dropout_date <= release.as_of_date, false)) as has_left,
                        bool_or(orders.next_order_date is not null) as has_date
                    from '{demo_home}/landing/_truth/accounts.parquet' as accounts
                    inner join '{demo_home}/landing/_truth/persons.parquet' as persons using (person_id)
                    inner join marts.identity_map as identities using (platform, account_id)
                    inner join marts.next_orders as orders using (customer_id)
                    cross join governance.release as release
                    group by all
                )
                select has_left, avg(has_date::double) from told group by all
                """
            ).fetchall()
        )
    assert shares[True] < 0.15
    assert shares[False] > 0.65


def test_what_is_due_agrees_with_an_independent_recomputation(demo_home: Path) -> None:
    compared, differing = compare_repurchases(demo_home)
    assert differing == []
    assert compared > CUSTOMERS / 2


def test_retention_cohorts_and_festivals_agree_with_an_independent_recomputation(demo_home: Path) -> None:
    compared = compare_home(demo_home, crm_start=date(2025, 7, 1))
    assert {table: found.differing for table, found in compared.items() if found.differing} == {}
    assert min(found.compared for found in compared.values()) > 100


def test_every_customer_of_each_month_end_agrees_with_an_independent_recomputation(demo_home: Path) -> None:
    compared = recompute_past_days(demo_home)
    assert {day: found.differing for day, found in compared.items() if found.differing} == {}
    assert len(compared) == 11  # the as-of date is a month end itself
    customers = [found.customers for found in compared.values()]
    assert customers == sorted(customers, reverse=True)
    assert CUSTOMERS / 4 < customers[-1] < customers[0]


def test_the_scorecard_agrees_with_an_independent_recount(demo_home: Path) -> None:
    recounted, published = recount_home(demo_home)
    assert recounted.keys() == published.keys()
    assert {kpi for kpi, _ in recounted} == {
        *("conversion", "cross_sell_category_rate", "customer_path_days", "customer_path_rate"),
        *("plan_value", "stage_conversion"),
    }
    for key, figures in recounted.items():
        assert published[key] == pytest.approx(figures, rel=0, abs=1e-9), key
    assert min(figures[1] for key, figures in recounted.items() if key[1] == "all") > CUSTOMERS


def test_the_months_agree_with_an_independent_recount(demo_home: Path) -> None:
    recounted, published = recount_months(demo_home)
    assert recounted.keys() == published.keys()
    for key, figures in recounted.items():
        assert published[key] == pytest.approx(figures, rel=5e-9), key  # told to nine digits
    assert {kpi for kpi, *_ in recounted} == set(MONTHLY)
    assert len({month for _, month, _ in recounted}) == 24
    assert {segment for _, _, segment in recounted} > {"tier:Bronze", "tier:Gold", "tier:none"}


def test_no_name_email_or_phone_of_the_shop_is_published(demo_home: Path) -> None:
    secrets = _personal_values(demo_home / "warehouse.duckdb")
    assert len(secrets) > CUSTOMERS
    content = b"".join(
        (demo_home / "current" / name).read_bytes() for name in ("marts.duckdb", "review.html")
    )
    texts = _published_texts(demo_home)
    for secret in secrets:
        assert secret.encode() not in content
        assert secret not in texts


def test_the_review_page_is_drawn_in_whole_and_named_at_the_end(demo_home: Path) -> None:
    page = demo_home / "current" / "review.html"
    manifest = json.loads((demo_home / "current" / "manifest.json").read_text())
    assert manifest["review"]["undrawn"] == []
    assert manifest["review"]["size_bytes"] == page.stat().st_size < 2_000_000
    text = page.read_text(encoding="utf-8")
    assert manifest["release_id"] in text
    # All but the two around the CRM, whose first day the demo does not say.
    assert text.count("<figure") == 13
    assert "crm_start_date" in text
    assert text.count("已发布") >= 3  # customer value, churn, recommendations


def test_the_review_page_of_the_demo_is_quiet_in_a_browser(demo_home: Path, tmp_path: Path) -> None:
    page = (demo_home / "current" / "review.html").resolve().as_uri()
    with running_chromium(tmp_path / "profile") as browser:
        for width in (1280, 390):
            visit = browser.visit(page, width=width)
            assert visit.findings() == []
            assert visit.evaluate("document.querySelectorAll('figure svg .role-mark path').length") > 300


def _personal_values(warehouse: Path) -> list[str]:
    import duckdb

    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(
            "select distinct secret "
            "from (select unnest([name, email, phone]) as secret from raw.registrations) "
            "where secret is not null"
        ).fetchall()
    # A bare surname or a placeholder is no personal value; it may stand in any text.
    return [secret for (secret,) in found if len(secret) >= 3 and not secret.startswith("null")]


def _published_texts(home: Path) -> str:
    """Every text of the published file, decompressed."""
    with published(home) as connection:
        columns = connection.execute(
            "select database_name, schema_name, table_name, column_name from duckdb_columns() "
            "where data_type like 'VARCHAR%' and database_name <> 'system' and database_name <> 'temp'"
        ).fetchall()
        parts = [
            connection.execute(
                f'select string_agg(distinct "{column}"::varchar, chr(10)) from "{database}"."{schema}"."{table}"'
            ).fetchall()[0][0]
            for database, schema, table, column in columns
        ]
    return "\n".join(part for part in parts if part)


def test_a_second_demo_takes_nothing_in_and_publishes_the_same_content(demo_home: Path) -> None:
    first = json.loads((demo_home / "current" / "manifest.json").read_text())
    outcome = rapport("demo", "--customers", str(CUSTOMERS), "--home", demo_home, "--json")
    assert outcome.code == 0, outcome.err
    second = json.loads((demo_home / "current" / "manifest.json").read_text())
    assert second["release_id"] != first["release_id"]
    assert _hashes(second) == _hashes(first)


# A home of its own is the smaller half of it: nothing may rest on which line or which file comes first.
def test_the_same_rows_in_another_order_publish_the_same_content(demo_home: Path, tmp_path: Path) -> None:
    moved = permute(demo_home / "landing", into=tmp_path / "landing")
    assert moved > 100_000
    other = tmp_path / "other"
    outcome = rapport("run", "--landing", tmp_path / "landing", "--home", other)
    assert outcome.code == 0, outcome.err
    ours, theirs = (
        _hashes(json.loads((home / "current" / "manifest.json").read_text())) for home in (demo_home, other)
    )
    assert ours.keys() == theirs.keys()
    assert {table for table in ours if ours[table] != theirs[table]} == {"governance.ingested_files"}
    assert _rows_that_came(demo_home) == _rows_that_came(other)


def _rows_that_came(home: Path) -> list[tuple[object, ...]]:
    """Which of two files with the same row has the duplicate depends on their order; the sums do not."""
    with published(home) as connection:
        return connection.execute(
            "select extract, count(*), sum(rows_read), sum(rows_accepted), sum(rows_quarantined), "
            "sum(rows_duplicate) from governance.ingested_files group by all order by all"
        ).fetchall()


def _hashes(manifest: dict[str, dict[str, dict[str, str]]]) -> dict[str, str]:
    return {name: table["hash"] for name, table in manifest["tables"].items()}


def test_rollback_makes_an_earlier_release_current_again(demo_home: Path) -> None:
    listed = rapport("releases", "--home", demo_home, "--json").json()["releases"]
    newest, earlier = listed[0]["release_id"], listed[-1]["release_id"]
    assert newest != earlier
    assert rapport("rollback", earlier, "--home", demo_home).code == 0
    assert release_of(demo_home) == earlier
    assert rapport("rollback", newest, "--home", demo_home).code == 0
    unknown = rapport("rollback", "20000101T000000-nothing", "--home", demo_home)
    assert unknown.code == 2
    assert "There is no release" in unknown.err
    assert "Traceback" not in unknown.err


def test_status_and_quarantine_say_what_happened(demo_home: Path, tmp_path: Path) -> None:
    status = rapport("status", "--home", demo_home, "--json").json()
    assert status["release_id"] == release_of(demo_home)
    assert {"orders", "registrations"} <= {row["extract"] for row in status["freshness"]}
    export = tmp_path / "bad rows.csv"
    exported = rapport("quarantine", "--export", export, "--home", demo_home, "--json").json()
    assert exported["exported_rows"] == status["quarantined_rows"] > 0
    assert export.read_text(encoding="utf-8-sig").startswith("extract,file_name,line_number,reasons")
