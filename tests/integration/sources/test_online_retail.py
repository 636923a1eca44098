"""Online Retail's figures, recomputed from the translated extracts, equal the independent author's."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

Figures = Callable[[str, str], Any]
CENT = Decimal("0.01")


def to_the_cent(figure: float) -> Decimal:
    """The reference counts tenths of a penny (four lines at 0.001); money here is rounded line by line."""
    return Decimal(str(figure)).quantize(CENT)


def test_every_line_is_an_item_or_a_stock_write_off(
    online_retail: duckdb.DuckDBPyConnection, figures: Figures
) -> None:
    items, write_offs = online_retail.execute(
        """
        select
            (select count(*) from extract.order_items),
            (select count(*) from extract.orders
             where order_id not in (select order_id from extract.order_items))
        """
    ).fetchone()
    assert write_offs == figures("online_retail", "defects")["negative_qty_not_cancelled"]
    assert items + write_offs == figures("online_retail", "raw_totals")["line_rows"]


def test_every_invoice_is_one_order_and_every_customer_one_account(
    online_retail: duckdb.DuckDBPyConnection, figures: Figures
) -> None:
    rows, orders, accounts, guests = online_retail.execute(
        """
        select count(*), count(distinct order_id), count(distinct account_id),
            count(*) filter (account_id is null)
        from extract.orders
        """
    ).fetchone()
    raw = figures("online_retail", "raw_totals")
    assert (rows, orders, accounts) == (raw["invoices"], raw["invoices"], raw["customers"])
    assert guests == figures("online_retail", "defects")["null_customer_invoices"]


def test_sales_of_known_customers_match(online_retail: duckdb.DuckDBPyConnection, figures: Figures) -> None:
    observed = online_retail.execute(
        """
        select count(*), count(distinct account_id), sum(paid_amount - refunded_amount),
            min(ordered_at)::varchar
        from sales where account_id is not null
        """
    ).fetchone()
    clean = figures("online_retail", "clean_totals")
    assert observed == (clean["orders"], clean["customers"], to_the_cent(clean["revenue"]), clean["min_ts"])


def test_net_of_cancellations_matches(online_retail: duckdb.DuckDBPyConnection, figures: Figures) -> None:
    net, cancelled, credit_notes = online_retail.execute(
        """
        select
            sum(paid_amount - refunded_amount) filter (account_id is not null),
            sum(refunded_amount) filter (account_id is not null),
            count(*) filter (status = 'credit_note')
        from extract.orders where status in ('completed', 'credit_note')
        """
    ).fetchone()
    reference = figures("online_retail", "identified_net_of_cancellations")
    assert net == to_the_cent(reference["net_revenue"])
    assert cancelled == -to_the_cent(reference["cancelled_value"])
    assert credit_notes == figures("online_retail", "defects")["cancellation_invoices"]


def test_all_money_of_the_export_is_in_the_orders(
    online_retail: duckdb.DuckDBPyConnection, figures: Figures
) -> None:
    """Bad debt included: its rows keep their (partly negative) amounts for the contract to judge."""
    total = online_retail.execute("select sum(paid_amount - refunded_amount) from extract.orders").fetchone()
    assert total == (to_the_cent(figures("online_retail", "raw_totals")["revenue"]),)
    bad_debt = online_retail.execute(
        "select count(*), sum(paid_amount), any_value(status) from extract.orders where order_id like 'A%'"
    ).fetchone()
    assert bad_debt == (
        figures("online_retail", "defects")["bad_debt_rows"],
        Decimal("-11062.06"),
        "unavailable",
    )


def test_orders_are_the_sum_of_their_items(online_retail: duckdb.DuckDBPyConnection) -> None:
    """A join of orders and lines before summing would double the orders; each side is summed first."""
    differences = online_retail.execute(
        """
        with item_totals as (
            select order_id, sum(unit_price::decimal(18, 2) * quantity::integer) as amount
            from extract.order_items group by order_id
        )
        select count(*) from extract.orders left join item_totals using (order_id)
        where coalesce(amount, 0) <> gross_amount + refunded_amount
        """
    ).fetchone()
    assert differences == (0,)


def test_equal_lines_of_an_invoice_stay_apart(
    online_retail: duckdb.DuckDBPyConnection, figures: Figures
) -> None:
    keys, contents = online_retail.execute(
        """
        select count(distinct (order_id, line_no)),
            count(distinct (order_id, product_id, quantity, unit_price))
        from extract.order_items
        """
    ).fetchone()
    items = online_retail.execute("select count(*) from extract.order_items").fetchone()
    assert items == (keys,)
    # some equal contents differ in description or minute, so there are at least the exact duplicates
    assert keys - contents >= figures("online_retail", "defects")["exact_duplicate_rows"]


def test_sale_lines_of_known_customers_match(
    online_retail: duckdb.DuckDBPyConnection, figures: Figures
) -> None:
    """Four lines cost a tenth of a penny: sold by the reference, 0.00 in money to the cent."""
    priced, tenths = online_retail.execute(
        """
        select
            count(*) filter (unit_price::decimal(18, 2) > 0),
            (select count(*) from invoice_lines
             where unitprice::decimal(18, 3) > 0 and unitprice::decimal(18, 3) < 0.005)
        from extract.order_items join sales using (order_id)
        where account_id is not null
        """
    ).fetchone()
    assert priced + tenths == figures("online_retail", "clean_totals")["line_rows"]


def test_cohort_matrix_matches(online_retail: duckdb.DuckDBPyConnection, shared_data: Path) -> None:
    extra = json.loads((shared_data / "online_retail" / "reference_extra.json").read_text(encoding="utf-8"))
    observed = online_retail.execute(
        """
        with months as (
            select distinct account_id, date_trunc('month', ordered_at) as month
            from sales where account_id is not null
        ), cohorts as (
            select account_id, min(month) as cohort from months group by account_id
        )
        select strftime(cohort, '%Y-%m'), datediff('month', cohort, month), count(*)
        from months join cohorts using (account_id) group by all
        """
    ).fetchall()
    expected = {
        (cohort, period, buyers)
        for cohort, row in extra["cohort_matrix_all"].items()
        for period, buyers in enumerate(row)
        if buyers
    }
    assert set(observed) == expected


def test_monthly_sales_match(online_retail: duckdb.DuckDBPyConnection, figures: Figures) -> None:
    observed = online_retail.execute(
        """
        select strftime(ordered_at, '%Y-%m') as ym, count(*), count(distinct account_id), sum(paid_amount)
        from sales where account_id is not null group by ym order by ym
        """
    ).fetchall()
    assert observed == [
        (row["ym"], row["orders"], row["customers"], to_the_cent(row["revenue"]))
        for row in figures("online_retail", "monthly")
    ]


@pytest.mark.parametrize("days", [30, 90])
def test_second_orders_within_days_match(
    online_retail: duckdb.DuckDBPyConnection, figures: Figures, days: int
) -> None:
    """Within N x 24 hours of the first order, same-day second orders included."""
    observed = online_retail.execute(
        """
        with numbered as (
            select account_id, ordered_at,
                row_number() over (partition by account_id order by ordered_at, order_id) as n
            from sales where account_id is not null
        )
        select count(*) from numbered as first join numbered as second using (account_id)
        where first.n = 1 and second.n = 2 and second.ordered_at <= first.ordered_at + to_days(?)
        """,
        [days],
    ).fetchone()
    assert observed == (figures("online_retail", "repeat_purchase_rates")[f"repeat_{days}d"],)


def test_top_customers_match_before_and_after_cancellations(
    online_retail: duckdb.DuckDBPyConnection, figures: Figures
) -> None:
    top = online_retail.execute(
        """
        select account_id, count(*), sum(paid_amount) from sales
        where account_id is not null group by account_id order by sum(paid_amount) desc limit 5
        """
    ).fetchall()
    assert top == [
        (str(row["customer_id"]), row["orders"], to_the_cent(row["revenue"]))
        for row in figures("online_retail", "top5_customers_by_clean_revenue")
    ]
    net = online_retail.execute(
        """
        select account_id, sum(paid_amount - refunded_amount) as net from extract.orders
        where account_id is not null group by account_id order by net desc limit 5
        """
    ).fetchall()
    assert net == [
        (str(row["customer_id"]), to_the_cent(row["net_revenue"]))
        for row in figures("online_retail", "top5_customers_net_of_cancellations")
    ]


def test_every_stock_code_is_one_product(online_retail: duckdb.DuckDBPyConnection, figures: Figures) -> None:
    products = online_retail.execute(
        "select count(*), count(distinct product_id) from extract.products"
    ).fetchone()
    codes = figures("online_retail", "raw_totals")["stock_codes"]
    assert products == (codes, codes)
    name = online_retail.execute("select name from extract.products where product_id = '85123A'").fetchone()
    assert name == ("CREAM HANGING HEART T-LIGHT HOLDER",)


@pytest.mark.parametrize("day", ["2010-12-01", "2011-08-12", "2011-12-09"])
def test_a_day_translated_alone_gives_the_same_orders_and_items(
    online_retail: duckdb.DuckDBPyConnection,
    shared_data: Path,
    translate_folder: Any,
    tmp_path: Path,
    day: str,
) -> None:
    (tmp_path / f"{day}.csv").symlink_to(shared_data / "online_retail" / "by-day" / f"{day}.csv")
    alone = translate_folder("online_retail", [tmp_path])
    of_the_day = (
        "from extract.{} where order_id in (select order_id from extract.orders where ordered_at::date = ?)"
    )
    for extract in ("orders", "order_items"):
        expected = online_retail.execute(of_the_day.format(extract), [day]).fetchall()
        assert sorted(alone.execute(f"from extract.{extract}").fetchall(), key=str) == sorted(
            expected, key=str
        )
    alone.close()


def test_no_invoice_spans_two_files(online_retail: duckdb.DuckDBPyConnection) -> None:
    """The profile translates orders file by file, which is right only while this holds."""
    spanning = online_retail.execute(
        """
        select count(*) from (
            select invoiceno from invoice_lines group by invoiceno having count(distinct _file_name) > 1
        )
        """
    ).fetchone()
    assert spanning == (0,)
