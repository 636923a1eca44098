"""A clean shop keeps its contract: columns, keys, references, money, times."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import polars as pl
import pytest

from simulator.columns import EXTRACT_COLUMNS

KEYS = {
    "registrations": ["platform", "account_id"],
    "orders": ["platform", "order_id"],
    "order_items": ["platform", "order_id", "line_no"],
    "browse_events": ["event_id"],
    "tickets": ["platform", "ticket_id"],
    "products": ["product_id"],
    "campaigns": ["campaign_id", "variant"],
    "feedback": ["feedback_id"],
}
MONEY = pl.Decimal(18, 2)
TIME = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$"


def test_only_the_nine_extracts_and_the_truth_are_written(clean_shop) -> None:
    assert sorted(path.name for path in clean_shop.out.iterdir()) == sorted([*EXTRACT_COLUMNS, "_truth"])


@pytest.mark.parametrize("extract", EXTRACT_COLUMNS)
def test_every_file_has_exactly_the_columns_of_its_extract(clean_shop, extract: str) -> None:
    for path in clean_shop.files(extract):
        header = path.read_text(encoding="utf-8").split("\n", 1)[0]
        assert tuple(header.split(",")) == EXTRACT_COLUMNS[extract], path.name


def test_summary_counts_the_rows_that_were_written(clean_shop) -> None:
    for extract in EXTRACT_COLUMNS:
        assert clean_shop.frame(extract).height == clean_shop.summary.row_counts[extract]
    note = json.loads((clean_shop.out / "_truth" / "shop.json").read_text())
    assert note["row_counts"] == clean_shop.summary.row_counts
    assert note["accounts"] == clean_shop.truth("accounts").height


@pytest.mark.parametrize("extract", KEYS)
def test_keys_are_unique_and_filled(clean_shop, extract: str) -> None:
    keys = clean_shop.frame(extract).select(KEYS[extract])
    assert keys.null_count().sum_horizontal().item() == 0
    assert keys.n_unique() == keys.height


def test_ids_have_at_most_twelve_characters(clean_shop) -> None:
    for extract in EXTRACT_COLUMNS:
        ids = clean_shop.frame(extract).select(pl.col("^.*_id$").str.len_bytes().max())
        assert max(ids.row(0)) <= 12


def test_paid_is_gross_less_discount_plus_shipping(clean_shop) -> None:
    orders = clean_shop.frame("orders").with_columns(pl.col("^.*_amount$").cast(MONEY))
    gap = (
        orders["gross_amount"] - orders["discount_amount"] + orders["shipping_amount"] - orders["paid_amount"]
    )
    assert (gap == 0).all()
    assert (orders["refunded_amount"] <= orders["paid_amount"]).all()
    assert (orders["gross_amount"] > 0).all()


def test_orders_are_the_sums_of_their_items(clean_shop) -> None:
    items = clean_shop.frame("order_items").with_columns(
        pl.col("unit_price", "discount_amount").cast(MONEY),
        pl.col("quantity", "refunded_quantity").cast(pl.Int64),
    )
    line = pl.col("unit_price") * pl.col("quantity")
    sums = items.group_by("platform", "order_id").agg(
        gross=line.sum(),
        discount=pl.col("discount_amount").sum(),
        returned=((line - pl.col("discount_amount")) * pl.col("refunded_quantity") / pl.col("quantity"))
        .cast(pl.Float64)
        .sum(),
    )
    orders = clean_shop.frame("orders").with_columns(pl.col("^.*_amount$").cast(MONEY))
    joined = orders.join(sums, on=["platform", "order_id"], how="full", coalesce=True)
    assert joined.height == orders.height
    assert (joined["gross"] == joined["gross_amount"]).all()
    assert (joined["discount"] == joined["discount_amount"]).all()
    shipping = pl.when(pl.col("status") == "refunded").then("shipping_amount").otherwise(0)
    gap = joined.select(
        (pl.col("returned") + shipping - pl.col("refunded_amount")).cast(pl.Float64).abs().max()
    )
    assert gap.item() < 1e-6


def test_refunded_orders_are_given_back_whole_and_open_ones_not_at_all(clean_shop) -> None:
    orders = clean_shop.frame("orders")
    whole = orders.filter(pl.col("status") == "refunded")
    assert whole.height > 0
    assert (whole["refunded_amount"] == whole["paid_amount"]).all()
    not_sold = orders.filter(pl.col("status").is_in(["pending", "paid", "shipped", "cancelled"]))
    assert set(not_sold["refunded_amount"]) == {"0.00"}
    assert set(orders["status"]) == {"pending", "paid", "shipped", "completed", "cancelled", "refunded"}


def test_references_lead_somewhere(clean_shop) -> None:
    accounts = clean_shop.frame("registrations").select("platform", "account_id")
    assert accounts.sort("account_id").equals(
        clean_shop.truth("accounts").select("platform", "account_id").sort("account_id")
    )
    for extract in ("orders", "browse_events", "tickets", "campaign_events", "feedback"):
        used = clean_shop.frame(extract).select("platform", "account_id").drop_nulls()
        assert used.join(accounts, on=["platform", "account_id"], how="anti").height == 0, extract
    products = clean_shop.frame("products").select("product_id")
    for extract in ("order_items", "browse_events"):
        used = clean_shop.frame(extract).select("product_id").drop_nulls()
        assert used.join(products, on="product_id", how="anti").height == 0
    campaigns = clean_shop.frame("campaigns")
    for extract in ("orders", "browse_events", "campaign_events"):
        used = clean_shop.frame(extract).select("campaign_id").drop_nulls()
        assert used.join(campaigns, on="campaign_id", how="anti").height == 0
    friends = clean_shop.frame("registrations").select(account_id="referred_by").drop_nulls()
    assert friends.height > 0
    assert friends.join(accounts, on="account_id", how="anti").height == 0


def test_times_are_utc_seconds_within_the_local_days(clean_shop) -> None:
    first = datetime.combine(clean_shop.summary.start_date, datetime.min.time()) - timedelta(hours=8)
    after = datetime.combine(clean_shop.summary.end_date, datetime.min.time()) + timedelta(hours=16)
    for extract in EXTRACT_COLUMNS:
        frame = clean_shop.frame(extract).select(pl.col("^.*_at$"))
        for column in frame:
            known = column.drop_nulls()
            assert known.str.contains(TIME).all(), (extract, column.name)
            assert str(first) <= str(known.min()), (extract, column.name)
            assert str(known.max()) < str(after), (extract, column.name)


def test_contact_data_look_like_a_chinese_shop(clean_shop) -> None:
    people = clean_shop.frame("registrations")
    assert people["phone"].str.contains(r"^1[3-9]\d{9}$").all()
    assert people["email"].str.contains(r"^[a-z]+\d+@[a-z0-9]+\.com$").all()
    assert people["name"].str.contains(r"^\p{Han}{2,3}$").all()
    assert people.filter(pl.col("status") == "blocked").height > 0
    filled = 1 - people.drop("referred_by").null_count().sum_horizontal().item() / (18 * people.height)
    assert filled > 0.95


def test_tickets_run_forward_in_time(clean_shop) -> None:
    tickets = clean_shop.frame("tickets")
    assert (tickets["first_response_at"] >= tickets["created_at"]).all()
    solved = tickets.filter(pl.col("status") == "resolved")
    assert (solved["resolved_at"] >= solved["first_response_at"]).all()
    assert tickets.filter(pl.col("status") != "resolved")["resolved_at"].null_count() > 0
    assert set(tickets["category"]) == {"inquiry", "complaint", "return"}
    assert set(tickets["escalation_level"]) == {"1", "2", "3"}
