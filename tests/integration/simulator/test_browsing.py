"""Events form sessions, log-ins link browsers to accounts, a checkout comes before each order."""

from __future__ import annotations

import polars as pl
import pytest


@pytest.fixture(scope="module")
def events(clean_shop) -> pl.DataFrame:
    frame = clean_shop.frame("browse_events")
    return frame.with_columns(pl.col("event_at").str.to_datetime("%Y-%m-%d %H:%M:%S"))


def test_a_customer_makes_ten_orders_and_fifty_events(clean_shop) -> None:
    counts = clean_shop.summary.row_counts
    assert counts["orders"] / clean_shop.summary.customers == pytest.approx(10, rel=0.15)
    assert counts["browse_events"] / counts["orders"] == pytest.approx(5, rel=0.1)


def test_about_two_and_a_half_sessions_per_order(clean_shop, events: pl.DataFrame) -> None:
    gap = pl.col("event_at").diff().over("anonymous_id", order_by="event_at")
    sessions = events.select((gap.is_null() | (gap > pl.duration(minutes=30))).sum()).item()
    assert sessions / clean_shop.summary.row_counts["orders"] == pytest.approx(2.5, rel=0.15)


def test_a_checkout_of_the_same_account_comes_within_a_minute_before_each_order(
    clean_shop, events: pl.DataFrame
) -> None:
    orders = clean_shop.frame("orders").select(
        "account_id", pl.col("ordered_at").str.to_datetime("%Y-%m-%d %H:%M:%S")
    )
    checkouts = events.filter(pl.col("event_type") == "checkout").select("account_id", "event_at")
    matched = orders.sort("ordered_at").join_asof(
        checkouts.sort("event_at"), left_on="ordered_at", right_on="event_at", by="account_id",
        check_sortedness=False,
    )  # fmt: skip
    wait = matched.select((pl.col("ordered_at") - pl.col("event_at")).dt.total_seconds()).to_series()
    assert wait.null_count() == 0
    assert wait.quantile(0.01) >= 5  # two orders at once may borrow each other's checkout
    assert wait.max() < 60


def test_every_account_logs_in_with_its_browser_at_registration(clean_shop, events: pl.DataFrame) -> None:
    logins = events.filter(pl.col("event_type") == "login").select("account_id", "anonymous_id").unique()
    people = clean_shop.frame("registrations").select("account_id", "anonymous_id")
    assert people.join(logins, on=["account_id", "anonymous_id"], how="anti").height == 0


def test_accounts_are_unknown_before_the_first_log_in(clean_shop, events: pl.DataFrame) -> None:
    registered = clean_shop.frame("registrations").select(
        "account_id", pl.col("registered_at").str.to_datetime("%Y-%m-%d %H:%M:%S")
    )
    known = events.drop_nulls("account_id").join(registered, on="account_id")
    assert (known["event_at"] >= known["registered_at"]).all()
    assert events["account_id"].null_count() / events.height > 0.1


def test_products_and_terms_stand_where_they_mean_something(events: pl.DataFrame) -> None:
    shows = pl.col("event_type").is_in(["product_view", "add_to_cart", "remove_from_cart"])
    assert events.filter(shows)["product_id"].null_count() == 0
    assert events.filter(~shows)["product_id"].is_null().all()
    assert events.filter(pl.col("event_type") == "search")["search_term"].null_count() == 0
    assert events.filter(pl.col("event_type") != "search")["search_term"].is_null().all()


def test_campaigns_come_only_with_mail_and_sms(events: pl.DataFrame) -> None:
    assert set(events.drop_nulls("campaign_id")["source"]) <= {"email", "sms"}
