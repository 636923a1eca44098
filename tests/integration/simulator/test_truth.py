"""The hidden truth agrees with what the extracts show."""

from __future__ import annotations

import polars as pl

from simulator.truth import PROCESS_DEFINITIONS


def test_first_orders_are_where_the_truth_says(clean_shop) -> None:
    local_day = (pl.col("ordered_at").str.to_datetime() + pl.duration(hours=8)).dt.date()
    seen = (
        clean_shop.frame("orders")
        .join(clean_shop.truth("accounts"), on=["platform", "account_id"])
        .group_by("person_id")
        .agg(first=local_day.min(), last=local_day.max())
    )
    persons = clean_shop.truth("persons")
    buyers = persons.drop_nulls("first_order_date").join(seen, on="person_id", how="full", coalesce=True)
    assert (buyers["first"] == buyers["first_order_date"]).all()
    gone = buyers.drop_nulls("dropout_date")
    assert 0.2 < gone.height / buyers.height < 0.8
    assert (gone["last"] <= gone["dropout_date"]).all()


def test_persons_have_levels_only_where_they_can(clean_shop) -> None:
    persons = clean_shop.truth("persons")
    assert persons.height == clean_shop.summary.customers
    assert (persons["spend_level"] > 0).all()
    assert (persons.filter(~pl.col("is_buyer"))["purchase_rate"] == 0).all()
    assert persons.filter(~pl.col("is_buyer"))["first_order_date"].is_null().all()


def test_most_persons_have_one_account_in_a_clean_shop(clean_shop) -> None:
    accounts = clean_shop.truth("accounts").group_by("person_id").len()
    assert accounts.height == clean_shop.summary.customers
    assert (accounts["len"] == 1).mean() > 0.95


def test_accounts_of_one_person_share_phone_and_email_in_a_clean_shop(clean_shop) -> None:
    people = clean_shop.frame("registrations").join(
        clean_shop.truth("accounts"), on=["platform", "account_id"]
    )
    same = people.group_by("person_id").agg(pl.col("phone", "email").n_unique())
    assert same.select(pl.col("phone", "email").max()).row(0) == (1, 1)
    assert people["phone"].n_unique() == people["email"].n_unique() == same.height


def test_effects_name_festivals_experiments_and_the_process(clean_shop) -> None:
    effects = clean_shop.truth("effects")
    assert set(effects["kind"]) == {"festival_lift", "campaign_effect", "process_parameter"}
    assert set(PROCESS_DEFINITIONS) <= set(effects["name"])
    festivals = effects.filter(pl.col("kind") == "festival_lift")
    assert {"618_2025", "double11_2024", "double12_2025", "spring_festival_2026"} <= set(festivals["name"])
    assert effects["definition"].null_count() == 0


def test_groups_agree_with_the_messages_sent(clean_shop) -> None:
    groups = clean_shop.truth("campaign_groups").join(
        clean_shop.truth("accounts"), on="person_id"
    )  # one row per account
    sent = clean_shop.frame("campaign_events").filter(pl.col("event_type") == "sent")
    tested = sent.join(groups, on=["campaign_id", "account_id"])
    assert tested.height > 100
    assert (tested["variant"] == tested["group_name"]).all()
    holdout = groups.filter(pl.col("group_name") == "holdout")
    assert holdout.height > 20
    assert sent.join(holdout, on=["campaign_id", "account_id"], how="semi").height == 0


def test_no_mess_is_planted_in_a_clean_shop(clean_shop) -> None:
    assert clean_shop.truth("mess").height == 0
