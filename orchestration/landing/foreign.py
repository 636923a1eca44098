"""Foreign exports: their lines are kept as they came, in Parquet, before any SQL sees them.

What belongs here: ingesting the inputs of a source profile. What does not: what the lines mean (the SQL of
the profile), the contract of an extract (`contracts`). Equal lines stay: in a foreign export they are real.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import polars as pl

from orchestration.landing import ledger, quarantine
from orchestration.landing.arrivals import Arrival, arrivals_of, new_arrivals, no_longer_refused
from orchestration.landing.batches import Batch
from orchestration.landing.commit import commit, lost_receipts, promote, raw_folder, sweep
from orchestration.landing.compression import UnreadableFileError, file_format
from orchestration.landing.ledger import FileReceipt
from orchestration.landing.raw_files import ParquetSink, refused_rows
from orchestration.landing.readers import read_batches
from orchestration.landing.splitting import malformed_rows
from orchestration.landing.staging import StagedFile, read_whole
from orchestration.settings import Settings


def ingest_input(*, name: str, pattern: str, settings: Settings, now: datetime) -> list[FileReceipt]:
    """Keep the lines of all new files that match a pattern.

    Args:
        name: `<profile>.<input>`, the extract's name in ledger and quarantine.
        pattern: glob below the landing folder.
        settings: where things lie.
        now: moment of ingestion, UTC without zone.

    Returns:
        Receipts of every file of this input that is kept, old and new, by file name.
    """
    receipts = ledger.read_ledger(settings.ledger_path)
    arrivals = arrivals_of(
        _matching(settings.landing, pattern), root=settings.landing, extract=name, settings=settings
    )
    retired = no_longer_refused(arrivals, extract=name, receipts=receipts)
    lost = lost_receipts(extract=name, receipts=receipts, arrivals=arrivals, settings=settings)
    sweep(extract=name, receipts=receipts, settings=settings)
    known = [item for item in receipts if item not in lost]
    new = new_arrivals(arrivals, extract=name, receipts=known, full_refresh=settings.full_refresh)
    if new or retired:
        work_dir = settings.temp_dir / f"foreign-{uuid.uuid4().hex}"
        try:
            staged = [_stage(arrival, name=name, work_dir=work_dir, now=now) for arrival in new]
            fresh = [promote(item, extract=name, settings=settings) for item in staged]
        finally:
            shutil.rmtree(work_dir, ignore_errors=True)
        commit(fresh, receipts=receipts, retired=retired, settings=settings)
        receipts = ledger.read_ledger(settings.ledger_path)
        sweep(extract=name, receipts=receipts, settings=settings)
    mine = [item for item in receipts if item.extract == name and item.raw_file]
    return sorted(mine, key=lambda item: (item.file_name, item.file_hash))


def kept_path(receipt: FileReceipt, *, settings: Settings) -> Path:
    """Parquet file that holds a foreign file's lines."""
    return raw_folder(extract=receipt.extract, settings=settings) / str(receipt.raw_file)


def _matching(landing: Path, pattern: str) -> list[Path]:
    found = (path for path in landing.glob(pattern) if not path.is_dir())
    return sorted(
        path
        for path in found
        if not any(part.startswith((".", "_")) for part in path.relative_to(landing).parts)
    )


def _stage(arrival: Arrival, *, name: str, work_dir: Path, now: datetime) -> StagedFile:
    item = StagedFile(
        arrival=arrival,
        extract=name,
        now=now,
        raw_path=work_dir / f"{arrival.file_hash}.raw.parquet",
        quarantine_path=work_dir / f"{arrival.file_hash}.quarantine.parquet",
    )
    read_whole(item, lambda: _read(item, work_dir=work_dir))
    return item


def _read(item: StagedFile, *, work_dir: Path) -> None:
    schema = _schema(item.arrival.path, work_dir)
    with (
        ParquetSink(item.raw_path, schema=schema) as raw,
        ParquetSink(item.quarantine_path, schema=quarantine.SCHEMA) as refused,
    ):
        for batch in _batches(item.arrival.path, work_dir):
            rows = batch.frame.with_columns(
                pl.lit(item.arrival.name).alias("_file_name"),
                pl.Series("_line_number", batch.lines, dtype=pl.Int64),
            )
            missing = [
                pl.lit(None, dtype=schema[column]).alias(column)
                for column in schema
                if column not in rows.columns
            ]
            raw.write(rows.with_columns(missing))
            refused.write(refused_rows(malformed_rows(batch.malformed), origin=item.origin))
            item.rows_read += rows.height + len(batch.malformed)
            item.rows_accepted += rows.height
            item.rows_quarantined += len(batch.malformed)


def _batches(path: Path, work_dir: Path) -> Iterator[Batch]:
    for batch in read_batches(path=path, temp_dir=work_dir):
        text = pl.col(pl.String)
        frame = (
            batch.frame.with_columns(pl.when(text != "").then(text).name.keep())
            if batch.frame.width
            else batch.frame
        )
        yield Batch(frame=frame, lines=batch.lines, raw_rows=batch.raw_rows, malformed=batch.malformed)


def _schema(path: Path, work_dir: Path) -> pl.Schema:
    """Columns of a foreign file; JSON Lines must be read through, since any line may bring a new key.

    Raises:
        UnreadableFileError: the file cannot be read, or holds a column under a name that is ours.
    """
    columns: dict[str, pl.DataType] = {}
    for batch in read_batches(path=path, temp_dir=work_dir):
        columns |= batch.frame.schema
        if file_format(path)[0] != "jsonl":
            break
    folded = [column.lower() for column in columns]
    if len(set(folded)) < len(folded) or {"_file_name", "_line_number"} & set(folded):
        raise UnreadableFileError(
            "Two columns of the file differ only in upper and lower case, or one is called _file_name or "
            "_line_number. Rename it in the export."
        )
    return pl.Schema(columns | {"_file_name": pl.String(), "_line_number": pl.Int64()})
