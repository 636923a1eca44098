"""`rapport quarantine --export`, a spreadsheet, `rapport replay`, `rapport run`: the release of a clean load."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestration.run_lock import hold_run_lock
from tests.pipeline.commands import published, rapport, tables_that_tell_history

Rows = dict[tuple[str, int], dict[str, str]]
BROKEN = {
    "orders": ("paid_amount", "-1.00"),
    "order_items": ("quantity", "many"),
    "registrations": ("registered_at", "yesterday"),
    "browse_events": ("event_type", "stared"),
    "tickets": ("created_at", "2999-01-01 00:00:00"),
}
EVERY = 60


def break_rows(landing: Path) -> Rows:
    """Break a cell of every 60th row of five extracts; return the right rows by file and line."""
    right: Rows = {}
    for extract, (column, wrong) in BROKEN.items():
        for file in sorted((landing / extract).glob("*.csv")):
            with file.open(encoding="utf-8", newline="") as source:
                reader = csv.DictReader(source)
                rows = [(row, reader.line_num) for row in reader]
                columns = list(reader.fieldnames or [])
            is_plain = all(line == number + 2 for number, (_, line) in enumerate(rows))
            for row, line in rows[::EVERY] if is_plain else []:
                right[f"{extract}/{file.name}", line] = dict(row)
                row[column] = wrong
            with file.open("w", encoding="utf-8", newline="") as target:
                writer = csv.DictWriter(target, columns, lineterminator="\n")
                writer.writeheader()
                writer.writerows(row for row, _ in rows)
    return right


def correct(sheet: Path, *, right: Rows) -> int:
    """Put the right cells into an exported sheet, as a person in a spreadsheet would."""
    with sheet.open(encoding="utf-8-sig", newline="") as source:
        rows = list(csv.DictReader(source))
    for row in rows:
        column = BROKEN[row["extract"]][0]
        row[column] = right[row["file_name"], int(row["line_number"])][column]
    with sheet.open("w", encoding="utf-8-sig", newline="") as target:
        writer = csv.DictWriter(target, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return len(rows)


def contents(home: Path) -> dict[str, Any]:
    """Content hashes of everything published but what names files, moments and earlier releases."""
    tables = json.loads((home / "current" / "manifest.json").read_text())["tables"]
    told_of_files = {"governance.ingested_files", "governance.gate_results", "governance.release"}
    set_apart = told_of_files | tables_that_tell_history()
    return {name: facts for name, facts in tables.items() if name not in set_apart}


def test_fix_and_replay_publishes_what_a_clean_load_does(
    clean_shop: Path, clean_home: Path, copy_of: Callable[[Path], Path], tmp_path: Path
) -> None:
    landing, home, sheet = copy_of(clean_shop), tmp_path / "home", tmp_path / "bad rows.csv"
    right = break_rows(landing)
    assert rapport("run", "--landing", landing, "--home", home).code == 0
    assert contents(home) != contents(clean_home)
    assert rapport("quarantine", "--export", sheet, "--home", home).code == 0
    assert correct(sheet, right=right) == len(right)
    replayed = rapport("replay", "--repaired", sheet, "--home", home, "--json")
    assert replayed.code == 0, replayed.err
    told = replayed.json()
    assert (told["repaired"], told["open_rows"], told["failed"]) == (len(right), 0, [])
    outcome = rapport("run", "--landing", landing, "--home", home)
    assert outcome.code == 0, outcome.out + outcome.err
    assert contents(home) == contents(clean_home)
    with published(home) as connection:
        unexplained = connection.execute(
            "select sum(abs(rows)), sum(abs(amount)) from governance.money_ledger where stage = 'unexplained'"
        ).fetchall()
    assert unexplained == [(0, 0)]


@pytest.fixture
def home_with_a_bad_row(tmp_path: Path) -> Path:
    """A home that ingested one bad order, without a build."""
    from orchestration.landing.ingest import ingest_extract
    from orchestration.settings import Settings

    landing, home = tmp_path / "landing", tmp_path / "home"
    (landing / "orders").mkdir(parents=True)
    file = landing / "orders" / "a.csv"
    file.write_text("platform,order_id,ordered_at,status,paid_amount\nweb,o1,2026-01-01,paid,-1\n")
    ingest_extract(extract="orders", files=[file], settings=Settings(home=home, landing=landing))
    return home


def test_a_row_given_up_closes_the_quarantine(home_with_a_bad_row: Path, tmp_path: Path) -> None:
    sheet, home = tmp_path / "bad.csv", home_with_a_bad_row
    rapport("quarantine", "orders", "--export", sheet, "--home", home)
    lines = sheet.read_text(encoding="utf-8-sig").splitlines()
    cells = dict(zip(next(csv.reader(lines[:1])), next(csv.reader(lines[1:])), strict=True))
    cells |= {"action": "drop", "action_reason": "a test order"}
    with sheet.open("w", encoding="utf-8-sig", newline="") as target:
        csv.writer(target).writerows([cells.keys(), cells.values()])
    outcome = rapport("replay", "--repaired", sheet, "--home", home)
    assert outcome.code == 0, outcome.err
    assert "1 given up. 0 rows stay open" in " ".join(outcome.out.replace("\n", " ").split())
    status = rapport("status", "--home", home, "--json").json()
    assert (status["quarantined_rows"], status["open_quarantined_rows"]) == (1, 0)
    assert rapport("quarantine", "--home", home, "--json").json()["rows"] == []


def test_a_replay_without_anything_to_do_says_so(home_with_a_bad_row: Path, tmp_path: Path) -> None:
    nothing = rapport("replay", "--home", tmp_path / "empty home")
    assert nothing.code == 0
    assert "Nothing to do" in nothing.out
    unchanged = rapport("replay", "--home", home_with_a_bad_row)
    assert unchanged.code == 0
    assert "nothing was changed" in " ".join(unchanged.out.split())


@pytest.mark.parametrize("content", [None, "a,b\n1,2\n", "extract,line_number,file_hash\norders,two,h\n"])
def test_a_sheet_that_is_none_ends_with_code_2(
    home_with_a_bad_row: Path, tmp_path: Path, content: str | None
) -> None:
    sheet = tmp_path / "sheet.csv"
    if content is not None:
        sheet.write_text(content)
    outcome = rapport("replay", "--repaired", sheet, "--home", home_with_a_bad_row)
    assert outcome.code == 2, outcome.out
    assert "sheet.csv" in outcome.err
    assert "Traceback" not in outcome.err


def test_a_replay_waits_for_no_run(home_with_a_bad_row: Path) -> None:
    with hold_run_lock(home_with_a_bad_row / "run.lock"):
        outcome = rapport("replay", "--home", home_with_a_bad_row)
    assert outcome.code == 4
    assert "process" in outcome.err
