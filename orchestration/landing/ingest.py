"""The flow for one extract: new files → rows accepted or refused → duplicates out → raw, quarantine, ledger.

Nothing counts before its ledger line: Parquet files are moved into place first, the ledger is written (and
synced) last, and files that no line names are swept away at the next start.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path

from orchestration.landing import ledger
from orchestration.landing.arrivals import (
    Arrival,
    arrivals_of,
    landing_files,
    new_arrivals,
    no_longer_refused,
    translated_dir,
)
from orchestration.landing.commit import commit, lost_receipts, promote, sweep
from orchestration.landing.duplicates import find_repeats
from orchestration.landing.ledger import FileReceipt
from orchestration.landing.raw_rows import raw_files
from orchestration.landing.repairs import read_decisions, repaired_values
from orchestration.landing.retry import apply_repairs
from orchestration.landing.staging import StagedFile, drop_repeats, stage_file
from orchestration.settings import Settings

__all__ = ["FileReceipt", "OnProgress", "ingest_extract", "landing_files"]

OnProgress = Callable[[str], None]


def ingest_extract(
    *,
    extract: str,
    files: list[Path],
    settings: Settings,
    only: Collection[Path] | None = None,
    on_progress: OnProgress | None = None,
    now: datetime | None = None,
) -> list[FileReceipt]:
    """Ingest the files that the ledger does not know yet.

    Args:
        extract: one of `EXTRACTS`.
        files: files of this extract, as `landing_files` gives them; with a source profile they are all
            that the profile gives, and what it gave before and gives no more leaves raw.
        settings: where things lie; `full_refresh` reads known files again.
        only: files that may be read now, None for all; the others are left for later.
        on_progress: told in a sentence after each batch.
        now: moment of ingestion, UTC without zone; None for the clock.

    Returns:
        A receipt per file that was new (or read again), in the order of their names.

    Raises:
        LedgerDamagedError: the ledger cannot be trusted; nothing was changed.
    """
    moment = now or datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    receipts = ledger.read_ledger(settings.ledger_path)
    root = translated_dir(settings).parent if settings.profile else settings.landing
    arrivals = arrivals_of(files, root=root, extract=extract, settings=settings)
    retired = _retired(extract=extract, arrivals=arrivals, receipts=receipts, settings=settings)
    retired += no_longer_refused(arrivals, extract=extract, receipts=receipts)
    kept = [item for item in receipts if item not in retired]
    lost = lost_receipts(extract=extract, receipts=kept, arrivals=arrivals, settings=settings)
    sweep(extract=extract, receipts=receipts, settings=settings)
    known = [item for item in kept if item not in lost]
    new = new_arrivals(arrivals, extract=extract, receipts=known, full_refresh=settings.full_refresh)
    if only is not None:
        new = [arrival for arrival in new if arrival.path in only]
    if not new and not retired:
        return []
    work_dir = settings.temp_dir / f"ingest-{uuid.uuid4().hex}"
    try:
        staged = _stage(
            new, extract=extract, settings=settings, work_dir=work_dir, now=moment, on_progress=on_progress
        )
        read_again = {arrival.file_hash for arrival in new}
        old = [item for item in known if item.extract == extract and item.file_hash not in read_again]
        _remove_repeats(staged, extract=extract, old=old, settings=settings, work_dir=work_dir)
        fresh = [promote(item, extract=extract, settings=settings) for item in staged]
    finally:
        shutil.rmtree(work_dir, ignore_errors=True)
    commit(fresh, receipts=receipts, retired=retired, settings=settings)
    sweep(extract=extract, receipts=ledger.read_ledger(settings.ledger_path), settings=settings)
    return fresh


def _retired(
    *, extract: str, arrivals: list[Arrival], receipts: list[FileReceipt], settings: Settings
) -> list[FileReceipt]:
    """What a source profile gave before and gives no more."""
    if not settings.profile:
        return []
    present = {arrival.file_hash for arrival in arrivals}
    prefix = f"{settings.profile}/{extract}/"
    return [
        receipt
        for receipt in receipts
        if receipt.extract == extract
        and receipt.file_name.startswith(prefix)
        and receipt.file_hash not in present
    ]


def _stage(
    arrivals: list[Arrival],
    *,
    extract: str,
    settings: Settings,
    work_dir: Path,
    now: datetime,
    on_progress: OnProgress | None,
) -> list[StagedFile]:
    staged = []
    decisions = read_decisions(settings)
    for done, arrival in enumerate(arrivals):

        def report(
            rows: int, *, name: str = arrival.name, place: str = f"{done + 1} of {len(arrivals)}"
        ) -> None:
            if on_progress:
                on_progress(f"{extract}: {name} ({place}), {rows:,} rows read")

        item = stage_file(
            arrival=arrival, extract=extract, settings=settings, work_dir=work_dir, now=now, on_rows=report
        )
        repaired = repaired_values(decisions, receipt=item.receipt())
        apply_repairs(item, repaired=repaired, currency=settings.reporting_currency)
        staged.append(item)
    return staged


def _remove_repeats(
    staged: list[StagedFile], *, extract: str, old: list[FileReceipt], settings: Settings, work_dir: Path
) -> None:
    with_rows = [item for item in staged if item.rows_accepted]
    repeats = find_repeats(
        extract=extract,
        new_files=[item.raw_path for item in with_rows],
        old_files=raw_files(old, folder=settings.raw_dir / extract),
        temp_dir=work_dir,
        threads=settings.threads,
    )
    for item, found in zip(with_rows, repeats, strict=True):
        if len(found.duplicates) or len(found.conflicts):
            drop_repeats(item, repeats=found)
