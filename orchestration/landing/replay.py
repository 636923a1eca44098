"""Quarantine as work: refused rows are tried again, as they came or as people repaired them.

Every refused row that nobody gave up is checked against today's contract, seeds and clock. Rows that pass are
written into their own file's raw Parquet, under its hash, name, line number and time of arrival, so that raw
reads as if they had been right at once. Then the extract is searched for repeats from the first such file
on, in the order in which its files arrived, as at a clean load: a repaired row that came first makes a later equal
row of another file a duplicate, and the counts of both files say so. (One thing cannot be told any more:
copies of a browsing event that were dropped as duplicates before a repaired event took its identifier.)

The order of a replay is that of ingestion. Decisions of people are appended to `repairs.jsonl` first, because
they hold whether or not this replay survives; then Parquet moves into place; then the ledger is swapped, in one
step for all extracts; then leftovers are swept. A crash before the swap leaves the old state, and the next
replay, or the next reading of the file, applies the decisions. A file whose accepted rows changed gets
`replayed_at` in its receipt, so that the next build starts from nothing instead of going on from the last.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl

from orchestration.landing import ledger, quarantine
from orchestration.landing.arrivals import Arrival
from orchestration.landing.commit import lost_receipts, move_in, raw_folder, sweep
from orchestration.landing.content import current_content
from orchestration.landing.duplicates import find_repeats
from orchestration.landing.ledger import FileReceipt
from orchestration.landing.profiles import load_profile
from orchestration.landing.raw_rows import SHARED_PREFIX, raw_files
from orchestration.landing.repairs import (
    Decision,
    RowKey,
    append_decisions,
    given_up_lines,
    read_decisions,
    repaired_values,
)
from orchestration.landing.retry import accept, check, keep_refused, with_reasons
from orchestration.landing.staging import StagedFile, drop_repeats
from orchestration.settings import EXTRACTS, SOURCES_DIR, Settings


@dataclass(frozen=True, kw_only=True)
class ExtractReplay:
    """What a replay did to one extract; counts are changes."""

    extract: str
    tried: int
    accepted: int
    duplicate: int
    refused: int


@dataclass(kw_only=True)
class _Work:
    """One replay: where it works, what people decided, and the ledger as it was."""

    settings: Settings
    decisions: dict[RowKey, Decision]
    receipts: list[FileReceipt]
    folder: Path
    now: datetime


def replay_quarantine(
    *,
    settings: Settings,
    decisions: list[Decision] | None = None,
    now: datetime | None = None,
    on_progress: Callable[[str], None] | None = None,
) -> list[ExtractReplay]:
    """Try every refused row again that nobody gave up.

    Args:
        settings: where things lie.
        decisions: what people decided since the last replay; kept before anything else happens.
        now: moment of the replay, UTC without zone; None for the clock.
        on_progress: told in a sentence per extract.

    Returns:
        One entry per extract of which a row was tried.

    Raises:
        LedgerDamagedError: ledger, decisions or a file that they name cannot be trusted; nothing was changed.
    """
    moment = now or datetime.now(UTC).replace(tzinfo=None)
    receipts = ledger.read_ledger(settings.ledger_path)
    read_decisions(settings)
    for extract in sorted({item.extract for item in receipts}):
        lost_receipts(extract=extract, receipts=receipts, arrivals=[], settings=settings)
    append_decisions(settings, decisions or [])
    folder = settings.temp_dir / f"replay-{uuid.uuid4().hex}"
    work = _Work(
        settings=settings,
        decisions=read_decisions(settings),
        receipts=receipts,
        folder=folder,
        now=moment,
    )
    try:
        return _replay(work, on_progress=on_progress or (lambda _: None))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _replay(work: _Work, *, on_progress: Callable[[str], None]) -> list[ExtractReplay]:
    told: list[ExtractReplay] = []
    fresh: dict[tuple[str, str], FileReceipt] = {}
    for extract in EXTRACTS:
        mine = [item for item in work.receipts if item.extract == extract]
        sweep(extract=extract, receipts=mine, settings=work.settings)
        staged, tried = _stage(mine, work=work)
        changed = _settle(mine, staged=staged, work=work)
        fresh |= changed
        if tried:
            on_progress(f"{extract}: {tried:,} refused rows tried again")
            told.append(_told(extract, tried=tried, old=mine, changed=changed))
    if fresh:
        kept = [fresh.get((item.extract, item.file_hash), item) for item in work.receipts]
        ledger.replace(work.settings.ledger_path, kept)
        for extract in sorted({extract for extract, _ in fresh}):
            mine = [item for item in kept if item.extract == extract]
            sweep(extract=extract, receipts=mine, settings=work.settings)
    return told


def _stage(mine: list[FileReceipt], *, work: _Work) -> tuple[dict[str, StagedFile], int]:
    """Try the refused rows of each file; return the files with a change, by hash, and the rows tried."""
    staged: dict[str, StagedFile] = {}
    tried = 0
    for receipt in mine:
        if not receipt.quarantine_file:
            continue
        item = _reopened(receipt, work=work)
        tried += _try_again(item, receipt=receipt, work=work)
        staged[receipt.file_hash] = item
    with_rows = {item.arrival.file_hash for item in staged.values() if item.raw_path.exists()}
    _remove_repeats(mine, staged=staged, with_rows=with_rows, work=work)
    return staged, tried


def _reopened(receipt: FileReceipt, *, work: _Work) -> StagedFile:
    """A file as its receipt left it, to be changed in scratch."""
    stem = work.folder / receipt.extract / receipt.file_hash
    stem.parent.mkdir(parents=True, exist_ok=True)
    return StagedFile(
        arrival=Arrival(
            path=Path(receipt.file_name),
            name=receipt.file_name,
            file_hash=receipt.file_hash,
            size_bytes=receipt.size_bytes,
        ),
        extract=receipt.extract,
        now=datetime.fromisoformat(receipt.ingested_at),
        raw_path=stem.with_suffix(".raw.parquet"),
        quarantine_path=stem.with_suffix(".quarantine.parquet"),
        rows_read=receipt.rows_read,
        rows_accepted=receipt.rows_accepted,
        rows_quarantined=receipt.rows_quarantined,
        rows_duplicate=receipt.rows_duplicate,
        amount_accepted=Decimal(receipt.amount_accepted or "0.00"),
        amount_quarantined=Decimal(receipt.amount_quarantined or "0.00"),
        amount_duplicate=Decimal(receipt.amount_duplicate or "0.00"),
        columns=receipt.columns,
        unknown_columns=receipt.unknown_columns,
        seconds=receipt.seconds,
    )


def _try_again(item: StagedFile, *, receipt: FileReceipt, work: _Work) -> int:
    """Check what is refused; accepted rows go to the scratch raw file, which exists only then."""
    rows = refused_of(receipt, settings=work.settings)
    given_up = given_up_lines(work.decisions, extract=receipt.extract, file_hash=receipt.file_hash)
    tried = rows.filter(~pl.col("line_number").is_in(given_up))
    repaired = repaired_values(work.decisions, receipt=receipt)
    content = current_content(tried, receipt=receipt, repaired=repaired)
    currency = currency_of(receipt, settings=work.settings)
    part = check(content, extract=receipt.extract, currency=currency, now=work.now)
    is_accepted = pl.col("line_number").is_in(part.accepted["_line_number"].implode())
    left = with_reasons(rows.filter(~is_accepted), refused=part.refused)
    if part.accepted.is_empty():
        keep_refused(item, left)
    else:
        accept(item, accepted=part.accepted, left=left, raw=_own_rows(receipt, work=work))
    return tried.height


def refused_of(receipt: FileReceipt, *, settings: Settings) -> pl.DataFrame:
    """Quarantined rows of one file, sorted by line; none without a quarantine file."""
    if not receipt.quarantine_file:
        return pl.DataFrame(schema=quarantine.SCHEMA)
    path = settings.quarantine_dir / receipt.extract / receipt.quarantine_file
    rows = pl.read_parquet(path, glob=False, hive_partitioning=False)
    return rows.select(quarantine.SCHEMA.names()).sort("line_number")


def _own_rows(receipt: FileReceipt, *, work: _Work) -> Path | None:
    """Raw file with the rows of one landing file and no others: its own, or what it has in a compacted one."""
    if not receipt.raw_file:
        return None
    folder = raw_folder(extract=receipt.extract, settings=work.settings)
    if not receipt.raw_file.startswith(SHARED_PREFIX):
        return folder / receipt.raw_file
    taken_out = work.folder / receipt.extract / f"{receipt.file_hash}.taken_out.parquet"
    if not taken_out.exists():
        taken_out.parent.mkdir(parents=True, exist_ok=True)
        rows = pl.scan_parquet(folder / receipt.raw_file, glob=False, hive_partitioning=False)
        rows.filter(pl.col("_file_hash") == receipt.file_hash).sink_parquet(taken_out)
    return taken_out


def currency_of(receipt: FileReceipt, *, settings: Settings) -> str:
    """Reporting currency under which a file is read: that of its source profile, if one made it."""
    first = Path(receipt.file_name).parts[0]
    is_translated = first not in EXTRACTS and (SOURCES_DIR / first / "profile.toml").exists()
    return load_profile(first).reporting_currency if is_translated else settings.reporting_currency


def _remove_repeats(
    mine: list[FileReceipt], *, staged: dict[str, StagedFile], with_rows: set[str], work: _Work
) -> None:
    """Judge repeats as a clean load would: old files first, from the first changed one on in order of arrival."""
    present = [item for item in mine if item.raw_file or item.file_hash in with_rows]
    first = next((at for at, item in enumerate(present) if item.file_hash in with_rows), len(present))
    later = present[first:]
    repeats = find_repeats(
        extract=mine[0].extract if mine else "",
        new_files=[_newest_rows(item, staged=staged, with_rows=with_rows, work=work) for item in later],
        old_files=raw_files(
            present[:first], folder=raw_folder(extract=present[0].extract, settings=work.settings)
        )
        if present
        else [],
        temp_dir=work.folder,
        threads=work.settings.threads,
    )
    for receipt, found in zip(later, repeats, strict=True):
        if len(found.duplicates) or len(found.conflicts):
            drop_repeats(_changeable(receipt, staged=staged, work=work), repeats=found)


def _newest_rows(
    receipt: FileReceipt, *, staged: dict[str, StagedFile], with_rows: set[str], work: _Work
) -> Path:
    if receipt.file_hash in with_rows:
        return staged[receipt.file_hash].raw_path
    path = _own_rows(receipt, work=work)
    if path is None:
        raise AssertionError(f"{receipt.file_name} has no accepted rows")
    return path


def _changeable(receipt: FileReceipt, *, staged: dict[str, StagedFile], work: _Work) -> StagedFile:
    """A staged file whose rows lie in scratch, so that dropping some leaves the file in place whole."""
    item = staged.setdefault(receipt.file_hash, _reopened(receipt, work=work))
    if not item.raw_path.exists():
        shutil.copyfile(_newest_rows(receipt, staged={}, with_rows=set(), work=work), item.raw_path)
    return item


def _settle(
    mine: list[FileReceipt], *, staged: dict[str, StagedFile], work: _Work
) -> dict[tuple[str, str], FileReceipt]:
    """Move what changed into place; return the new receipts, which do not count yet."""
    fresh: dict[tuple[str, str], FileReceipt] = {}
    for receipt in mine:
        item = staged.get(receipt.file_hash)
        if item is None:
            continue
        old = refused_of(receipt, settings=work.settings)
        new = _as_they_came(item, old=old)
        is_same = (item.rows_accepted, item.rows_duplicate) == (receipt.rows_accepted, receipt.rows_duplicate)
        if not is_same or not new.equals(old):
            fresh[receipt.extract, receipt.file_hash] = _promoted(
                item,
                receipt=receipt,
                refused=new,
                has_new_rows=not _have_same_lines(old, new, is_same),
                work=work,
            )
    return fresh


def _have_same_lines(old: pl.DataFrame, new: pl.DataFrame, is_same: bool) -> bool:
    return is_same and old["line_number"].equals(new["line_number"])


def _as_they_came(item: StagedFile, *, old: pl.DataFrame) -> pl.DataFrame:
    """What a staged file refuses; rows that were refused before keep their text and time."""
    if not item.rows_quarantined:
        return old.clear()
    new = pl.read_parquet(item.quarantine_path, glob=False, hive_partitioning=False)
    known = old.select("line_number", "raw_row", "quarantined_at")
    joined = new.join(known, on="line_number", how="left", suffix="_before")
    first = [pl.coalesce(f"{name}_before", name).alias(name) for name in ("raw_row", "quarantined_at")]
    return joined.with_columns(first).select(quarantine.SCHEMA.names()).sort("line_number")


def _promoted(
    item: StagedFile, *, receipt: FileReceipt, refused: pl.DataFrame, has_new_rows: bool, work: _Work
) -> FileReceipt:
    """Move a file's Parquet into place beside the old one and write its receipt."""
    quarantine_file, raw_file, replayed_at = None, receipt.raw_file, receipt.replayed_at
    if has_new_rows:
        folder = raw_folder(extract=item.extract, settings=work.settings)
        raw_file = (
            move_in(item.raw_path, folder=folder, stem=receipt.file_hash) if item.rows_accepted else None
        )
        replayed_at = work.now.isoformat()
    if refused.height:
        refused_file = item.quarantine_path.with_suffix(".final")
        keep_refused(replace(item, quarantine_path=refused_file), refused)
        folder = work.settings.quarantine_dir / item.extract
        quarantine_file = move_in(refused_file, folder=folder, stem=receipt.file_hash)
    fresh = replace(
        item.receipt(), raw_file=raw_file, quarantine_file=quarantine_file, replayed_at=replayed_at
    )
    if fresh.rows_read != fresh.rows_accepted + fresh.rows_quarantined + fresh.rows_duplicate:
        raise AssertionError(f"rows of {receipt.file_name} do not add up: {fresh}")
    return fresh


def _told(
    extract: str, *, tried: int, old: list[FileReceipt], changed: dict[tuple[str, str], FileReceipt]
) -> ExtractReplay:
    new = [changed.get((item.extract, item.file_hash), item) for item in old]

    def change(count: str) -> int:
        return int(sum(getattr(item, count) for item in new) - sum(getattr(item, count) for item in old))

    return ExtractReplay(
        extract=extract,
        tried=tried,
        accepted=change("rows_accepted"),
        duplicate=change("rows_duplicate"),
        refused=tried + change("rows_quarantined"),
    )
