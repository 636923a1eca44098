"""Every kind of bad input ends in quarantine or refusal with a reason; every good row is accepted."""

from __future__ import annotations

import errno
import gzip
import io
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa
import pytest
import zstandard

from orchestration.landing.compression import UnreadableFileError
from orchestration.landing.worksheet import export

if TYPE_CHECKING:
    from conftest import Shop

HEADER = "platform,order_id,account_id,ordered_at,status,paid_amount,refunded_amount"
GOOD = [f"web,o{number},a1,2026-06-01 10:00:00,paid,10.00,0" for number in range(1, 4)]


def csv_text(*lines: str) -> str:
    return "\n".join([HEADER, *lines]) + "\n"


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    target = io.BytesIO()
    frame.write_parquet(target)
    return target.getvalue()


GOOD_CSV = csv_text(*GOOD).encode()
GOOD_FRAME = pl.read_csv(GOOD_CSV, infer_schema=False)

REFUSED = {
    "empty.csv": (b"", "empty"),
    "blank.csv": (b"\n\n\n", "blank lines"),
    "binary.csv": (bytes(range(256)) * 64, "not text"),
    "picture.csv": (b"\x89PNG\r\n\x1a\n" + bytes(500), "picture"),
    "workbook.csv": (b"PK\x03\x04" + bytes(500), "Excel"),
    "wide.csv": (csv_text(*GOOD).encode("utf-16"), "UTF-16"),
    "cut.csv.gz": (gzip.compress(GOOD_CSV * 500)[:-40], "ends too early"),
    "cut.csv.zst": (zstandard.compress(GOOD_CSV * 500)[:-20], "ends too early"),
    "plain.csv.gz": (GOOD_CSV, "not valid gzip"),
    "plain.csv.zst": (GOOD_CSV, "not valid zstd"),
    "packed.csv": (gzip.compress(GOOD_CSV), "without the extension .gz"),
    "semicolons.csv": (GOOD_CSV.replace(b",", b";"), "separated by semicolons"),
    "tabs.csv": (GOOD_CSV.replace(b",", b"\t"), "separated by tabs"),
    "missing.csv": (GOOD_CSV.replace(b"order_id", b"order_no"), "required column order_id"),
    "headless.csv": ("\n".join(GOOD).encode(), "required columns"),
    "twice.csv": (
        GOOD_CSV.replace(b"account_id", b"Order_ID"),
        "columns 2 and 3 of the first line have the same name",
    ),
    "old_mac.csv": (GOOD_CSV.replace(b"\n", b"\r"), "carriage return"),
    "footer.parquet": (parquet_bytes(GOOD_FRAME)[:-30], "Parquet"),
    "text.parquet": (GOOD_CSV, "Parquet"),
    "no_key.parquet": (parquet_bytes(GOOD_FRAME.drop("order_id")), "required column order_id"),
    "array.jsonl": (
        b'[\n{"a": 1},\n{"a": 2}\n]\n'.replace(b'{"a": 1},', b"1,").replace(b'{"a": 2}', b"2"),
        "JSON",
    ),
    "sheet.xlsx": (b"PK", "extension"),
    "noextension": (GOOD_CSV, "extension"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_unreadable_file_is_refused_whole_and_the_others_go_on(shop: Shop, name: str) -> None:
    content, word = REFUSED[name]
    shop.drop(f"orders/{name}", content)
    shop.drop("orders/zz_good.csv", csv_text("web,good,a1,2026-06-01 10:00:00,paid,10.00,0"))
    refused, good = sorted(shop.ingest(), key=lambda receipt: receipt.file_name == "orders/zz_good.csv")
    assert word in str(refused.refused_reason)
    assert (refused.rows_read, refused.file_name) == (0, f"orders/{name}")
    assert good.rows_accepted == 1
    assert shop.orders() == ["good"]
    assert shop.ingest() == []


def test_a_refusal_tells_nothing_of_a_file_without_header(shop: Shop) -> None:
    """The reason of a refusal is published, and the first line of such a file is a customer."""
    person = "web,13912345678,wang.fang@163.com,张伟,2026-06-01 10:00:00"
    shop.drop("registrations/a.csv", f"{person}\n")
    shop.drop("registrations/b.csv", f"{person},张伟\n")
    reasons = [str(receipt.refused_reason) for receipt in shop.ingest("registrations")]
    assert not [word for word in person.split(",") for reason in reasons if word in reason]
    assert reasons[0] == (
        "The required columns platform, account_id, registered_at of registrations cannot be found. Of the "
        "file's 5 columns these are known: none. The first line must be a header that names the columns."
    )
    assert "columns 4 and 6 of the first line" in reasons[1]


def test_a_refusal_names_the_contract_columns_that_the_file_has(shop: Shop) -> None:
    shop.drop("orders/a.csv", GOOD_CSV.replace(b"order_id", b"secret"))
    (receipt,) = shop.ingest()
    assert "Of the file's 7 columns these are known: platform, account_id, ordered_at, status" in str(
        receipt.refused_reason
    )
    assert "secret" not in str(receipt.refused_reason)


@pytest.mark.parametrize("leaves", ["deleted", "corrected"])
def test_a_refused_file_is_forgotten_once_it_has_left_the_landing_folder(shop: Shop, leaves: str) -> None:
    """Else each later run would warn of a file that nobody can find any more."""
    shop.drop("orders/good.csv", GOOD_CSV)
    path = shop.drop("orders/bad.csv", b"")
    shop.ingest()
    path.unlink()
    if leaves == "corrected":
        shop.drop("orders/bad.csv", csv_text("web,o9,a1,2026-06-01 10:00:00,paid,10.00,0"))
    shop.ingest()
    refused = "select count(*) from raw.ingested_files where refused_reason is not null"
    assert shop.query(refused) == [(0,)]
    assert shop.orders() == ["o1", "o2", "o3"] + ["o9"] * (leaves == "corrected")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_is_refused_and_tried_again(shop: Shop) -> None:
    path = shop.drop("orders/a.csv", GOOD_CSV)
    path.chmod(0)
    assert "permission" in str(shop.ingest()[0].refused_reason).lower()
    path.chmod(0o600)
    assert shop.ingest()[0].rows_accepted == 3


def test_a_file_whose_disk_fails_for_a_moment_is_refused_and_tried_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise UnreadableFileError("Input/output error") from OSError(errno.EIO, "Input/output error")

    shop.drop("orders/a.csv", GOOD_CSV)
    with monkeypatch.context() as patched:
        patched.setattr("orchestration.landing.staging.read_batches", fail)
        assert "Input/output error" in str(shop.ingest()[0].refused_reason)
    assert shop.ingest()[0].rows_accepted == 3
    assert shop.query("select count(*) from raw.ingested_files where refused_reason is not null") == [(0,)]


def test_memory_that_ends_is_no_fault_of_the_file(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise pa.ArrowMemoryError("malloc of size 64 failed")

    shop.drop("orders/a.parquet", parquet_bytes(pl.read_csv(GOOD_CSV)))
    with monkeypatch.context() as patched:
        patched.setattr("orchestration.landing.parquet_reader._batches", fail)
        with pytest.raises(pa.ArrowMemoryError):
            shop.ingest()
    assert shop.ingest()[0].rows_accepted == 3


def test_a_link_out_of_the_landing_folder_is_not_followed(shop: Shop, tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_bytes(GOOD_CSV)
    (shop.settings.landing / "orders").mkdir()
    (shop.settings.landing / "orders" / "link.csv").symlink_to(outside)
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "b.csv").write_bytes(GOOD_CSV)
    (shop.settings.landing / "orders" / "folder").symlink_to(folder, target_is_directory=True)
    (receipt,) = shop.ingest()
    assert "link" in str(receipt.refused_reason)
    assert shop.orders() == []
    (shop.settings.landing / "orders" / "link.csv").unlink()
    shop.drop("orders/link.csv", GOOD_CSV)
    assert shop.ingest()[0].rows_accepted == 3
    assert shop.query("select count(*) from raw.ingested_files where refused_reason is not null") == [(0,)]


def test_a_pipe_is_refused_without_waiting_for_it(shop: Shop) -> None:
    (shop.settings.landing / "orders").mkdir()
    os.mkfifo(shop.settings.landing / "orders" / "pipe.csv")
    assert "pipe" in str(shop.ingest()[0].refused_reason)


def test_an_extract_folder_that_is_a_link_is_not_followed(shop: Shop, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "b.csv").write_bytes(GOOD_CSV)
    (shop.settings.landing / "orders").symlink_to(folder, target_is_directory=True)
    assert "link" in str(shop.ingest()[0].refused_reason)


QUARANTINED = {
    "text in a number": ("web,x,a1,2026-06-01 10:00:00,paid,ten,0", "paid_amount is not a number"),
    "year 0": ("web,x,a1,0000-01-01 00:00:00,paid,1,0", "ordered_at lies too far in the past"),
    "year 2999": ("web,x,a1,2999-01-01 00:00:00,paid,1,0", "ordered_at lies in the future"),
    "negative money": ("web,x,a1,2026-06-01 10:00:00,paid,-1,0", "paid_amount is negative"),
    "refund above payment": (
        "web,x,a1,2026-06-01 10:00:00,paid,1,2",
        "refunded_amount is larger than paid_amount",
    ),
    "unknown status": ("web,x,a1,2026-06-01 10:00:00,gone,1,0", "status is not a known value"),
    "no key": ("web,,a1,2026-06-01 10:00:00,paid,1,0", "order_id is missing"),
    "lone quote": ('web,"x,a1,2026-06-01 10:00:00,paid,1,0', "a quote is opened and never closed"),
    "NUL bytes": ("web,x\0,a1,2026-06-01 10:00:00,paid,1,0", "the line holds NUL bytes"),
    "field count": ("web,x,a1", "the line has 3 fields where the header has 7"),
}


@pytest.mark.parametrize("kind", QUARANTINED)
def test_a_bad_row_is_quarantined_and_its_neighbours_are_accepted(shop: Shop, kind: str) -> None:
    line, reason = QUARANTINED[kind]
    shop.drop("orders/a.csv", csv_text(GOOD[0], line, *GOOD[1:]))
    (receipt,) = shop.ingest()
    assert (receipt.rows_read, receipt.rows_accepted, receipt.rows_quarantined) == (4, 3, 1)
    assert shop.orders() == ["o1", "o2", "o3"]
    (row,) = shop.refused_rows().to_dicts()
    assert (row["file_name"], row["line_number"], row["reasons"]) == ("orders/a.csv", 3, [reason])
    assert row["raw_row"] == line.replace("\0", "\N{SYMBOL FOR NULL}")


def test_broken_bytes_cost_their_line(shop: Shop) -> None:
    bad = b"web,caf\xe9,a1,2026-06-01 10:00:00,paid,1,0\n"
    shop.drop("orders/a.csv", GOOD_CSV + bad + "web,订单,a1,2026-06-01 10:00:00,paid,1,0\n".encode())
    assert shop.ingest()[0].rows_quarantined == 1
    assert shop.orders() == ["o1", "o2", "o3", "订单"]
    assert "neither UTF-8 nor GB18030" in shop.refused_rows()["reasons"][0][0]


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "csv.zst"])
def test_a_line_of_100_mb_costs_itself_and_keeps_its_beginning(shop: Shop, suffix: str) -> None:
    giant = b"web," + b"x" * 100_000_000 + b",a1,2026-06-01 10:00:00,paid,1,0\n"
    content = HEADER.encode() + b"\n" + GOOD[0].encode() + b"\n" + giant + "\n".join(GOOD[1:]).encode()
    pack = {
        "csv": lambda data: data,
        "csv.gz": lambda data: gzip.compress(data, 1),
        "csv.zst": zstandard.compress,
    }
    shop.drop(f"orders/a.{suffix}", pack[suffix](content))
    (receipt,) = shop.ingest()
    assert (receipt.rows_accepted, receipt.rows_quarantined) == (3, 1)
    (row,) = shop.refused_rows().to_dicts()
    assert row["line_number"] == 3
    assert "longer than" in row["reasons"][0]
    assert 0 < len(row["raw_row"]) < 200_000


def test_a_lone_quote_does_not_swallow_a_long_file(shop: Shop) -> None:
    lines = [f"web,n{number},a1,2026-06-01 10:00:00,paid,1,0" for number in range(5000)]
    shop.drop("orders/a.csv", csv_text('web,"x,a1,2026-06-01 10:00:00,paid,1,0', *lines))
    (receipt,) = shop.ingest()
    assert (receipt.rows_accepted, receipt.rows_quarantined) == (5000, 1)


def test_a_formula_is_harmless_text_and_is_neutralised_in_the_export(shop: Shop, tmp_path: Path) -> None:
    header = "platform,account_id,registered_at,name,email,phone\n"
    rows = "web,1,2026-06-01,=cmd(),,138****1234\nweb,2,2026-06-01,=cmd(),no-address,null\n=web,,x,@a,,\n"
    shop.drop("registrations/a.csv", header + rows)
    (receipt,) = shop.ingest("registrations")
    assert (receipt.rows_accepted, receipt.rows_quarantined) == (2, 1)
    assert shop.query("select name, phone from raw.registrations order by account_id") == [
        ("=cmd()", "138****1234"),
        ("=cmd()", "null"),
    ]
    target = tmp_path / "out.csv"
    assert export(settings=shop.settings, target=target, extract="registrations") == 1
    written = pl.read_csv(target)
    assert written.select("platform", "registered_at", "name", "raw_row").rows() == [
        ("'=web", "x", "'@a", None)
    ]


def test_unknown_columns_are_reported_and_order_and_case_are_free(shop: Shop) -> None:
    shop.drop(
        "orders/a.csv",
        "Paid_Amount,new_one, STATUS ,order_id,Platform,ordered_at\n5,x,paid,o1,web,2026-06-01\n",
    )
    (receipt,) = shop.ingest()
    assert (receipt.rows_accepted, receipt.unknown_columns) == (1, ["new_one"])
    assert shop.query("select order_id, paid_amount::varchar, account_id from raw.orders") == [
        ("o1", "5.00", None)
    ]


@pytest.mark.parametrize(
    "name",
    [
        "with space/a b.csv",
        "订单/六月 (1).csv",
        "it's [a] *?.csv",
        "a=b/x.csv",
        "';drop table x;--.csv",
        "%s{}.csv",
    ],
)
def test_names_of_all_kinds_work(shop: Shop, name: str) -> None:
    shop.drop(f"orders/{name}", GOOD_CSV)
    assert shop.ingest()[0].rows_accepted == 3
    assert shop.query("select distinct _file_name from raw.orders") == [(f"orders/{name}",)]


@pytest.mark.parametrize("name", ["ho'me [1] 家*", "status=refunded"])
def test_a_home_with_a_strange_name_works(tmp_path: Path, shop: Shop, name: str) -> None:
    shop.settings = replace(shop.settings, home=tmp_path / name)
    shop.drop("orders/a.csv", GOOD_CSV)
    shop.drop("orders/b.csv", GOOD_CSV + b"web,bad\n")
    shop.ingest()
    assert shop.orders() == ["o1", "o2", "o3"]
    assert shop.query("select distinct status from raw.orders") == [("paid",)]
    assert shop.refused_rows().height == 1


def test_only_a_header_is_a_file_without_rows(shop: Shop) -> None:
    shop.drop("orders/a.csv", HEADER + "\n")
    (receipt,) = shop.ingest()
    assert (receipt.rows_read, receipt.refused_reason) == (0, None)
    assert shop.query("select count(*), sum(paid_amount) from raw.orders") == [(0, None)]


def test_hidden_files_and_underscore_folders_are_ignored(shop: Shop) -> None:
    for name in ("orders/.hidden.csv", "orders/_old/a.csv", "orders/.git/a.csv", "_truth/orders/a.csv"):
        shop.drop(name, GOOD_CSV)
    assert shop.ingest() == []
