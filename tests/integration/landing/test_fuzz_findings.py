"""What the soak run found, each as the smallest file that shows it."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.integration.landing.conftest import Shop

GOOD = datetime(2026, 6, 1, 10)


def parquet(**columns: pa.Array | list[Any]) -> bytes:
    base: dict[str, Any] = {
        "platform": ["web", "web"],
        "order_id": ["o1", "o2"],
        "ordered_at": [GOOD, GOOD],
        "status": ["paid", "paid"],
        "paid_amount": ["1.00", "2.00"],
    }
    buffer = io.BytesIO()
    pq.write_table(pa.table(base | columns), buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("unit", ["ms", "us"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Shanghai"])
def test_a_moment_outside_of_the_calendar_is_refused_and_its_neighbour_kept(
    shop: Shop, unit: str, zone: str | None
) -> None:
    good = int(GOOD.replace(tzinfo=UTC).timestamp()) * (1000 if unit == "ms" else 1_000_000)
    moments = pa.array([2**62, good], pa.timestamp(unit, zone))
    shop.drop("orders/a.parquet", parquet(ordered_at=moments))
    (receipt,) = shop.ingest()
    assert (receipt.rows_accepted, receipt.rows_quarantined) == (1, 1)
    assert shop.query("select order_id, ordered_at from raw.orders") == [("o2", GOOD)]
    (refused,) = shop.refused_rows().iter_rows(named=True)
    assert refused["reasons"] == ["ordered_at is not a date with time"]
    assert str(2**62) in refused["raw_row"]


def test_a_day_outside_of_the_calendar_is_refused(shop: Shop) -> None:
    days = pa.array([2**31 - 1, 20_605], pa.date32())
    shop.drop("orders/a.parquet", parquet(ordered_at=days))
    assert [item.rows_quarantined for item in shop.ingest()] == [1]
    assert shop.query("select ordered_at from raw.orders") == [(datetime(2026, 6, 1),)]


@pytest.mark.parametrize(
    "amounts",
    [
        [timedelta(1), timedelta(2)],
        [time(1), time(2)],
        [True, False],
        [date(2026, 6, 1), date(2026, 6, 2)],
        [GOOD, GOOD],
    ],
)
def test_what_is_no_number_is_refused_and_never_made_one(shop: Shop, amounts: list[Any]) -> None:
    shop.drop("orders/a.parquet", parquet(paid_amount=amounts))
    (receipt,) = shop.ingest()
    assert (receipt.refused_reason, receipt.rows_quarantined) == (None, 2)
    assert set(shop.refused_rows()["reasons"].explode()) == {"paid_amount is not a number"}


@pytest.mark.parametrize("platforms", [[timedelta(1)] * 2, [time(1)] * 2])
def test_durations_and_times_are_texts_in_a_text_column(shop: Shop, platforms: list[Any]) -> None:
    shop.drop("orders/a.parquet", parquet(platform=platforms))
    assert [item.rows_accepted for item in shop.ingest()] == [2]


def test_bytes_that_are_no_text_refuse_the_file_by_the_name_of_the_column(shop: Shop) -> None:
    shop.drop("orders/a.parquet", parquet(platform=pa.array([b"\xff\x00", b"web"])))
    (receipt,) = shop.ingest()
    assert str(receipt.refused_reason).startswith("The column platform holds bytes that are no UTF-8 text.")


def test_a_column_name_that_is_no_text_refuses_the_file(shop: Shop) -> None:
    data = parquet().replace(b"order_id", b"order\xad\xffd")
    shop.drop("orders/a.parquet", data)
    (receipt,) = shop.ingest()
    assert str(receipt.refused_reason).startswith("The file is not a readable Parquet file")


@pytest.mark.parametrize("fault", [b"\0", b"\r", b"\x01"])
@pytest.mark.parametrize("at", [0, 20])
def test_a_fault_in_the_first_row_of_json_lines_costs_that_row_alone(
    shop: Shop, fault: bytes, at: int
) -> None:
    row = b'{"platform": "web", "order_id": "o%d", "ordered_at": "2026-06-01", "status": "paid", "paid_amount": 1}'
    first = row % 1
    shop.drop("orders/a.jsonl", b"\n".join([first[:at] + fault + first[at:], row % 2, row % 3]))
    (receipt,) = shop.ingest()
    assert (receipt.refused_reason, receipt.rows_read) == (None, 3)
    assert {"o2", "o3"} <= set(shop.orders())


def test_dates_within_the_calendar_keep_their_type(shop: Shop) -> None:
    from orchestration.landing.parquet_reader import _as_text

    for unit in ("ms", "us", "ns"):
        series = pl.Series("at", [GOOD, None], dtype=pl.Datetime(unit, "Asia/Shanghai"))  # type: ignore[arg-type]
        assert _as_text(series).dtype == series.dtype


def test_one_broken_character_makes_no_gb18030_of_two_lines(shop: Shop) -> None:
    row = '{"platform": "天猫", "order_id": "o%d", "ordered_at": "2026-06-01", "status": "paid", "paid_amount": 1}'
    broken = (row % 1).encode().replace("猫".encode(), "猫".encode()[:2])
    shop.drop("orders/a.jsonl", b"\n".join([broken, (row % 2).encode()]))
    shop.ingest()
    assert shop.query("select platform, order_id from raw.orders") == [("天猫", "o2")]
