"""Each publication gate passes on a sound build and refuses exactly its own defect."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import duckdb
import pytest

from expectations import publication
from expectations.runner import GateResult, evaluate

CHECKED_AT = datetime(2025, 1, 2, 3, 4, 5)

DEFECTS = {
    "a table is not there": ("drop table marts.segments", {"tables_missing"}),
    "a doubled join in orders": (
        "insert into marts.orders select * from marts.orders where order_id = 'o6-2'",
        {"primary_key_broken", "orders_count_differs", "orders_revenue_differs", "customer_revenue_differs"}
        | {"order_items_count_differs", "order_items_revenue_differs"},
    ),
    "a doubled join that keeps keys and rows": (
        "update marts.orders set net_revenue = 2 * net_revenue where order_id = 'o6-3'",
        {"orders_revenue_differs", "customer_revenue_differs"},
    ),
    "an outdated version won": (
        "update marts.orders set net_revenue = 102 where order_id = 'o6-2'",
        {"orders_revenue_differs", "customer_revenue_differs"},
    ),
    "a lost order": (
        """delete from marts.orders where order_id = 'o1-1';
        delete from marts.order_items where order_id = 'o1-1'""",
        {"orders_count_differs"},
    ),
    "a lost line": (
        "delete from marts.order_items where order_id = 'o1-2' and line_no = 2",
        {"order_items_count_differs", "order_items_revenue_differs"},
    ),
    "a cent on one line": (
        "update marts.order_items set net_revenue = 20.00 where order_id = 'o1-2' and line_no = 2",
        {"order_items_revenue_differs"},
    ),
    "a key is empty": ("update marts.segments set value_level = null", {"primary_key_broken"}),
    "a key comes twice in a computed table": (
        "insert into kpi.cltv_scores select * from kpi.cltv_scores limit 1",
        {"primary_key_broken"},
    ),
    "a customer without account": (
        "insert into marts.customer_360 values ('ghost', 'tiered', 'Silver', 24, 0, 0)",
        {"customers_differ_from_identity_map"},
    ),
    "one customer's revenue is a cent high": (
        """update marts.customer_360 set lifetime_net_revenue = lifetime_net_revenue + 0.01
        where customer_id = 'ca2'""",
        {"customer_revenue_differs"},
    ),
    "no category": (
        "update marts.customer_360 set customer_category = null where customer_id = 'ca2'",
        {"customer_category_wrong"},
    ),
    "an invented category": (
        "update marts.customer_360 set customer_category = 'vip' where customer_id = 'ca2'",
        {"customer_category_wrong"},
    ),
    "a score above the highest": (
        "update marts.rfm_scores set rfm_score = 41 where customer_id = 'ca2'",
        {"rfm_score_outside", "rfm_tier_mismatch"},
    ),
    "a tier beside its score": (
        "update marts.rfm_scores set rfm_tier = 'Gold' where customer_id = 'ca2'",
        {"rfm_tier_mismatch"},
    ),
    "another tier in customer_360": (
        "update marts.customer_360 set rfm_tier = 'Gold' where customer_id = 'ca2'",
        {"rfm_tier_mismatch"},
    ),
    "money that nobody can explain": (
        "update governance.money_ledger set amount = -0.01 where stage = 'unexplained'",
        {"money_unexplained"},
    ),
    "rows that nobody can explain": (
        "update governance.money_ledger set \"rows\" = 1 where stage = 'unexplained'",
        {"rows_unexplained"},
    ),
    "a rate above one": (
        "update marts.customer_360 set discount_order_share = 1.01 where customer_id = 'ca2'",
        {"rate_outside"},
    ),
    "a probability below zero": ("update kpi.cltv_scores set p_alive = -0.01", {"rate_outside"}),
    "a column with names": (
        "alter table marts.customer_360 add column email varchar",
        {"personal_data_column"},
    ),
    "a telephone number as somebody's identifier": (
        """alter table marts.orders add column buyer_id varchar;
        update marts.orders set buyer_id = '13912345678' where order_id = 'o6-2'""",
        {"personal_data_value"},
    ),
    "an e-mail as campaign": (
        """alter table marts.orders add column campaign_id varchar;
        update marts.orders set campaign_id = 'wang.fang@163.com' where order_id = 'o6-2'""",
        {"personal_data_value"},
    ),
    "no order at all": (
        "delete from marts.orders",
        {"orders_unpublished", "orders_count_differs", "orders_revenue_differs", "customer_revenue_differs"}
        | {"order_items_count_differs", "order_items_revenue_differs"},
    ),
    "a telephone number in a text": (
        "update marts.orders set device = 'call +86 13912345678!' where order_id = 'o6-2'",
        {"personal_data_value"},
    ),
}

HARMLESS = {
    "things numbered with eleven digits, and hashes": """
        update marts.order_items set product_id = '13912345678' where order_id = 'o6-2';
        update marts.identity_map set linked_through = 'email:ab13912345678cd';
        update marts.orders set device = '0.1391234567800'""",
    "account ids that are published as a hash": """
        update marts.identity_map set account_id = 'wang.fang@163.com' where account_id = 'a600';
        update marts.identity_map set account_id = '13912345678' where account_id = 'a599'""",
    "an unknown rate": "update marts.customer_360 set discount_order_share = null",
    "a computed table that is not there yet": "drop table kpi.retention",
    "orders after the as-of date are left out": """
        insert into raw.orders by name select * replace (
            'late' as order_id, timestamp '2024-12-31 16:00:00' as ordered_at
        ) from raw.orders limit 1""",
    "of two states of one moment the one further on holds, whatever its hash": """
        insert into raw.orders by name select * replace ('paid' as status, ~_row_hash as _row_hash)
        from raw.orders where order_id = 'o1-10';
        insert into raw.orders by name select * replace (
            null as refunded_amount, 'credit_note' as status, 18446744073709551615 as _row_hash
        ) from raw.orders where order_id = 'o1-12'""",
    "of two states of a line the one of which more came back holds, whenever it came": """
        insert into raw.order_items by name select * replace (
            null as refunded_quantity, timestamp '2025-02-01' as _ingested_at, ~_row_hash as _row_hash
        ) from raw.order_items where line_no = 2""",
    "a credit note takes revenue back": """
        insert into raw.orders by name select * replace (
            'credit' as order_id, 'credit_note' as status, timestamp '2024-12-01' as ordered_at,
            0 as paid_amount, 7 as refunded_amount
        ) from raw.orders limit 1;
        insert into marts.orders by name select 'web' as platform, 'credit' as order_id, -7 as net_revenue""",
}


def failing(
    connection: duckdb.DuckDBPyConnection, previous: Mapping[str, int] | None = None
) -> dict[str, GateResult]:
    """Evaluate the publication suite; return the failed gates."""
    suite = publication.suite(
        connection=connection,
        as_of_date=date(2024, 12, 31),
        reporting_time_zone="Asia/Shanghai",
        previous_row_counts=previous,
    )
    assert {limit.gate for limit in suite.gates} == set(publication.GATES)
    results = evaluate(connection_or_path=connection, suite=suite, batch_id="b", checked_at=CHECKED_AT)
    assert [result.gate for result in results] == [limit.gate for limit in suite.gates]
    return {result.gate: result for result in results if not result.is_passed}


def test_a_sound_build_passes_every_gate(built: duckdb.DuckDBPyConnection) -> None:
    assert failing(built) == {}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_fails_its_own_gates_and_no_other(built: duckdb.DuckDBPyConnection, defect: str) -> None:
    sabotage, expected = DEFECTS[defect]
    built.execute(sabotage)
    assert failing(built).keys() == expected


@pytest.mark.parametrize("variation", HARMLESS)
def test_what_is_right_passes(built: duckdb.DuckDBPyConnection, variation: str) -> None:
    built.execute(HARMLESS[variation])
    assert failing(built) == {}


def test_the_offending_column_is_named(built: duckdb.DuckDBPyConnection) -> None:
    built.execute("update marts.orders set device = 'a.b@c.cn' where order_id = 'o6-2'")
    assert failing(built)["personal_data_value"].observed == "1 (marts.orders.device)"


def test_a_difference_shows_both_figures(built: duckdb.DuckDBPyConnection) -> None:
    built.execute("delete from marts.orders where order_id = 'o1-1'")
    observed = failing(built)["orders_count_differs"].observed
    assert observed.startswith("1 (479 published, 480 expected")


def test_a_tenth_fewer_orders_than_before_are_refused(built: duckdb.DuckDBPyConnection) -> None:
    previous = {"marts.orders": 540, "marts.customer_360": 600}
    assert failing(built, previous).keys() == {"orders_fell"}


def test_a_fifth_fewer_customers_than_before_are_refused(built: duckdb.DuckDBPyConnection) -> None:
    previous = {"marts.orders": 480, "marts.customer_360": 750}
    assert failing(built, previous).keys() == {"customers_fell"}


def test_growth_passes(built: duckdb.DuckDBPyConnection) -> None:
    assert failing(built, {"marts.orders": 100, "marts.customer_360": 100}) == {}
