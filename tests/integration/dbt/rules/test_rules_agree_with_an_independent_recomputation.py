"""The models against queries written from the rules alone, for every customer of a shop on the borders."""

from __future__ import annotations

import duckdb
import pytest

from tests.recomputation.recomputation import RULES, compare


@pytest.mark.parametrize("rule", RULES)
def test_rules_agree_on_every_customer(warehouse: duckdb.DuckDBPyConnection, rule: str) -> None:
    compared = compare(warehouse, rule)
    assert compared.differing == []
    assert compared.customers > 700


@pytest.mark.parametrize(
    ("column", "kinds"),
    [
        ("customer_category", 6),
        ("rfm_tier", 4),
        ("value_level", 4),
        ("activity_level", 5),
        ("lifecycle_stage", 7),
    ],
)
def test_the_shop_holds_every_kind(warehouse: duckdb.DuckDBPyConnection, column: str, kinds: int) -> None:
    row = warehouse.execute(f"select count(distinct {column}) from marts.customer_360").fetchone()
    assert row == (kinds,)


def test_every_point_of_every_measure_occurs(warehouse: duckdb.DuckDBPyConnection) -> None:
    row = warehouse.execute("""
        select count(distinct r_points), count(distinct f_points), count(distinct m_points)
        from marts.rfm_scores
    """).fetchone()
    assert row == (5, 5, 5)


def test_some_hold_vip_and_some_have_lost_it(warehouse: duckdb.DuckDBPyConnection) -> None:
    row = warehouse.execute("""
        select
            count(*) filter (is_vip),
            (select count(distinct customer_id) from intermediate.int_customer_vip)
        from marts.customer_360
    """).fetchone()
    assert row is not None
    holding, ever = row
    assert holding > 50
    assert ever > holding + 50
