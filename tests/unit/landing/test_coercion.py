"""Text becomes typed values, or is told to be unreadable; it never becomes a wrong value."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest

from orchestration.landing.coercion import clean, coerce, to_day, to_flag, to_moment, to_text, to_whole


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-02-29 12:30:00", datetime(2024, 2, 29, 12, 30)),
        ("2024-02-29T12:30:00.123456", datetime(2024, 2, 29, 12, 30, 0, 123456)),
        ("2024-02-29 12:30", datetime(2024, 2, 29, 12, 30)),
        ("2024/02/29 12:30:00", datetime(2024, 2, 29, 12, 30)),
        ("2024-02-29", datetime(2024, 2, 29)),
        ("2024年02月29日", datetime(2024, 2, 29)),
        ("2024-02-29T12:30:00Z", datetime(2024, 2, 29, 12, 30)),
        ("2024-02-29T12:30:00+08:00", datetime(2024, 2, 29, 4, 30)),
        ("2024-02-29 12:30:00+0800", datetime(2024, 2, 29, 4, 30)),
        ("2023-02-29 12:30:00", None),
        ("yesterday", None),
        ("20240229123000", None),
    ],
)
def test_moments(text: str, moment: datetime | None) -> None:
    assert to_moment(pl.Series([text])).to_list() == [moment]


def test_moments_of_mixed_formats_in_one_column() -> None:
    found = to_moment(pl.Series(["2024-01-01", None, "2024-01-01T08:00:00+08:00", "x", "2024/01/01 00:00"]))
    assert found.to_list() == [datetime(2024, 1, 1), None, datetime(2024, 1, 1), None, datetime(2024, 1, 1)]


def test_a_moment_with_a_zone_becomes_utc() -> None:
    zoned = pl.Series([datetime(2024, 1, 1, 8)]).dt.replace_time_zone("Asia/Shanghai")
    assert to_moment(zoned).to_list() == [datetime(2024, 1, 1)]


def test_days_whole_numbers_and_flags() -> None:
    assert to_day(pl.Series(["1990-05-17", "1990-05-17 00:00:00", "17.5.90"])).to_list() == [
        date(1990, 5, 17),
        date(1990, 5, 17),
        None,
    ]
    assert to_whole(pl.Series(["3", "3.0", "3.5", "x", "99999999999"])).to_list() == [3, 3, None, None, None]
    assert to_whole(pl.Series([3.0, 2.5])).to_list() == [3, None]
    assert to_flag(pl.Series(["TRUE", "0", "是", "maybe"])).to_list() == [True, False, True, None]


MIDNIGHT_IN_CHINA = ["1990-05-03T00:00:00+08:00", "1990-05-03 00:00:00+0800", "1990-05-03T00:00:00.000+08:00"]


@pytest.mark.parametrize("text", [*MIDNIGHT_IN_CHINA, "1990-05-03T23:30:00Z", "1990-05-03T23:30:00-05:00"])
def test_a_day_with_an_offset_is_the_day_that_stands_there(text: str) -> None:
    """Converted to UTC first, everybody born in China would be a day older."""
    assert to_day(pl.Series([text, "soon", "1990-05-03T00:00:00+99:99"])).to_list() == [
        date(1990, 5, 3),
        None,
        None,
    ]


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Etc/GMT-8"])
def test_a_day_of_a_zoned_column_is_the_local_one(zone: str) -> None:
    midnight = pl.Series([datetime(1990, 5, 3)]).dt.replace_time_zone(zone)
    assert to_day(midnight).to_list() == [date(1990, 5, 3)]


def test_not_a_number_is_nothing() -> None:
    """Else all rows without an account would share the account `NaN`."""
    numbers = pl.Series("account_id", [17850.0, float("nan"), None])
    assert to_text(numbers).to_list() == ["17850", None, None]
    typed = coerce(
        frame=pl.DataFrame({"account_id": numbers, "refunded_amount": [1.0, float("nan"), None]}),
        extract="orders",
    )
    assert typed["account_id"].to_list() == ["17850", None, None]
    assert typed["refunded_amount"].null_count() == 2
    assert typed["_unreadable"].sum() == 0


def test_identifiers_that_came_as_floats_lose_their_fraction() -> None:
    assert to_text(pl.Series([17850.0, 2.5, None])).to_list() == ["17850", "2.5", None]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12.5", Decimal("12.50")),
        ("-3", Decimal("-3.00")),
        ("0.30000000000000004", Decimal("0.30")),
        ("1,234.50", None),
        ("¥12", None),
        ("12abc", None),
        ("99999999999999999999", None),
    ],
)
def test_money(text: str, amount: Decimal | None) -> None:
    typed = coerce(frame=pl.DataFrame({"paid_amount": [text]}), extract="orders")
    assert typed["paid_amount"].to_list() == [amount]
    assert (typed["_unreadable"][0] > 0) == (amount is None)


def test_nothing_is_null_but_a_placeholder_in_an_address_stays() -> None:
    """An e-mail `null` counts as invalid in a KPI, so it must not vanish here."""
    frame = pl.DataFrame({"account_id": [" NULL ", "\\N", " a1 "], "email": ["null", " ", "x@y"]})
    assert clean(frame).to_dict(as_series=False) == {
        "account_id": [None, None, "a1"],
        "email": ["null", None, "x@y"],
    }


def test_absent_columns_are_null_and_statuses_are_translated() -> None:
    typed = coerce(frame=pl.DataFrame({"status": ["已完成", "Canceled", "???"]}), extract="orders")
    assert typed["status"].to_list() == ["completed", "cancelled", None]
    assert typed["campaign_id"].null_count() == 3
    assert [bits > 0 for bits in typed["_unreadable"]] == [False, False, True]
