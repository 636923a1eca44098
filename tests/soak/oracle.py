"""What must hold of every file that is taken in, however broken it is."""

from __future__ import annotations

import shutil
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl

from orchestration.landing import quarantine
from orchestration.landing.ingest import ingest_extract, landing_files
from orchestration.landing.ledger import FileReceipt
from orchestration.landing.raw_files import raw_schema
from orchestration.landing.views import create_raw_views
from orchestration.settings import Settings
from tests.soak.cases import Case
from tests.soak.rows import KEY_COLUMNS

NOW = datetime(2026, 7, 1, 9)


def findings(case: Case, *, folder: Path) -> list[str]:
    """Take the file in and say what went wrong; nothing if all is well. Exceptions go through."""
    shutil.rmtree(folder, ignore_errors=True)
    settings = Settings(home=folder / "home", landing=folder / "landing", threads=1)
    path = settings.landing / case.extract / case.name
    path.parent.mkdir(parents=True)
    path.write_bytes(case.data)
    receipts = _ingest(case, settings)
    if len(receipts) != 1:
        return [f"{len(receipts)} receipts for one file"]
    (receipt,) = receipts
    found = [*_sums(receipt), *_files(receipt, settings), *_rows(case, receipt, settings)]
    if receipt.is_settled and _ingest(case, settings):
        found.append("the same file was read again")
    if any(settings.temp_dir.glob("*")):
        found.append("scratch files were left behind")
    return found


def _ingest(case: Case, settings: Settings) -> list[FileReceipt]:
    files = landing_files(settings=settings)[case.extract]
    return ingest_extract(extract=case.extract, files=files, settings=settings, now=NOW)


def _sums(receipt: FileReceipt) -> list[str]:
    found = []
    if receipt.rows_read != receipt.rows_accepted + receipt.rows_quarantined + receipt.rows_duplicate:
        found.append("rows do not add up")
    parts = (receipt.amount_accepted, receipt.amount_quarantined, receipt.amount_duplicate)
    if receipt.amount_read is not None and Decimal(receipt.amount_read) != sum(
        map(Decimal, filter(None, parts))
    ):
        found.append("amounts do not add up")
    if receipt.refused_reason and (receipt.rows_read or not receipt.refused_reason.strip().endswith(".")):
        found.append(f"a refusal with rows, or without a sentence: {receipt.refused_reason}")
    return found


def _files(receipt: FileReceipt, settings: Settings) -> list[str]:
    """Raw and quarantine hold what the receipt counts, and can be read the way people do."""
    found = []
    with duckdb.connect() as connection:
        create_raw_views(connection, settings, extracts=[receipt.extract])
        (accepted,) = connection.execute(f"select count(*) from raw.{receipt.extract}").fetchall()[0]
        (refused,) = connection.execute("select count(*) from raw.quarantined_rows").fetchall()[0]
    listed = quarantine.list_rows(settings=settings)
    if (accepted, refused, listed.height) != (
        receipt.rows_accepted,
        receipt.rows_quarantined,
        receipt.rows_quarantined,
    ):
        found.append(f"files hold {accepted} and {refused} rows, the receipt says otherwise")
    if listed.height and listed["reasons"].list.len().min() == 0:
        found.append("a refused row has no reason")
    return found


def _rows(case: Case, receipt: FileReceipt, settings: Settings) -> list[str]:
    """Every untouched row is accepted, from its own line and with its own texts."""
    if not case.untouched:
        return []
    if receipt.refused_reason:
        return [f"{len(case.untouched)} good rows lost, the file was refused: {receipt.refused_reason}"]
    if not receipt.raw_file:
        return [f"{len(case.untouched)} good rows lost, none was accepted"]
    key = KEY_COLUMNS[case.extract]
    raw = pl.read_parquet(settings.raw_dir / case.extract / receipt.raw_file)
    accepted: dict[str, list[dict[str, object]]] = {}
    for row in raw.iter_rows(named=True):
        accepted.setdefault(row[key], []).append(row)
    lost = sorted(row for row in case.untouched if f"k{row}" not in accepted)
    if lost:
        return [f"{len(lost)} good rows lost, the first is row {lost[0]}"]
    lines = None if case.text is None else case.text.split(b"\n")
    for row in case.untouched:
        # A broken line may have got the key of another row; then one of both is the untouched one.
        faults = [_fault(case, lines, row, found) for found in accepted[f"k{row}"]]
        if all(faults):
            return [str(faults[0])]
    return []


def _fault(case: Case, lines: list[bytes] | None, row: int, found: dict[str, object]) -> str | None:
    """Say in what an accepted row is not the given one, None if it is."""
    number = int(str(found["_line_number"]))
    if lines is None:
        if case.mutation == "parquet_columns_differ":
            return None  # which column went is not told
        if number != row + 1:
            return f"row {row} is said to be row {number}"
    elif f"k{row}".encode() not in lines[number - 1]:
        return f"row {row} is said to come from line {number}"
    texts = [name for name, dtype in raw_schema(case.extract).items() if dtype == pl.String]
    differs = [name for name in texts if not name.startswith("_") and _differs(case.rows[row], found, name)]
    return f"row {row} came out changed in {', '.join(differs)}" if differs else None


def _differs(given: dict[str, object], found: dict[str, object], name: str) -> bool:
    return name in given and (str(given[name] or "").strip() or None) != found[name]
