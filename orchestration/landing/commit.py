"""How a batch of files starts to count: Parquet into place first, the ledger last, leftovers swept.

What belongs here: moves, syncs, the order in which they happen. What does not: what is in the files.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from orchestration.disk import make_folder, move_for_good
from orchestration.landing import ledger
from orchestration.landing.arrivals import Arrival
from orchestration.landing.ledger import FileReceipt
from orchestration.landing.staging import StagedFile
from orchestration.release.inputs import Input, kept_inputs
from orchestration.settings import Settings

_ORIGIN_COLUMNS = (("_file_hash", "_ingested_at"), ("file_hash", "quarantined_at"))
"""Landing file and moment of reading, as raw and quarantine call them."""


def raw_folder(*, extract: str, settings: Settings) -> Path:
    """Folder of an extract's raw files; `<profile>.<input>` lies below `_foreign`."""
    if is_foreign(extract):
        return settings.raw_dir.joinpath("_foreign", *extract.split(".", 1))
    return settings.raw_dir / extract


def is_foreign(extract: str) -> bool:
    """Whether a name in ledger and quarantine is that of a source profile's input."""
    return "." in extract


def promote(item: StagedFile, *, extract: str, settings: Settings) -> FileReceipt:
    """Move a staged file's Parquet into place and write its receipt."""
    receipt = item.receipt()
    if receipt.rows_read != receipt.rows_accepted + receipt.rows_quarantined + receipt.rows_duplicate:
        raise AssertionError(f"rows of {receipt.file_name} do not add up: {receipt}")
    raw_file = quarantine_file = None
    if item.rows_accepted:
        raw_file = move_in(
            item.raw_path, folder=raw_folder(extract=extract, settings=settings), stem=receipt.file_hash
        )
    if item.rows_quarantined:
        folder = settings.quarantine_dir / extract
        quarantine_file = move_in(item.quarantine_path, folder=folder, stem=receipt.file_hash)
    return replace(receipt, raw_file=raw_file, quarantine_file=quarantine_file)


def move_in(source: Path, *, folder: Path, stem: str) -> str:
    """Move under a free name; a full refresh leaves the old file until the ledger names the new one."""
    make_folder(folder)
    target = folder / f"{stem}.parquet"
    generation = 2
    while target.exists():
        target = folder / f"{stem}-{generation}.parquet"
        generation += 1
    move_for_good(source, target)
    return target.name


def commit(
    fresh: list[FileReceipt], *, receipts: list[FileReceipt], retired: list[FileReceipt], settings: Settings
) -> None:
    """Let fresh receipts count and replaced or retired ones count no more, in one step."""
    replaced = {(item.extract, item.file_hash) for item in [*fresh, *retired]}
    kept = [item for item in receipts if (item.extract, item.file_hash) not in replaced]
    if len(kept) == len(receipts):
        ledger.append(settings.ledger_path, fresh)
    else:
        ledger.replace(settings.ledger_path, [*kept, *fresh])


def lost_receipts(
    *, extract: str, receipts: list[FileReceipt], arrivals: list[Arrival], settings: Settings
) -> list[FileReceipt]:
    """Receipts whose Parquet is gone; their files lie in the landing folder still and can be read again.

    Raises:
        LedgerDamagedError: such a file has left the landing folder; the message says which and what to do.
    """
    raw, refused = raw_folder(extract=extract, settings=settings), settings.quarantine_dir / extract
    gone = {
        item.file_hash: path
        for item in receipts
        if item.extract == extract
        for folder, name in ((raw, item.raw_file), (refused, item.quarantine_file))
        if name and not (path := folder / name).exists()
    }
    lost = [item for item in receipts if item.extract == extract and item.file_hash in gone]
    present = {arrival.file_hash for arrival in arrivals}
    for item in lost:
        if item.file_hash not in present:
            raise ledger.LedgerDamagedError(
                f"{gone[item.file_hash]} is missing: the ledger names it for {item.file_name}, which has left "
                f"the landing folder. Restore it from a backup, or put {item.file_name} back into the landing "
                f"folder, or remove the lines that name the missing file from {settings.ledger_path} to go on "
                "without its rows; nothing was changed."
            )
    return lost


def sweep(*, extract: str, receipts: list[FileReceipt], settings: Settings) -> None:
    """Remove Parquet that no receipt names: left by a crash, merged into another, or replaced by a full refresh.

    What a release on disk was built from stays until that release goes, unless the ledger has it elsewhere.
    """
    mine = [item for item in receipts if item.extract == extract]
    for folder, named in (
        (raw_folder(extract=extract, settings=settings), {item.raw_file for item in mine}),
        (settings.quarantine_dir / extract, {item.quarantine_file for item in mine}),
    ):
        found = sorted(folder.glob("*.parquet"))
        if found and not settings.ledger_path.exists():
            raise ledger.LedgerDamagedError(
                f"{folder} holds files but {settings.ledger_path} is gone. Restore the ledger from a backup, "
                f"or remove {folder} to read everything again; nothing was changed."
            )
        unnamed = [path for path in found if path.name not in named]
        needed = _needed(extract=extract, receipts=mine, settings=settings) if unnamed else set()
        for path in unnamed:
            if not needed or needed.isdisjoint(_readings(path, extract=extract)):
                path.unlink()


def _needed(*, extract: str, receipts: list[FileReceipt], settings: Settings) -> set[Input]:
    """Return what releases on disk were built from and the ledger names no more."""
    named = {Input(item.extract, item.file_hash, item.ingested_at, item.replayed_at) for item in receipts}
    gone = {item for item in kept_inputs(settings) if item.extract == extract} - named
    # Rows do not say which replay they are of, so what a replay replaced is found by the reading alone.
    return {item._replace(replayed_at=None) for item in gone}


def place_of_reading(receipt: FileReceipt, *, settings: Settings) -> str | None:
    """Name the raw file that holds what a receipt of an earlier ledger counted, wherever it lies now."""
    wanted = Input(receipt.extract, receipt.file_hash, receipt.ingested_at)
    folder = raw_folder(extract=receipt.extract, settings=settings)
    as_it_was = folder / str(receipt.raw_file)
    candidates = [as_it_was] if as_it_was.exists() else []
    for path in [*candidates, *sorted(folder.glob("*.parquet"))]:
        if wanted in _readings(path, extract=receipt.extract):
            return path.name
    return None


def _readings(path: Path, *, extract: str) -> set[Input]:
    """Return the readings of landing files that a raw or quarantine file holds; none if a crash cut it off."""
    try:
        file = pl.scan_parquet(path, glob=False, hive_partitioning=False)
        columns = file.collect_schema().names()
        pair = next((pair for pair in _ORIGIN_COLUMNS if set(pair) <= set(columns)), None)
        rows = file.select(pair).unique().collect(engine="streaming").rows() if pair else []
    except pl.exceptions.PolarsError:
        return set()
    return {Input(extract, file_hash, moment.isoformat()) for file_hash, moment in rows}
