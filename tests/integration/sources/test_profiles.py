"""What every source profile owes to the reader and to the loader, and how bad values pass through."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from orchestration.settings import EXTRACTS, SOURCES_DIR

PROFILES = sorted(folder.name for folder in SOURCES_DIR.iterdir() if (folder / "profile.toml").is_file())
ALLOWED_KEYS = {"description", "reporting_time_zone", "reporting_currency", "inputs", "per_file"}
MOST_LINES = 80
WITHOUT_ORDERS = {"febrl"}
"""Persons alone, to measure identity resolution by; nothing is published of them."""


def test_the_three_promised_profiles_are_shipped() -> None:
    assert {"olist", "online_retail", "thelook"} <= set(PROFILES)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_declares_inputs_and_writes_known_extracts(profile: str) -> None:
    declared = tomllib.loads((SOURCES_DIR / profile / "profile.toml").read_text(encoding="utf-8"))
    selects = {select.stem for select in (SOURCES_DIR / profile).glob("*.sql")}
    assert set(declared) <= ALLOWED_KEYS
    assert ("orders" in selects) is (profile not in WITHOUT_ORDERS)
    assert selects <= set(EXTRACTS)
    per_file = declared.get("per_file", {})
    assert set(per_file) <= selects
    assert set(per_file.values()) <= set(declared["inputs"])


@pytest.mark.parametrize("profile", PROFILES)
def test_selects_are_short_and_in_lower_case(profile: str) -> None:
    for select in (SOURCES_DIR / profile).glob("*.sql"):
        lines = select.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= MOST_LINES, select
        code = " ".join(line.split("--")[0] for line in lines)
        for keyword in ("SELECT", "FROM", "WHERE", "JOIN", "CASE"):
            assert keyword not in code.split(), select


def write_csv(folder: Path, name: str, *lines: str) -> None:
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_an_unreadable_invoice_line_leaves_the_order_without_an_amount(
    translate_folder: Any, tmp_path: Path
) -> None:
    """Summing the readable lines only would publish an order that is too small, and nobody would know."""
    write_csv(
        tmp_path,
        "2011-01-01.csv",
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
        "1,A,Cup,2,2011-01-01 10:01:00,1.50,12345.0,France",
        "1,B,Tea,many,2011-01-01 10:00:00,4.00,12345.0,France",
        "2,A,Cup,1,2011-01-01 11:00:00,1.50,,France",
        "C3,A,Cup,-1,2011-01-01 12:00:00,1.50,12345.0,France",
        "4,A,damaged,-7,2011-01-01 13:00:00,0,,France",
        "5,A,gift,1,2011-01-01 14:00:00,0,12345.0,France",
    )
    connection = translate_folder("online_retail", [tmp_path])
    orders = connection.execute(
        """
        select order_id, account_id, strftime(ordered_at, '%H:%M'), status,
            paid_amount::varchar, refunded_amount::varchar
        from extract.orders order by order_id
        """
    ).fetchall()
    assert orders == [
        ("1", "12345", "10:00", "completed", None, "0.00"),
        ("2", None, "11:00", "completed", "1.50", "0.00"),
        ("4", None, "13:00", "unavailable", "0.00", "0.00"),
        ("5", "12345", "14:00", "unavailable", "0.00", "0.00"),
        ("C3", "12345", "12:00", "credit_note", "0.00", "1.50"),
    ]
    items = connection.execute(
        """
        select order_id, line_no, quantity, unit_price, refunded_quantity
        from extract.order_items order by order_id, line_no
        """
    ).fetchall()
    assert items == [
        ("1", 1, "2", "1.50", 0),
        ("1", 2, "many", "4.00", 0),
        ("2", 1, "1", "1.50", 0),
        ("5", 1, "1", "0.00", 0),
        ("C3", 1, "1", "1.50", 1),
    ]
    assert connection.execute("from extract.products order by all").fetchall() == [("A", "Cup"), ("B", "Tea")]
    connection.close()


def test_an_unreadable_olist_price_leaves_only_its_order_without_an_amount(
    translate_folder: Any, tmp_path: Path
) -> None:
    write_csv(
        tmp_path,
        "olist_orders_dataset.csv",
        "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,"
        "order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date",
        "o1,c1,invoiced,2018-01-01 10:00:00,,,,",
        "o2,c2,delivered,2018-01-02 10:00:00,2018-01-02 10:10:00,,2018-01-09 09:00:00,",
        "o3,c3,unavailable,2018-01-03 10:00:00,,,,",
    )
    write_csv(
        tmp_path,
        "olist_customers_dataset.csv",
        "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state",
        *(f"{number},p1,4534,sao paulo,SP" for number in ("c1", "c2", "c3")),
    )
    write_csv(
        tmp_path,
        "olist_order_items_dataset.csv",
        "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value",
        "o1,1,x,s,,ten,1.00",
        "o1,2,x,s,,10.00,1.00",
        "o2,1,x,s,,10.00,2.50",
    )
    write_csv(
        tmp_path,
        "olist_order_payments_dataset.csv",
        "order_id,payment_sequential,payment_type,payment_installments,payment_value",
        "o2,1,voucher,1,5.00",
        "o2,2,credit_card,1,7.50",
        "o3,1,boleto,1,9.99",
    )
    write_csv(
        tmp_path,
        "olist_order_reviews_dataset.csv",
        "review_id,order_id,review_score,review_comment_title,review_comment_message,"
        "review_creation_date,review_answer_timestamp",
        'r,o2,5,Bom,"chegou\nbem",2018-01-10 00:00:00,2018-01-11 12:00:00',
    )
    write_csv(
        tmp_path,
        "olist_products_dataset.csv",
        "product_id,product_category_name",
        "x,artes",
    )
    write_csv(
        tmp_path,
        "product_category_name_translation.csv",
        "\ufeffproduct_category_name,product_category_name_english",
        "artes,art",
    )
    connection = translate_folder("olist", [tmp_path])
    orders = connection.execute(
        """
        select order_id, account_id, status, updated_at, payment_method, gross_amount::varchar,
            shipping_amount::varchar, paid_amount::varchar
        from extract.orders order by order_id
        """
    ).fetchall()
    assert orders == [
        ("o1", "p1", "paid", "2018-01-01 10:00:00", None, None, "2.00", "0.00"),
        ("o2", "p1", "delivered", "2018-01-09 09:00:00", "credit_card", "10.00", "2.50", "12.50"),
        ("o3", "p1", "unavailable", "2018-01-03 10:00:00", "boleto", "0.00", "0.00", "9.99"),
    ]
    assert connection.execute("select category from extract.products").fetchall() == [("art",)]
    feedback = connection.execute(
        "select feedback_id, account_id, created_at, score, text from extract.feedback"
    ).fetchall()
    assert feedback == [("r/o2", "p1", "2018-01-11 12:00:00", "5", "Bom\nchegou\nbem")]
    connection.close()
