"""The same rows give the same raw content, whatever the format, compression, encoding or order of files."""

from __future__ import annotations

import gzip
import io
import json
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.landing.limits import load_limits

if TYPE_CHECKING:
    from conftest import Shop

CONTENT = '''platform,account_id,registered_at,name,birth_date,email_consent,city
web,1,2026-06-01 10:00:00,张伟,1990-02-28,true,上海
app,2,2026-06-02 10:00:00.5,"李, ""娜""",,0,北京
web,3,2026-06-03T08:00:00+08:00,Zoë,1985-12-31,yes,
'''
COLUMNS = "platform, account_id, registered_at, name, birth_date, email_consent, city"


def packed_parquet(frame: pl.DataFrame) -> bytes:
    target = io.BytesIO()
    frame.write_parquet(target)
    return target.getvalue()


FRAME = pl.read_csv(CONTENT.encode(), infer_schema=False)
LINES = "\n".join(json.dumps(row, ensure_ascii=False) for row in FRAME.to_dicts())
VARIANTS: dict[str, bytes] = {
    "plain.csv": CONTENT.encode(),
    "bom.csv": CONTENT.encode("utf-8-sig"),
    "crlf.csv": CONTENT.replace("\n", "\r\n").encode(),
    "gb.csv": CONTENT.encode("gb18030"),
    "gb.csv.gz": gzip.compress(CONTENT.encode("gb18030")),
    "a.csv.gz": gzip.compress(CONTENT.encode()[:60]) + gzip.compress(CONTENT.encode()[60:]),
    "a.csv.zst": zstandard.compress(CONTENT.encode()),
    "a.jsonl": LINES.encode(),
    "escaped.ndjson": "\n".join(json.dumps(row) for row in FRAME.to_dicts()).encode() + b"\n",
    "a.jsonl.zst": zstandard.compress(LINES.encode()),
    "gb.jsonl": LINES.encode("gb18030"),
    "a.parquet": packed_parquet(FRAME),
    "a.parquet.gz": gzip.compress(packed_parquet(FRAME)),
    "typed.parquet": packed_parquet(
        FRAME.with_columns(
            pl.col("registered_at")
            .replace("2026-06-03T08:00:00+08:00", "2026-06-03 00:00:00")
            .str.to_datetime("%Y-%m-%d %H:%M:%S%.f"),
            pl.col("birth_date").str.to_date(),
            pl.col("account_id").cast(pl.Int64),
            pl.col("city").cast(pl.Categorical),
            pl.Series("email_consent", [True, False, True]),
        )
    ),
}


def rows(shop: Shop) -> list[tuple[Any, ...]]:
    return shop.query(f"select {COLUMNS}, _row_hash from raw.registrations order by account_id")


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_gives_the_same_rows(shop: Shop, make_shop: Callable[[str], Shop], name: str) -> None:
    shop.drop("registrations/plain.csv", VARIANTS["plain.csv"])
    shop.ingest("registrations")
    expected = rows(shop)
    (shop.settings.landing / "registrations" / "plain.csv").unlink()
    other = make_shop("other")
    other.drop(f"registrations/{name}", VARIANTS[name])
    (receipt,) = other.ingest("registrations")
    assert (receipt.refused_reason, receipt.rows_accepted) == (None, 3)
    assert rows(other) == expected
    assert expected[1][3] == '李, "娜"'
    assert str(expected[2][2]) == "2026-06-03 00:00:00"


def test_json_lines_with_bad_lines_and_other_keys(shop: Shop) -> None:
    good = {"platform": "web", "Order_ID": 7, "ordered_at": "2026-06-01", "status": "paid"}
    good["paid_amount"] = 1.5
    nested = good | {"order_id": "8", "extra/~key": {"deep": [1, 2]}}
    del nested["Order_ID"]
    broken = ["not json", "[1]", '{"order_id": "\\u0000"}', '{"order_id": 9']
    lines = [json.dumps(good), *broken[:2], json.dumps(nested), *broken[2:]]
    shop.drop("orders/a.jsonl", "\n".join(lines))
    (receipt,) = shop.ingest()
    assert (receipt.rows_read, receipt.rows_accepted, receipt.rows_quarantined) == (6, 2, 4)
    assert shop.orders() == ["7", "8"]
    assert receipt.unknown_columns == ["extra/~key"]
    assert shop.refused_rows()["line_number"].to_list() == [2, 3, 5, 6]


def test_parquet_of_floats_and_nested_columns(shop: Shop) -> None:
    frame = pl.DataFrame(
        {
            "platform": ["web", "web"],
            "order_id": [1.0, 2.0],
            "ordered_at": ["2026-06-01", "2026-06-01"],
            "status": ["paid", "paid"],
            "paid_amount": [0.1 + 0.2, float("nan")],
            "tags": [["a"], ["b"]],
        }
    )
    shop.drop("orders/a.parquet", packed_parquet(frame))
    (receipt,) = shop.ingest()
    assert (receipt.rows_accepted, receipt.rows_quarantined, receipt.unknown_columns) == (1, 1, ["tags"])
    assert shop.query("select order_id, paid_amount::varchar from raw.orders") == [("1", "0.30")]
    (row,) = shop.refused_rows().to_dicts()
    assert (
        json.loads(row["raw_row"])["order_id"] == "2"
    )  # as an accepted row reads it, so that it can be tried again
    assert row["line_number"] == 2


def test_row_numbers_of_a_large_parquet_go_through_all_batches(shop: Shop) -> None:
    rows = load_limits().parquet_batch_rows * 2
    frame = pl.select(
        platform=pl.lit("web"),
        event_id=pl.int_range(rows).cast(pl.String),
        event_at=pl.when(pl.int_range(rows) < rows - 1).then(pl.lit("2026-06-01 10:00:00")),
    )
    shop.drop("browse_events/a.parquet", packed_parquet(frame))
    (receipt,) = shop.ingest("browse_events")
    assert (receipt.rows_accepted, receipt.rows_quarantined) == (rows - 1, 1)
    assert shop.refused_rows()["line_number"].to_list() == [rows]
    assert shop.query("select count(*), max(_line_number), max(event_id::int) from raw.browse_events") == [
        (rows - 1, rows - 1, rows - 2)
    ]


def line(number: int) -> str:
    return f"web,o{number},2026-06-0{1 + number % 9} 10:00:00,paid,{number}.00"


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.lists(st.lists(st.integers(0, 12), max_size=8), min_size=1, max_size=5), order=st.randoms())
def test_any_permutation_of_files_and_rows_gives_the_same_raw_content(
    make_shop: Callable[[str], Shop], files: list[list[int]], order: Any
) -> None:
    """Also when each file comes in a run of its own, with rows repeated within and across files."""
    contents = []
    for number in range(2):
        shuffled = list(files)
        order.shuffle(shuffled)
        shop = make_shop(f"home-{uuid.uuid4()}")
        for path in shop.settings.landing.rglob("*.csv"):
            path.unlink()
        for index, numbers in enumerate(shuffled):
            lines = [line(value) for value in numbers]
            order.shuffle(lines)
            shop.drop(
                f"orders/{index}.csv",
                "\n".join(["platform,order_id,ordered_at,status,paid_amount", *lines]) + "\n",
            )
            if number == 0:
                shop.ingest()
        shop.ingest()
        contents.append(shop.query("select order_id, paid_amount, _row_hash from raw.orders order by all"))
    assert contents[0] == contents[1]
    assert len(contents[0]) == len({value for numbers in files for value in numbers})
