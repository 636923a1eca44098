"""The ledger survives a crash in the middle of a line, and nothing worse."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.landing import ledger
from orchestration.landing.ledger import FileReceipt, LedgerDamagedError


def receipt(name: str, **values: object) -> FileReceipt:
    fields = {
        "file_hash": name,
        "extract": "orders",
        "file_name": f"orders/{name}",
        "ingested_at": "2026-07-01",
    }
    return FileReceipt(**(fields | values))  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "ledger.jsonl"


def test_an_absent_ledger_is_empty(path: Path) -> None:
    assert ledger.read_ledger(path) == []


def test_a_torn_last_line_is_ignored_and_cut_off(path: Path) -> None:
    ledger.append(path, [receipt("a")])
    with path.open("ab") as file:
        file.write(b'{"file_hash": "b", "extr')
    assert [item.file_hash for item in ledger.read_ledger(path)] == ["a"]
    ledger.append(path, [receipt("c")])
    assert [item.file_hash for item in ledger.read_ledger(path)] == ["a", "c"]


def test_a_damaged_line_in_the_middle_stops_everything(path: Path) -> None:
    ledger.append(path, [receipt("a"), receipt("b")])
    path.write_bytes(b"garbage\n" + path.read_bytes())
    with pytest.raises(LedgerDamagedError, match="Line 1"):
        ledger.read_ledger(path)


def test_the_newest_receipt_of_a_file_wins(path: Path) -> None:
    ledger.append(
        path, [receipt("a", rows_read=1), receipt("a", rows_read=2), receipt("a", extract="tickets")]
    )
    assert [(item.extract, item.rows_read) for item in ledger.read_ledger(path)] == [
        ("orders", 2),
        ("tickets", 0),
    ]


def test_replacing_leaves_only_the_new_lines(path: Path) -> None:
    ledger.append(path, [receipt("a")])
    ledger.replace(path, [receipt("b")])
    assert [item.file_hash for item in ledger.read_ledger(path)] == ["b"]
    assert [item.name for item in path.parent.iterdir()] == ["ledger.jsonl"]
