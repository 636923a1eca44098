"""Typed columns from integer arrays: ids, money, timestamps, and look-ups by index."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Array = npt.NDArray[Any]

EXTRACT_COLUMNS: dict[str, tuple[str, ...]] = {
    "registrations": (
        "account_id", "platform", "registered_at", "updated_at", "name", "email", "phone", "gender",
        "birth_date", "country", "province", "city", "occupation", "acquisition_channel", "email_consent",
        "sms_consent", "status", "anonymous_id", "referred_by",
    ),
    "orders": (
        "order_id", "platform", "account_id", "ordered_at", "updated_at", "status", "payment_method",
        "currency", "gross_amount", "discount_amount", "shipping_amount", "paid_amount", "refunded_amount",
        "coupon_code", "campaign_id", "device",
    ),
    "order_items": (
        "order_id", "platform", "line_no", "product_id", "quantity", "unit_price", "discount_amount",
        "refunded_quantity",
    ),
    "browse_events": (
        "event_id", "event_at", "anonymous_id", "account_id", "platform", "event_type", "product_id",
        "search_term", "device", "source", "campaign_id",
    ),
    "tickets": (
        "ticket_id", "platform", "account_id", "created_at", "updated_at", "first_response_at",
        "resolved_at", "channel", "category", "topic", "priority", "escalation_level", "handled_by",
        "status", "satisfaction", "message",
    ),
    "products": ("product_id", "name", "category", "brand", "list_price", "unit_cost"),
    "campaigns": ("campaign_id", "name", "channel", "purpose", "variant", "sent_at", "cost"),
    "campaign_events": (
        "campaign_id", "variant", "platform", "account_id", "event_type", "event_at", "is_machine",
    ),
    "feedback": (
        "feedback_id", "platform", "account_id", "order_id", "created_at", "kind", "score", "text",
    ),
}  # fmt: skip

_DIGITS = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)

# Asia/Shanghai has kept UTC+8 without summer time since 1992.
LOCAL_MINUS_UTC_SECONDS = 8 * 3600
DAY_SECONDS = 86_400


def ids(numbers: Array, *, prefix: str, width: int, base: int = 10) -> pl.Series:
    """Fixed-width ids such as `T0001234`: prefix, then the number in `base` with leading zeros.

    Args:
        numbers: non-negative integers below `base ** width`, shape (n,).
        prefix: ASCII text before the digits.
        width: count of digits.
        base: 10 or 16.

    Returns:
        String series of length n.
    """
    rest = numbers.astype(np.int64)
    text = np.empty((rest.size, len(prefix) + width), dtype=np.uint8)
    text[:, : len(prefix)] = np.array(list(prefix.encode("ascii")), dtype=np.uint8)
    for position in range(len(prefix) + width - 1, len(prefix) - 1, -1):
        rest, digit = np.divmod(rest, base)
        text[:, position] = _DIGITS[digit]
    return fixed_width_text(text)


def fixed_width_text(text: npt.NDArray[np.uint8]) -> pl.Series:
    """String series from a matrix of ASCII bytes, one row per value, shape (n, width)."""
    count, width = text.shape
    offsets = np.arange(count + 1, dtype=np.int64) * width
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(text))]
    return pl.Series(pa.Array.from_buffers(pa.large_string(), count, buffers))


def scramble(numbers: Array, *, modulus: int, multiplier: int, offset: int = 0) -> Ints:
    """One-to-one shuffle of 0..modulus-1; the multiplier must share no factor with the modulus."""
    return (numbers.astype(np.int64) * multiplier + offset) % modulus


def money(cents: Array) -> pl.Series:
    """DECIMAL(18,2) series from whole cents, exact."""
    halves = np.empty((cents.size, 2), dtype=np.int64)
    halves[:, 0] = cents
    halves[:, 1] = halves[:, 0] >> 63
    return pl.Series(pa.Array.from_buffers(pa.decimal128(18, 2), cents.size, [None, pa.py_buffer(halves)]))


def pick(values: pl.Series, index: Array) -> pl.Series:
    """Values at the given positions; a negative position gives null."""
    with_null = values.extend_constant(None, 1)
    return with_null.gather(np.where(index < 0, len(values), index).astype(np.uint32))


def pick_word(words: list[str] | tuple[str, ...], index: Array) -> pl.Series:
    """Words at the given positions; a negative position gives null."""
    return pick(pl.Series(list(words), dtype=pl.String), index)


def timestamps(seconds: Array, *, start: date, known: Bools | None = None) -> pl.Series:
    """Naive UTC timestamps from local seconds since local midnight of `start`; null where not `known`."""
    origin = int(datetime(start.year, start.month, start.day, tzinfo=UTC).timestamp())
    utc = (seconds.astype(np.int64) + (origin - LOCAL_MINUS_UTC_SECONDS)) * 1_000_000
    series = pl.Series(utc).cast(pl.Datetime("us"))
    return series if known is None else nullable(series, known)


def nullable(values: pl.Series, known: Bools) -> pl.Series:
    """The values with null where `known` is false."""
    return pl.select(pl.when(pl.Series(known)).then(values)).to_series()


def dates(day: Array, *, start: date, known: Bools | None = None) -> pl.Series:
    """Dates from days since `start`; null where not `known`."""
    origin = (start - date(1970, 1, 1)).days
    series = pl.Series((day.astype(np.int64) + origin).astype(np.int32)).cast(pl.Date)
    return series if known is None else nullable(series, known)
