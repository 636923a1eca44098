"""Twins who differ in one thing: more money on an order, or an order more. Thousands of pairs in one build."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from tests.integration.dbt.rules.conftest import AS_OF, read_sql, run_rules
from tests.recomputation.recomputation import FROM_MARTS, RULES, compare, define_days, gather_facts

# Whoever has no score has the lowest.
PAIRS = """
    create or replace temp view pairs as
    with ranked as (
        select
            customers.customer_id, r_points, f_points, m_points, scores.rfm_score as score,
            list_position(['Bronze', 'Silver', 'Gold', 'Platinum'], scores.rfm_tier) as tier
        from intermediate.int_customers as customers
        left join marts.rfm_scores as scores using (customer_id)
    )

    select
        twins.gift,
        unnest(['r_points', 'f_points', 'm_points', 'score', 'tier']) as measure,
        unnest([less.r_points, less.f_points, less.m_points, less.score, less.tier]) as before,
        unnest([more.r_points, more.f_points, more.m_points, more.score, more.tier]) as after
    from main.twins
    inner join ranked as less on less.customer_id = twins.of_customer_id
    inner join ranked as more on more.customer_id = twins.customer_id
"""
MEASURES = {"r_points", "f_points", "m_points", "score", "tier"}
FALLS = "coalesce(after, 0) < coalesce(before, 0)"


@pytest.fixture(scope="module")
def twins(scratch: Path) -> Path:
    warehouse = scratch / "twins.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        define_days(connection, as_of=AS_OF)
        connection.execute(read_sql("shop_on_the_borders.sql"))
        connection.execute(read_sql("shop_of_twins.sql"))
    run_rules(warehouse=warehouse, scratch=scratch, as_of=AS_OF, select=("+customer_360", "+segments"))
    return warehouse


@pytest.fixture(scope="module")
def twins_by_total(twins: Path, scratch: Path) -> Path:
    """The same twins, scored by the total of the period."""
    warehouse = Path(shutil.copyfile(twins, scratch / "twins_by_total.duckdb"))
    run_rules(
        warehouse=warehouse, scratch=scratch, as_of=AS_OF, select=("int_customer_rfm", "rfm_scores"),
        exclude=("resource_type:test",), variables={"rfm_monetary_basis": "total"},
    )  # fmt: skip
    return warehouse


def falls(warehouse: Path, *gifts: str) -> set[str]:
    """Measures that fall for some pair; pairs and rises are enough to tell."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute(PAIRS)
        found = connection.execute(
            f"""
            select measure, count(*), count(*) filter (after > before), count(*) filter ({FALLS})
            from pairs where list_contains(?, gift) group by all
            """,
            [gifts],
        ).fetchall()
    assert {measure for measure, *_ in found} == MEASURES
    assert all(pairs > 4_000 for _, pairs, _, _ in found)
    assert sum(rising > 100 for _, _, rising, _ in found) >= 3
    return {measure for measure, *_, falling in found if falling}


def test_more_money_on_an_order_lowers_nothing(twins: Path) -> None:
    assert falls(twins, "money") == set()


def test_an_order_of_at_least_the_average_lowers_nothing(twins: Path) -> None:
    assert falls(twins, "order") == set()


# M is the average per order, so an order below it may cost a tier: after four of 2,000 CNY one of 10 leads from
# Platinum to Gold. The rule wants it so; what it must not touch are the other two measures.
def test_a_cheap_order_lowers_the_average_and_nothing_else(twins: Path) -> None:
    assert falls(twins, "cheap_order") == {"m_points", "score", "tier"}


def test_by_total_no_order_lowers_anything(twins_by_total: Path) -> None:
    assert falls(twins_by_total, "money") == set()
    assert falls(twins_by_total, "order", "cheap_order") == set()


def test_each_has_exactly_one_category_and_one_lifecycle_stage(twins: Path) -> None:
    with duckdb.connect(str(twins), read_only=True) as connection:
        row = connection.execute("""
            select
                count(*), count(distinct customer_id),
                count(*) filter (
                    customer_category in ('malicious', 'no_sale', 'never_ordered', 'lapsed', 'new', 'tiered')
                ),
                count(*) filter (
                    lifecycle_stage in (
                        'prospect', 'new', 'growing', 'mature', 'declining', 'sleeping', 'lost'
                    )
                ),
                (select count(*) from intermediate.int_customers),
                (select count(*) from intermediate.int_customer_segments where is_current)
            from marts.customer_360
        """).fetchone()
    assert row is not None
    assert len(set(row)) == 1
    assert row[0] > 10_000


@pytest.mark.parametrize("rule", RULES)
def test_rules_agree_on_every_twin(twins: Path, rule: str) -> None:
    with duckdb.connect(str(twins), read_only=True) as connection:
        define_days(connection, as_of=AS_OF)
        gather_facts(connection, FROM_MARTS)
        compared = compare(connection, rule)
    assert compared.differing == []
    assert compared.customers > 7_000
