"""Each publication gate passes on a sound build and refuses exactly its own defect."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import duckdb
import pytest

from expectations import publication
from expectations.runner import GateResult, evaluate

CHECKED_AT = datetime(2025, 1, 2, 3, 4, 5)


def joined(*, accounts: int, each: int) -> str:
    """SQL that makes the last accounts one customer each so many, and keeps all figures right.

    Account n of the last ones buys nothing or little, so that customers and their money stay easy to move.
    """
    return f"""
        create temp table moved as
        select 'ca' || (601 - n) as customer_id, 'ca' || (601 - ((n - 1) // {each} * {each} + 1)) as new_id
        from range(1, {accounts} + 1) as numbers (n);
        update marts.identity_map set customer_id = new_id from moved where moved.customer_id = identity_map.customer_id;
        update marts.orders set customer_id = new_id from moved where moved.customer_id = orders.customer_id;
        delete from marts.customer_360 where customer_id in (select customer_id from moved where customer_id <> new_id);
        delete from marts.rfm_scores where customer_id not in (select customer_id from marts.customer_360);
        update marts.customer_360 set lifetime_net_revenue = coalesce(
            (select sum(net_revenue) from marts.orders where orders.customer_id = customer_360.customer_id), 0
        );
        delete from staging.stg_identity_overrides where {accounts} = 600;
    """


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
        """insert into marts.customer_360 by name
        select 'ghost' as customer_id, 'tiered' as customer_category, 0 as lifetime_net_revenue""",
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
    "six persons in each of many customers": (
        joined(accounts=60, each=6),
        {"customers_of_many_names", "customers_of_many_phones"},
    ),
    "three birth dates in each of many customers": (
        joined(accounts=60, each=3)
        + """create or replace view intermediate.int_registrations as
        select *, 'Li' as name, date '1990-01-01' + cast(substr(account_id, 2) as integer) as birth_date
        from raw.registrations""",
        {"customers_of_many_birth_dates"},
    ),
    "one telephone on 501 accounts": (
        """insert into intermediate.int_account_identifiers
        select 'web', 'counter' || n, 'phone', '13912345678', true from range(501) as accounts (n)""",
        {"accounts_of_an_identifier"},
    ),
    "a customer of 51 accounts": (joined(accounts=51, each=51), {"accounts_of_a_customer"}),
    "a shop of few customers": (
        joined(accounts=600, each=4)
        + "create or replace view intermediate.int_registrations as select *, 'Li' as name, null::date as birth_date "
        "from raw.registrations",
        {"accounts_per_customer"},
    ),
    "a steward's line of an account that does not exist": (
        "update staging.stg_identity_overrides set other_account_id = 'nobody' where line_number = 1",
        {"overrides_of_unknown_accounts"},
    ),
    "a must_link that does not hold": (
        "update staging.stg_identity_overrides set decision = 'must_link' where line_number = 1",
        {"overrides_contradicted"},
    ),
    "a cannot_link that does not hold": (
        """update marts.identity_map set customer_id = 'ca1' where account_id = 'a2';
        delete from marts.customer_360 where customer_id = 'ca2';
        delete from marts.rfm_scores where customer_id = 'ca2';
        update marts.orders set customer_id = 'ca1' where customer_id = 'ca2';
        update marts.customer_360 set lifetime_net_revenue = (
            select sum(net_revenue) from marts.orders where customer_id = 'ca1'
        ) where customer_id = 'ca1'""",
        {"overrides_disregarded"},
    ),
    "values of a prediction that is withheld": (
        "update kpi.model_cards set is_published = false where model = 'cltv'",
        {"withheld_predictions_told"},
    ),
    "dates of a prediction without a card": (
        """delete from kpi.model_cards where model = 'next_order';
        update kpi.next_orders set next_order_date = date '2025-01-09' where customer_id = 'ca2'""",
        {"withheld_predictions_told"},
    ),
    "a withheld probability in customer_360 alone": (
        "update marts.customer_360 set churn_probability_90d = 0.5 where customer_id = 'ca2'",
        {"withheld_predictions_told"},
    ),
    "a published model that one baseline beats": (
        "update kpi.model_cards set is_published = true where model = 'churn'",
        {"predictions_beaten"},
    ),
    "a published model that is as good as a baseline": (
        """update kpi.model_cards set baseline_metrics = '{"own": {"rmse_orders": 1.5}}' where model = 'cltv'""",
        {"predictions_beaten"},
    ),
    "a published model without figures": (
        "update kpi.model_cards set metrics = '{}' where model = 'cltv'",
        {"predictions_beaten"},
    ),
    "recommendations that hit less than what is popular": (
        """update kpi.model_cards set is_published = true, metrics = '{"test": {"hit_rate": 0.1}}',
        baseline_metrics = '{"popularity": {"hit_rate": 0.11}}' where model = 'recommendations'""",
        {"predictions_beaten"},
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


def test_a_shop_below_the_reference_is_judged_as_one_of_that_size(built: duckdb.DuckDBPyConnection) -> None:
    built.execute(joined(accounts=24, each=6))
    assert failing(built) == {}


def test_the_lines_of_the_list_are_named(built: duckdb.DuckDBPyConnection) -> None:
    built.execute("update staging.stg_identity_overrides set account_id = '13912345678'")
    observed = failing(built)["overrides_of_unknown_accounts"].observed
    assert observed == "2 (lines 1, 3 of identity_overrides/list.csv)"


def test_a_tenth_fewer_orders_than_before_are_refused(built: duckdb.DuckDBPyConnection) -> None:
    previous = {"marts.orders": 540, "marts.customer_360": 600}
    assert failing(built, previous).keys() == {"orders_fell"}


def test_a_fifth_fewer_customers_than_before_are_refused(built: duckdb.DuckDBPyConnection) -> None:
    previous = {"marts.orders": 480, "marts.customer_360": 750}
    assert failing(built, previous).keys() == {"customers_fell"}


def test_growth_passes(built: duckdb.DuckDBPyConnection) -> None:
    assert failing(built, {"marts.orders": 100, "marts.customer_360": 100}) == {}
