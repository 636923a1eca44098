"""Many small raw files become one larger file per month of ingestion.

What belongs here: which files are merged, and how. What does not: which rows of a shared file count
(`raw_rows`), and when files may go (`commit.sweep`).

The month is that of ingestion, not of the rows' own dates: so all rows of a landing file stay in one raw file,
whose name is all that its receipt has to say, also for a full dump that holds ten years. Within the merged file
rows are sorted by their own date, so that the statistics of row groups tell which of them hold a day.

Safe to interrupt: merged files are complete and on disk before the ledger names them, the ledger is swapped in one
step, and only then the small files go. A merged file that no receipt names is swept like any other.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import duckdb
import polars as pl

from orchestration.disk import make_folder, move_for_good
from orchestration.landing import ledger
from orchestration.landing.commit import raw_folder, sweep
from orchestration.landing.ledger import FileReceipt
from orchestration.landing.limits import Limits, load_limits
from orchestration.landing.raw_files import ParquetSink, raw_schema
from orchestration.landing.raw_rows import SHARED_PREFIX, RawFile, counted_rows, raw_files
from orchestration.settings import Settings

DATE_COLUMNS = {
    "registrations": "registered_at",
    "orders": "ordered_at",
    "browse_events": "event_at",
    "tickets": "created_at",
    "campaigns": "sent_at",
    "campaign_events": "event_at",
    "feedback": "created_at",
}
"""What a row's own date is called; rows of other extracts have none and are sorted by their arrival."""
_DISK_RESERVE = 2
"""Free space that a night's work must find, in sizes of what it reads: sorting may spill as much as it writes."""


@dataclass(frozen=True, kw_only=True)
class Compaction:
    """What one night merged.

    Attributes:
        files_before: small files that went.
        files_after: larger files that took their place.
        size_bytes: size of the files that went.
        skipped: why nothing was merged although it was due, None otherwise.
    """

    files_before: int = 0
    files_after: int = 0
    size_bytes: int = 0
    skipped: str | None = None


def compact(
    *,
    extract: str,
    settings: Settings,
    fresh: list[FileReceipt],
    on_progress: Callable[[str], None] | None = None,
) -> Compaction:
    """Merge an extract's small raw files where there are too many of them.

    Args:
        extract: one of `EXTRACTS`.
        settings: where things lie.
        fresh: receipts of this run; their files stay apart, so that the build reads what is new and no more.
        on_progress: told in a sentence what was done.

    Returns:
        What was merged; at most `compaction_bytes_per_run` are read.
    """
    limits = load_limits()
    receipts = ledger.read_ledger(settings.ledger_path)
    folder = raw_folder(extract=extract, settings=settings)
    mine = [item for item in receipts if item.extract == extract]
    groups = list(_due(raw_files(mine, folder=folder), fresh=fresh, limits=limits))
    if not groups:
        return Compaction()
    size = sum(_size(file) for group in groups for file in group)
    before, free = sum(map(len, groups)), shutil.disk_usage(settings.home).free
    if free < _DISK_RESERVE * size:
        done = Compaction(skipped=f"{before} small files stay apart: only {free >> 20:,} MB of disk are free")
    else:
        _merge_all(groups, extract=extract, receipts=receipts, settings=settings)
        done = Compaction(files_before=before, files_after=len(groups), size_bytes=size)
    if on_progress:
        on_progress(f"{extract}: {done.skipped or f'{before} small raw files merged into {len(groups)}'}")
    return done


def _due(files: list[RawFile], *, fresh: list[FileReceipt], limits: Limits) -> Iterator[list[RawFile]]:
    """Yield the files of each month that become one, the oldest first; none unless there are many."""
    known = {item.file_hash for item in fresh}
    small = [
        file
        for file in files
        if not file.file_hashes & known and (not file.is_whole or _size(file) < limits.small_raw_bytes)
    ]
    groups = [
        group
        for _, month in groupby(sorted(small, key=_arrival), key=_month)
        for group in _parts(list(month), most_bytes=limits.merged_raw_bytes)
        if len(group) > 1 or not group[0].is_whole
    ]
    if sum(map(len, groups)) <= limits.max_small_raw_files and all(f.is_whole for g in groups for f in g):
        return
    done = 0
    for position, group in enumerate(groups):
        done += sum(map(_size, group))
        if position and done > limits.compaction_bytes_per_run:
            return
        yield group


def _parts(files: list[RawFile], *, most_bytes: int) -> Iterator[list[RawFile]]:
    part: list[RawFile] = []
    size = 0
    for file in files:
        if part and size + _size(file) > most_bytes:
            yield part
            part, size = [], 0
        part.append(file)
        size += _size(file)
    yield part


def _size(file: RawFile) -> int:
    return file.path.stat().st_size


def _arrival(file: RawFile) -> tuple[str, str]:
    first = min(file.receipts, key=lambda item: (item.ingested_at, item.file_name))
    return first.ingested_at, first.file_name


def _month(file: RawFile) -> str:
    return _arrival(file)[0][: len("2026-07")]


def _merge_all(
    groups: list[list[RawFile]], *, extract: str, receipts: list[FileReceipt], settings: Settings
) -> None:
    work_dir = settings.temp_dir / f"compact-{uuid.uuid4().hex}"
    places: dict[str, str] = {}
    try:
        for group in groups:
            name = _merge(group, extract=extract, settings=settings, work_dir=work_dir)
            places |= {file.path.name: name for file in group}
    finally:
        shutil.rmtree(work_dir, ignore_errors=True)
    moved = [
        replace(item, raw_file=places[item.raw_file])
        if item.extract == extract and item.raw_file in places
        else item
        for item in receipts
    ]
    ledger.replace(settings.ledger_path, moved)
    sweep(extract=extract, receipts=moved, settings=settings)


def _merge(files: list[RawFile], *, extract: str, settings: Settings, work_dir: Path) -> str:
    """Write one file out of several and put it in place; return its name."""
    folder = raw_folder(extract=extract, settings=settings)
    name = f"{SHARED_PREFIX}{_month(files[0])}-{uuid.uuid4().hex}.parquet"
    make_folder(work_dir)
    schema = raw_schema(extract)
    written = 0
    with ParquetSink(work_dir / name, schema=schema) as sink:
        for rows in _sorted_rows(files, extract=extract, settings=settings, work_dir=work_dir):
            sink.write(rows.cast(schema))
            written += rows.height
    expected = sum(item.rows_accepted for file in files for item in file.receipts)
    if written != expected:
        raise AssertionError(f"{name}: {written} rows of {extract} were merged where {expected} count")
    move_for_good(work_dir / name, folder / name)
    return name


def _sorted_rows(
    files: list[RawFile], *, extract: str, settings: Settings, work_dir: Path
) -> Iterator[pl.DataFrame]:
    """Yield the rows that count, sorted by their own date, a row group at a time; what is too much spills."""
    limits = load_limits()
    config = {
        "memory_limit": limits.compaction_memory,
        "threads": settings.threads,
        "temp_directory": str(work_dir),
    }
    columns = ", ".join(f'"{name}"' for name in raw_schema(extract))
    rows = " union all ".join(counted_rows(files, columns=columns))
    date = DATE_COLUMNS.get(extract, "_ingested_at")
    order = f'"{date}", _ingested_at, _file_hash, _line_number'
    with duckdb.connect(config=config) as connection:  # type: ignore[arg-type]
        batches = connection.execute(f"{rows} order by {order}").to_arrow_reader(limits.raw_group_rows)
        for batch in batches:
            yield pl.DataFrame(batch)
