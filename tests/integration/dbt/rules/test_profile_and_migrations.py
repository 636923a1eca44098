"""Tier migrations, profile, tags and activity by quantile against queries written from the rules alone."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest

from orchestration.explanation_queries import QUERIES_DIR
from tests.integration.dbt.rules.conftest import AS_OF, PROJECT_ROOT, read_sql
from tests.recomputation.recomputation import define_days

PROFILE = """
    profiled_orders, main_daypart_share, main_weekday_share, weekend_order_share, main_payment_share,
    main_device_share, round(price_index, 3) as price_index, price_level, discount_spend_share, discount_rate,
    festival_order_share, festival_spend_share, promotion_sensitivity, favourite_category_share, tickets_12m,
    logistics_tickets_12m, after_sales_tickets_12m
"""
WHERE_A_VALUE_STANDS = {
    "age_band": "age_band",
    "gender": "gender",
    "region": "coalesce(province, country)",
    "occupation": "occupation",
    "daypart": "main_daypart",
    "weekday": "main_weekday",
    "device": "main_device",
    "payment_method": "main_payment_method",
    "price_level": "price_level",
    "promotion": "promotion_sensitivity",
    "festival": "'festival'",
    "favourite_category": "favourite_category",
    "favourite_brand": "favourite_brand",
    "service_need": "service_need",
}
"""Column of customer_360 or customer_profile per tag."""


def differences(connection: duckdb.DuckDBPyConnection, ours: str, theirs: str) -> list[tuple[object, ...]]:
    """Rows that only one of two queries gives, with duplicates counted."""
    return connection.execute(f"""
        (select 'models', * from (({ours}) except all ({theirs})))
        union all
        (select 'expected', * from (({theirs}) except all ({ours})))
        limit 10
    """).fetchall()


def test_tier_migrations_agree_with_the_tiers_of_every_buyer_on_both_days(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    ours = """
        select month, from_tier, to_tier, month_end_date, customers, provisional_customers, confirmed_customers,
            net_revenue
        from marts.tier_migrations
    """
    assert differences(warehouse, ours, read_sql("expected_tier_migrations.sql")) == []


def test_the_matrix_holds_every_movement_and_every_month(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute("""
        select count(distinct month), date_diff('month', min(month), max(month)) + 1, max(month_end_date)
        from marts.tier_migrations
    """).fetchone()
    assert rows is not None
    assert rows[0] == rows[1] > 24
    assert rows[2] == AS_OF
    movements = warehouse.execute("select distinct movement from marts.tier_migrations order by 1").fetchall()
    # Two years and a quarter are too short for a tier that is lost and set again.
    assert [row[0] for row in movements] == ["down", "lost", "new", "same", "up"]


def test_the_profile_agrees_on_every_customer(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("""
        create or replace temp macro share(part, whole) as
            case when whole > 0 then round(part::decimal(38, 10) / whole, 6)::decimal(9, 6) end
    """)
    ours = f"select customer_id, {PROFILE} from marts.customer_profile"
    theirs = f"select customer_id, {PROFILE} from ({read_sql('expected_profile.sql')})"
    assert differences(warehouse, ours, theirs) == []


@pytest.mark.parametrize(
    ("column", "kinds"),
    [("price_level", 3), ("promotion_sensitivity", 3), ("service_need", 4), ("main_weekday", 7)],
)
def test_the_shop_holds_every_kind_of_profile(
    warehouse: duckdb.DuckDBPyConnection, column: str, kinds: int
) -> None:
    row = warehouse.execute(f"select count(distinct {column}) from marts.customer_profile").fetchone()
    assert row == (kinds,)


@pytest.mark.parametrize("tag", WHERE_A_VALUE_STANDS)
def test_a_tag_is_given_to_exactly_those_who_reach_its_limits(
    warehouse: duckdb.DuckDBPyConnection, tag: str
) -> None:
    with (PROJECT_ROOT / "seeds" / "profile_tags.csv").open(encoding="utf-8", newline="") as lines:
        (limits,) = [row for row in csv.DictReader(lines) if row["tag"] == tag]
    shares = {
        "promotion": "discount_order_share",
        "festival": "festival_order_share",
        "service_need": "greatest(logistics_tickets_12m, after_sales_tickets_12m) / tickets_12m",
        "favourite_category": "favourite_category_share",
        "favourite_brand": "favourite_brand_share",
    }
    share = shares.get(tag, f"main_{tag.removesuffix('_method')}_share")
    count = "tickets_12m" if tag == "service_need" else "profiled_orders"
    conditions = [f"{WHERE_A_VALUE_STANDS[tag]} not in ('', 'none')"]
    if limits["min_share"]:
        conditions.append(f"{share} >= {limits['min_share']}")
    if limits["min_observations"]:
        conditions.append(f"{count} >= {limits['min_observations']}")
    theirs = f"""
        select customer_id, {WHERE_A_VALUE_STANDS[tag]} as tag_value
        from marts.customer_360 inner join marts.customer_profile using (customer_id)
        where {" and ".join(conditions)}
    """
    ours = f"select customer_id, tag_value from marts.customer_tags where tag = '{tag}'"
    row = warehouse.execute(f"select count(*) from ({ours})").fetchone()
    assert row is not None
    assert row[0] > 10
    assert differences(warehouse, ours, theirs) == []


def test_every_tag_of_the_seed_is_known() -> None:
    with (PROJECT_ROOT / "seeds" / "profile_tags.csv").open(encoding="utf-8", newline="") as lines:
        assert {row["tag"] for row in csv.DictReader(lines)} == set(WHERE_A_VALUE_STANDS)


def test_activity_by_quantile_agrees_on_every_customer(built_by_quantiles: Path) -> None:
    with duckdb.connect(str(built_by_quantiles), read_only=True) as connection:
        define_days(connection, as_of=AS_OF)
        ours = """
            select customer_id, activity_level from intermediate.int_customer_segments
            where evaluated_on = as_of()
        """
        # DuckDB's own discrete quantile, and its own count of log-ins.
        theirs = """
            with facts as (
                select standing.*, coalesce(logins.n, 0) as n, as_of() - logins.last_day as days_away
                from intermediate.int_customer_standing as standing
                left join (
                    select
                        customer_id, sum(logins) filter (session_date > as_of() - 30) as n,
                        max(session_date) filter (logins > 0) as last_day
                    from marts.sessions where session_date <= as_of() group by all
                ) as logins using (customer_id)
                where evaluated_on = as_of()
            ),
            cuts as (
                select
                    quantile_disc(n, 0.9) filter (n > 0) as high,
                    quantile_disc(days_away, 0.75) filter (last_seen_date > as_of() - interval 6 month) as low
                from facts
            )
            select
                customer_id,
                case
                    when last_seen_date is null or last_seen_date <= as_of() - interval 6 month then 'sleeping'
                    when n > high then 'high'
                    when lifetime_orders >= 3 and days_since_last_order > 2 * own_gap_days then 'at_risk'
                    when days_away is null or days_away > low then 'low'
                    else 'medium'
                end
            from facts cross join cuts
        """
        assert differences(connection, ours, theirs) == []
        kinds = connection.execute(f"select count(distinct activity_level) from ({ours})").fetchone()
    assert kinds == (5,)


def test_by_default_activity_is_cut_at_fixed_numbers(warehouse: duckdb.DuckDBPyConnection) -> None:
    row = warehouse.execute("""
        select bool_or(is_by_quantile), max(high_above), max(low_until_date)
        from intermediate.int_customer_activity_cuts where evaluated_on = as_of()
    """).fetchone()
    assert row is not None
    assert (row[0], int(row[1]), row[2].isoformat()) == (False, 10, "2023-09-30")


@pytest.mark.parametrize(
    ("fixture", "named_rules"),
    [
        ("built", {"high_logins_above", "low_without_login_months"}),
        ("built_by_quantiles", {"high_quantile", "low_quantile"}),
    ],
)
def test_the_explained_activity_is_that_of_the_models(
    request: pytest.FixtureRequest, fixture: str, named_rules: set[str]
) -> None:
    standing = (QUERIES_DIR / "subject" / "explained_standing.sql").read_text(encoding="utf-8")
    activity = (QUERIES_DIR / "segments" / "activity_level.sql").read_text(encoding="utf-8")
    told = set()
    with duckdb.connect(str(request.getfixturevalue(fixture)), read_only=True) as connection:
        connection.execute((QUERIES_DIR / "macros.sql").read_text(encoding="utf-8"))
        customers = connection.execute("""
            select customer_id from intermediate.int_customer_segments where is_current
            qualify row_number() over (partition by activity_level order by customer_id) <= 25
        """).fetchall()
        for (customer,) in customers:
            connection.execute(
                f"create or replace temp table explained_standing as {standing.replace('$customer_id', '?')}",
                [customer] * standing.count("$customer_id"),
            )
            level, by_rule, _, _, rule = connection.execute(activity, {"as_of": AS_OF}).fetchall()[0]
            assert level == by_rule, customer
            told.add(rule["rule"] if rule else None)
    assert named_rules < told
