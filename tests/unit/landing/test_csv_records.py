"""A malformed line costs itself, never its neighbours."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.landing import lines
from orchestration.landing.batches import Batch
from orchestration.landing.compression import UnreadableFileError
from orchestration.landing.csv_reader import read_csv
from orchestration.landing.csv_records import MISPLACED_QUOTE, OPEN_QUOTE, well_formed_fields
from orchestration.landing.limits import load_limits
from orchestration.landing.lines import NUL_BYTES, blocks


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def read(
    text: str | bytes, *, size: int = 1 << 20
) -> tuple[list[tuple[str | None, ...]], dict[int, list[str]]]:
    """Rows, and reasons by line number."""
    data = text.encode() if isinstance(text, str) else text
    batches: list[Batch] = list(read_csv(blocks(pieces(data, size))))
    rows = [row for batch in batches for row in batch.frame.rows()]
    return rows, {line.line_number: line.reasons for batch in batches for line in batch.malformed}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('1,"lone,3', OPEN_QUOTE),
        ('1,lo"ne,3', OPEN_QUOTE),
        ('1,a"b"c,3', MISPLACED_QUOTE),
        ('1,"a"b,3', MISPLACED_QUOTE),
        ("1,2", "the line has 2 fields where the header has 3"),
        ("1,2,3,4", "the line has 4 fields where the header has 3"),
        ("1,\0,3", NUL_BYTES),
    ],
)
def test_a_malformed_line_is_named_and_its_neighbours_survive(line: str, reason: str) -> None:
    rows, reasons = read(f"a,b,c\n1,2,3\n{line}\n4,5,6\n7,8,9\n")
    assert rows == [("1", "2", "3"), ("4", "5", "6"), ("7", "8", "9")]
    assert reasons == {3: [reason]}


def test_two_lone_quotes_do_not_swallow_the_lines_between_them() -> None:
    """Joined, lines 2 to 5 would be one well-formed record of three fields."""
    rows, reasons = read('a,b,c\n1,"x,3\n4,5,6\n7,8,9\n1,y",3\n')
    assert rows == [("4", "5", "6"), ("7", "8", "9")]
    assert list(reasons) == [2, 5]


def test_a_quoted_text_runs_over_lines() -> None:
    rows, reasons = read('a,b,c\n1,"two\n\nlines, ""said"" he",3\n4,5,6\n')
    assert rows == [("1", 'two\n\nlines, "said" he', "3"), ("4", "5", "6")]
    assert not reasons


def test_line_numbers_count_physical_lines() -> None:
    batch = next(read_csv(blocks(iter([b'a,b\n\n1,"x\ny"\n\n2,3\n']))))
    assert batch.lines.tolist() == [3, 6]
    assert batch.raw_rows([0]) == ['1,"x\ny"']


def test_a_quote_that_stays_open_to_the_end_costs_one_line() -> None:
    rows, reasons = read('a,b,c\n1,"open,3\n' + "4,5,6\n" * 5000)
    assert len(rows) == 5000
    assert reasons == {2: [OPEN_QUOTE]}


def test_a_quote_that_stays_open_holds_up_no_more_than_a_record_may_have(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise the rest of the file would be held in memory."""
    small = replace(load_limits(), block_bytes=600)
    monkeypatch.setattr(lines, "load_limits", lambda: small)
    data = b'a,b,c\n1,"open,3\n' + b"4,5,6\n" * 5000
    heights = [batch.frame.height for batch in read_csv(blocks(pieces(data, 600)))]
    assert sum(heights) == 5000
    assert max(heights) < 2 * small.max_record_lines


def test_carriage_returns_byte_order_mark_and_missing_last_line_feed() -> None:
    rows, reasons = read(b"\xef\xbb\xbfa,b\r\n1,2\r\n3,4")
    assert rows == [("1", "2"), ("3", "4")]
    assert not reasons


def test_a_header_that_names_a_column_twice_is_refused() -> None:
    with pytest.raises(UnreadableFileError, match="columns 1 and 2 of the first line have the same name"):
        read("order_id,Order_ID \n1,2\n")


@pytest.mark.parametrize("record", ['a,"b",c', '"a","b","c"', 'a,"b""c",', 'a,"",c'])
def test_well_formed_records_have_three_fields(record: str) -> None:
    assert well_formed_fields(record.encode(), b",") == 3


FIELD = st.text(alphabet='ab",\n 张', max_size=6)


@settings(max_examples=150)
@given(rows=st.lists(st.tuples(FIELD, FIELD, FIELD, FIELD), min_size=1, max_size=12), size=st.integers(1, 40))
def test_what_a_csv_writer_wrote_is_read_back(rows: list[tuple[str, ...]], size: int) -> None:
    """However the bytes are cut; a text that looks like whole records may be refused, never lost."""
    target = io.StringIO()
    csv.writer(target, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([("a", "b", "c", "d"), *rows])
    found, reasons = read(target.getvalue(), size=size)
    if not reasons:
        assert [tuple(value or "" for value in row) for row in found] == rows
    else:
        assert any("\n" in field for row in rows for field in row)
        assert any("," in field for row in rows for field in row)
