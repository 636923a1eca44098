"""What broken files end in: a reason that a person understands, and every good row in the release."""

from __future__ import annotations

import gzip
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.pipeline.commands import Outcome, published, rapport

HEADER = "order_id,platform,account_id,ordered_at,updated_at,status,gross_amount,paid_amount,refunded_amount"
LONG_LINE_BYTES = 100 * 1024 * 1024


def order(number: str, *, at: str = "2026-05-01 08:00:00", paid: str = "10.00", refunded: str = "0") -> str:
    return f"{number},shop,BAD-1,{at},{at},paid,{paid},{paid},{refunded}"


def csv_file(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


REFUSED: dict[str, tuple[bytes, str]] = {
    "empty.csv": (b"", "empty"),
    "binary.csv": (random.Random(1).randbytes(4096), "binary"),
    "truncated.csv.gz": (
        gzip.compress(csv_file(*(order(f"T{n}") for n in range(5000))))[:-2000],
        "gzip",
    ),
    "wrong_delimiter.csv": (csv_file(order("D1")).replace(b",", b";"), "separated"),
    "missing_column.csv": (csv_file("1", header="number"), "order_id"),
}
"""Files that cannot be read at all, each with a word of the reason."""

QUARANTINED: dict[str, tuple[list[str], int, str]] = {
    "text_in_number.csv": ([order("GOOD-text"), order("N1", paid="ten")], 1, "not a number"),
    "year_0.csv": ([order("GOOD-year0"), order("Y0", at="0000-01-01 00:00:00")], 1, "ordered_at"),
    "year_2999.csv": ([order("GOOD-year2999"), order("Y9", at="2999-01-01 00:00:00")], 1, "ordered_at"),
    "negative.csv": ([order("GOOD-negative"), order("M1", paid="-5.00")], 1, "negative"),
    "refund_too_large.csv": ([order("GOOD-refund"), order("M2", refunded="11.00")], 1, "refunded"),
    "nul.csv": ([order("GOOD-nul"), order("Z\0Z")], 1, "NUL"),
    "lone_quote.csv": ([order("GOOD-quote1"), '"' + order("Q1"), order("GOOD-quote2")], 1, "quot"),
    "long_line.csv": ([order("GOOD-long1"), "x" * LONG_LINE_BYTES, order("GOOD-long2")], 1, "long"),
}
"""Files with good rows around a bad one, each with the number of bad rows and a word of the reason."""

ACCEPTED: dict[str, list[str]] = {
    "有 空格/订单 '1'; drop table.csv": [order("GOOD-path")],
    "=cmd().csv": [order("GOOD-formula-file")],
}


@dataclass(frozen=True)
class Result:
    """A run over the bad files."""

    outcome: Outcome
    home: Path


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory, clean_shop: Path) -> Iterator[Result]:
    folder = tmp_path_factory.mktemp("bad input")
    landing = Path(shutil.copytree(clean_shop, folder / "landing"))
    orders = landing / "orders"
    files = {name: content for name, (content, _) in REFUSED.items()}
    files |= {name: csv_file(*rows) for name, (rows, _, _) in QUARANTINED.items()}
    files |= {name: csv_file(*rows) for name, rows in ACCEPTED.items()}
    files["unknown_column.csv"] = csv_file(order("GOOD-unknown") + ",7", header=HEADER + ",loyalty_points")
    for name, content in files.items():
        (orders / name).parent.mkdir(parents=True, exist_ok=True)
        (orders / name).write_bytes(content)
    (landing / "registrations" / "formula.csv").write_text(
        "platform,account_id,registered_at,name\nshop,BAD-1,2026-01-01 00:00:00,=cmd()\n"
    )
    outcome = rapport("run", "--landing", landing, "--home", folder / "home")
    yield Result(outcome=outcome, home=folder / "home")
    shutil.rmtree(landing)


@pytest.fixture
def ask(result: Result) -> Iterator[Callable[[str, list[str]], list[tuple[object, ...]]]]:
    with published(result.home) as connection:
        yield lambda query, values: connection.execute(query, values).fetchall()


Ask = Callable[[str, list[str]], list[tuple[object, ...]]]


def test_the_run_ends_in_a_release_without_a_traceback(result: Result) -> None:
    assert result.outcome.code == 0, result.outcome.err
    assert "Traceback" not in result.outcome.out + result.outcome.err


def test_all_good_rows_are_in_the_release(ask: Ask) -> None:
    rows = [row for rows, *_ in QUARANTINED.values() for row in rows]
    rows += [row for rows in ACCEPTED.values() for row in rows]
    good = {row.split(",")[0] for row in rows if row.startswith("GOOD")} | {"GOOD-unknown"}
    found = {
        order_id for (order_id,) in ask("select order_id from marts.orders where order_id like 'GOOD%'", [])
    }
    assert found == good


@pytest.mark.parametrize("name", REFUSED)
def test_an_unreadable_file_is_refused_with_its_reason(result: Result, name: str) -> None:
    refused = rapport("quarantine", "orders", "--home", result.home, "--json").json()["refused_files"]
    reasons = [line for line in refused if name in line]
    assert len(reasons) == 1
    assert REFUSED[name][1].lower() in reasons[0].lower()


@pytest.mark.parametrize("name", QUARANTINED)
def test_a_bad_row_is_in_quarantine_with_its_reason(result: Result, ask: Ask, name: str) -> None:
    _, bad_rows, word = QUARANTINED[name]
    counted = ask(
        "select rows_quarantined from governance.ingested_files where extract = 'orders' and file_name like ?",
        [f"%{name}"],
    )
    assert counted == [(bad_rows,)]
    listed = rapport("quarantine", "orders", "--home", result.home, "--json").json()["rows"]
    reasons = [reason for row in listed if row["file_name"].endswith(name) for reason in row["reasons"]]
    assert any(word.lower() in reason.lower() for reason in reasons), reasons


def test_rows_read_are_rows_accounted_for(ask: Ask) -> None:
    files = ask(
        "select count(*), count(*) filter (rows_read <> rows_accepted + rows_quarantined + rows_duplicate) "
        "from governance.ingested_files",
        [],
    )
    assert files[0][0] > len(REFUSED) + len(QUARANTINED)
    assert files[0][1] == 0
