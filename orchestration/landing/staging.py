"""One landing file read into two scratch Parquet files: accepted rows and refused rows.

What belongs here: streaming one file, counting its rows and money. What does not: other files (`ingest`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from orchestration.landing import quarantine
from orchestration.landing.arrivals import Arrival, unread_hash
from orchestration.landing.compression import UnreadableFileError, file_format
from orchestration.landing.contracts import amount, content_columns
from orchestration.landing.duplicates import LineNumbers, Repeats
from orchestration.landing.ledger import FileReceipt
from orchestration.landing.raw_files import Origin, ParquetSink, raw_schema, refused_rows, with_origin
from orchestration.landing.readers import read_batches
from orchestration.landing.reasons import USED_EVENT_ID
from orchestration.landing.splitting import REFUSED, check_columns, split
from orchestration.settings import Settings

MONEY_EXTRACTS = ("orders", "order_items")
CHANGED_MEANWHILE = "The file changed while it was read; it will be read again at the next run."


@dataclass
class StagedFile:
    """Rows and money of one file, and the scratch files that hold them."""

    arrival: Arrival
    extract: str
    now: datetime
    raw_path: Path
    quarantine_path: Path
    rows_read: int = 0
    rows_accepted: int = 0
    rows_quarantined: int = 0
    rows_duplicate: int = 0
    amount_accepted: Decimal = Decimal("0.00")
    amount_quarantined: Decimal = Decimal("0.00")
    amount_duplicate: Decimal = Decimal("0.00")
    columns: list[str] = field(default_factory=list)
    unknown_columns: list[str] = field(default_factory=list)
    refused_reason: str | None = None
    seconds: float = 0.0

    @property
    def origin(self) -> Origin:
        """What every row of this file says about where it came from."""
        return Origin(
            extract=self.extract, file_hash=self.arrival.file_hash, file_name=self.arrival.name, now=self.now
        )

    def refuse(self, reason: str) -> None:
        """Take nothing from this file."""
        self.rows_read = self.rows_accepted = self.rows_quarantined = self.rows_duplicate = 0
        self.amount_accepted = self.amount_quarantined = self.amount_duplicate = Decimal("0.00")
        self.refused_reason = reason
        self.raw_path.unlink(missing_ok=True)
        self.quarantine_path.unlink(missing_ok=True)

    def receipt(self) -> FileReceipt:
        """Ledger line; the amount read is the sum of its three parts."""
        amounts = (self.amount_accepted, self.amount_quarantined, self.amount_duplicate)
        has_money = self.extract in MONEY_EXTRACTS
        shown = [str(value) if has_money else None for value in (sum(amounts, Decimal("0.00")), *amounts)]
        return FileReceipt(
            file_hash=self.arrival.file_hash,
            extract=self.extract,
            file_name=self.arrival.name,
            rows_read=self.rows_read,
            rows_accepted=self.rows_accepted,
            rows_quarantined=self.rows_quarantined,
            rows_duplicate=self.rows_duplicate,
            amount_read=shown[0],
            amount_accepted=shown[1],
            amount_quarantined=shown[2],
            amount_duplicate=shown[3],
            columns=self.columns,
            unknown_columns=self.unknown_columns,
            refused_reason=self.refused_reason,
            ingested_at=self.now.isoformat(),
            size_bytes=self.arrival.size_bytes,
            seconds=round(self.seconds, 3),
        )


def stage_file(
    *,
    arrival: Arrival,
    extract: str,
    settings: Settings,
    work_dir: Path,
    now: datetime,
    on_rows: Callable[[int], None],
) -> StagedFile:
    """Read one file in batches; a file that cannot be read is refused whole, the reason is kept."""
    item = StagedFile(
        arrival=arrival,
        extract=extract,
        now=now,
        raw_path=work_dir / f"{arrival.file_hash}.raw.parquet",
        quarantine_path=work_dir / f"{arrival.file_hash}.quarantine.parquet",
    )
    read_whole(item, lambda: _read(item, settings=settings, work_dir=work_dir, on_rows=on_rows))
    return item


def read_whole(item: StagedFile, read: Callable[[], None]) -> None:
    """Run a reader; refuse the file whole if that fails, or if the file changes meanwhile."""
    started = time.monotonic()
    try:
        if item.arrival.refused_reason:
            raise UnreadableFileError(item.arrival.refused_reason)
        before = item.arrival.path.stat()
        read()
        after = item.arrival.path.stat()
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            item.arrival = replace(item.arrival, file_hash=unread_hash(item.arrival.name))
            raise UnreadableFileError(CHANGED_MEANWHILE)
    except UnreadableFileError as error:
        if isinstance(error.__cause__, OSError) and error.__cause__.errno:
            # The machine failed, not the content: without its hash the file is read again at the next run.
            item.arrival = replace(item.arrival, file_hash=unread_hash(item.arrival.name))
        item.refuse(str(error))
    item.seconds = time.monotonic() - started


def _read(item: StagedFile, *, settings: Settings, work_dir: Path, on_rows: Callable[[int], None]) -> None:
    batches = read_batches(
        path=item.arrival.path, temp_dir=work_dir, wanted=frozenset(content_columns(item.extract))
    )
    with (
        ParquetSink(item.raw_path, schema=raw_schema(item.extract)) as raw,
        ParquetSink(item.quarantine_path, schema=quarantine.SCHEMA) as refused,
    ):
        for number, batch in enumerate(batches):
            if number == 0:
                check_columns(extract=item.extract, found=batch.frame.columns)
                item.columns = batch.frame.columns if file_format(item.arrival.path)[0] == "csv" else []
            part = split(
                batch=batch,
                extract=item.extract,
                reporting_currency=settings.reporting_currency,
                now=item.now,
            )
            raw.write(part.accepted, prepare=partial(with_origin, origin=item.origin))
            refused.write(refused_rows(part.refused, origin=item.origin))
            _count(
                item,
                rows_read=len(batch.lines) + len(batch.malformed),
                accepted=part.accepted,
                refused=part.refused,
            )
            item.unknown_columns += [
                name for name in part.unknown_columns if name not in item.unknown_columns
            ]
            on_rows(item.rows_read)


def _count(item: StagedFile, *, rows_read: int, accepted: pl.DataFrame, refused: pl.DataFrame) -> None:
    item.rows_read += rows_read
    item.rows_accepted += accepted.height
    item.rows_quarantined += refused.height
    if item.extract in MONEY_EXTRACTS:
        item.amount_accepted += total_of(accepted.select(amount(item.extract)).to_series())
        item.amount_quarantined += total_of(refused["amount"])


def total_of(amounts: pl.Series) -> Decimal:
    """Exact sum of amounts, 0.00 of none."""
    total = amounts.cast(pl.Decimal(38, 2)).sum()
    return Decimal("0.00") if total is None else Decimal(total)


def drop_repeats(item: StagedFile, *, repeats: Repeats) -> None:
    """Rewrite a staged file without rows that came before; conflicting ones go to quarantine."""
    kept_path = item.raw_path.with_suffix(".kept")
    schema = raw_schema(item.extract)
    more = item.quarantine_path.with_suffix(".more")
    with (
        pq.ParquetFile(item.raw_path) as source,
        ParquetSink(kept_path, schema=schema) as kept,
        ParquetSink(more, schema=quarantine.SCHEMA) as refused,
    ):
        if item.rows_quarantined:
            with pq.ParquetFile(item.quarantine_path) as known:
                for group in range(known.num_row_groups):
                    refused.write(pl.DataFrame(known.read_row_group(group)))
        for group in range(source.num_row_groups):
            rows = pl.DataFrame(source.read_row_group(group))
            is_duplicate = _are_among(rows["_line_number"], repeats.duplicates)
            is_conflict = _are_among(rows["_line_number"], repeats.conflicts)
            kept.write(rows.filter(~(is_duplicate | is_conflict)))
            conflicts = _conflicting(rows.filter(is_conflict), item=item)
            refused.write(conflicts)
            _move_counts(item, duplicates=rows.filter(is_duplicate), conflicts=conflicts)
    if item.rows_accepted:
        kept_path.replace(item.raw_path)
    if item.rows_quarantined:
        more.replace(item.quarantine_path)


def _are_among(lines: pl.Series, sought: LineNumbers) -> pl.Series:
    values = lines.to_numpy()
    position = np.minimum(np.searchsorted(sought, values), max(len(sought) - 1, 0))
    return (
        pl.Series(sought[position] == values)
        if len(sought)
        else pl.Series([False] * len(values), dtype=pl.Boolean)
    )


def _conflicting(rows: pl.DataFrame, *, item: StagedFile) -> pl.DataFrame:
    content = pl.struct(pl.col(content_columns(item.extract)).cast(pl.String)).struct.json_encode()
    refused = rows.select(
        pl.col("_line_number").alias("line_number"),
        content.alias("raw_row"),
        pl.concat_list(pl.lit(USED_EVENT_ID)).alias("reasons"),
        amount(item.extract).alias("amount"),
    ).cast(REFUSED)
    return refused_rows(refused, origin=item.origin)


def _move_counts(item: StagedFile, *, duplicates: pl.DataFrame, conflicts: pl.DataFrame) -> None:
    item.rows_accepted -= duplicates.height + conflicts.height
    item.rows_duplicate += duplicates.height
    item.rows_quarantined += conflicts.height
    if item.extract in MONEY_EXTRACTS:
        repeated = total_of(duplicates.select(amount(item.extract)).to_series())
        item.amount_accepted -= repeated
        item.amount_duplicate += repeated
