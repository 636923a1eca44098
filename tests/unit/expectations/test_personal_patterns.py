"""What looks like personal data, and what only resembles it."""

from __future__ import annotations

import duckdb
import pytest

from expectations.personal_data import EMAIL_PATTERN, PHONE_PATTERN


def matches(text: str, pattern: str) -> bool:
    found = duckdb.execute("select regexp_matches(?, ?)", [text, pattern]).fetchone()
    return bool(found and found[0])


@pytest.mark.parametrize("text", ["a@b.cn", "wang.fang+1@mail.shop.example", "write to li@163.com now"])
def test_emails_are_seen(text: str) -> None:
    assert matches(text, EMAIL_PATTERN)


@pytest.mark.parametrize("text", ["@home", "a@b", "50 pieces @ 3.00", "wang at 163.com"])
def test_other_texts_with_an_at_sign_are_not(text: str) -> None:
    assert not matches(text, EMAIL_PATTERN)


@pytest.mark.parametrize("text", ["13912345678", "+86 13912345678", "8613912345678", "电话13912345678。"])
def test_mobile_numbers_are_seen(text: str) -> None:
    assert matches(text, PHONE_PATTERN)


@pytest.mark.parametrize(
    "text", ["0.1391234567811", "ab13912345678f", "12345678901", "1391234567", "139****5678"]
)
def test_other_digits_are_not(text: str) -> None:
    assert not matches(text, PHONE_PATTERN)
