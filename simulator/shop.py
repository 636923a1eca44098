"""The entry: `simulate` makes a whole shop and writes its extracts and its hidden truth."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from simulator.assumptions import PERSONS_PER_CHUNK
from simulator.campaigns import Campaign, campaigns_frame, plan_campaigns
from simulator.catalogue import Catalogue, draw_catalogue
from simulator.chunk import Chunk, draw_chunk
from simulator.columns import EXTRACT_COLUMNS
from simulator.drops import chunk_drops
from simulator.file_mess import dirty_drops
from simulator.mess_tally import MessTally
from simulator.timeline import Timeline
from simulator.truth import effects_frame
from simulator.writers import Drop, FileFormat, FileWriter

DEFAULT_END = date(2026, 6, 30)
TRUTH_FOLDER = "_truth"
Progress = Callable[[str, int], None]


@dataclass(frozen=True, kw_only=True)
class SimulationSummary:
    """What was written.

    Attributes:
        out: folder of the shop.
        customers: persons.
        accounts: their accounts on all platforms.
        start_date: first local day.
        end_date: last local day.
        row_counts: rows per extract, planted duplicates and broken lines included.
        file_count: files below the extracts.
        byte_count: their bytes.
        mess_count: planted facts in `_truth/mess.parquet`.
    """

    out: Path
    customers: int
    accounts: int
    start_date: date
    end_date: date
    row_counts: dict[str, int]
    file_count: int
    byte_count: int
    mess_count: int


def simulate(
    *,
    out: Path,
    customers: int,
    days: int = 730,
    seed: int = 0,
    file_format: FileFormat = "csv",
    mess: float = 0.0,
    end_date: date = DEFAULT_END,
    on_progress: Progress | None = None,
) -> SimulationSummary:
    """Make a shop and write `out/<extract>/…` and the hidden truth `out/_truth/`.

    The same arguments give the same bytes, whatever the number of threads and the day.

    Args:
        out: folder of the shop; its extracts' folders must be absent or empty.
        customers: persons, at least 1. A shop of 730 days has about 10 orders and 50 events per person.
        days: simulated days up to and with `end_date`, at least 1.
        seed: non-negative number that decides every draw.
        file_format: csv, jsonl or parquet.
        mess: 0 (clean) to 1; intensity of everything in `_truth/mess.parquet`.
        end_date: last day in Asia/Shanghai.
        on_progress: called with the extract just written and the persons finished so far.

    Returns:
        Counts of what was written.

    Raises:
        ValueError: if an argument is out of its range.
        FileExistsError: if `out` already holds a shop.
    """
    _refuse_bad_arguments(customers=customers, days=days, seed=seed, mess=mess, file_format=file_format)
    _refuse_used_folder(out)
    timeline = Timeline(start=end_date - timedelta(days - 1), days=days)
    shared, *chunk_seeds = np.random.SeedSequence(seed).spawn(1 + -(-customers // PERSONS_PER_CHUNK))
    catalogue = draw_catalogue(np.random.default_rng(shared))
    campaigns = plan_campaigns(timeline)
    writer = FileWriter(out=out, file_format=file_format)
    tally = MessTally()
    notes: list[dict[str, pl.DataFrame]] = []
    for number, chunk_seed in enumerate(chunk_seeds):
        chunk = draw_chunk(
            chunk_seed, number=number, customers=customers, timeline=timeline, catalogue=catalogue,
            campaigns=campaigns, mess=mess, seed=seed,
        )  # fmt: skip
        _write_chunk(chunk, chunk_count=len(chunk_seeds), writer=writer, tally=tally, on_progress=on_progress)
        notes.append(chunk.truth())
    _write_shared(writer, catalogue=catalogue, campaigns=campaigns, timeline=timeline, customers=customers)
    _write_truth(out / TRUTH_FOLDER, notes=notes, timeline=timeline, campaigns=campaigns, tally=tally)
    accounts = sum(note["accounts"].height for note in notes)
    summary = _summary(writer, customers=customers, accounts=accounts, timeline=timeline, tally=tally)
    parameters = {"days": days, "seed": seed, "file_format": file_format, "mess": mess}
    _write_note(out / TRUTH_FOLDER / "shop.json", summary=summary, parameters=parameters)
    return summary


def _summary(
    writer: FileWriter, *, customers: int, accounts: int, timeline: Timeline, tally: MessTally
) -> SimulationSummary:
    return SimulationSummary(
        out=writer.out,
        customers=customers,
        accounts=accounts,
        start_date=timeline.start,
        end_date=timeline.start + timedelta(timeline.days - 1),
        row_counts={extract: writer.row_counts[extract] for extract in EXTRACT_COLUMNS},
        file_count=writer.file_count,
        byte_count=writer.byte_count,
        mess_count=tally.total,
    )


def _refuse_bad_arguments(*, customers: int, days: int, seed: int, mess: float, file_format: str) -> None:
    if customers < 1 or days < 1 or seed < 0:
        raise ValueError("customers and days must be at least 1, and seed must not be negative")
    if not 0 <= mess <= 1:
        raise ValueError("mess must lie between 0 and 1")
    if file_format not in ("csv", "jsonl", "parquet"):
        raise ValueError("file_format must be csv, jsonl or parquet")


def _refuse_used_folder(out: Path) -> None:
    for name in (*EXTRACT_COLUMNS, TRUTH_FOLDER):
        folder = out / name
        if folder.is_dir() and next(folder.iterdir(), None) is not None:
            raise FileExistsError(f"{folder} is not empty; choose another folder or remove the old shop")


def _write_chunk(
    chunk: Chunk, *, chunk_count: int, writer: FileWriter, tally: MessTally, on_progress: Progress | None
) -> None:
    suffix = f"_p{chunk.number:03d}" if chunk_count > 1 else ""
    for extract in EXTRACT_COLUMNS:
        drops = chunk_drops(chunk, extract=extract, suffix=suffix)
        if chunk.mess > 0:
            drops = iter(dirty_drops(list(drops), chunk=chunk, file_format=writer.file_format))
        for drop in drops:
            tally.count_tags(drop, file=writer.write(drop))
        if on_progress is not None:
            on_progress(extract, chunk.last_person)


def _write_shared(
    writer: FileWriter, *, catalogue: Catalogue, campaigns: list[Campaign], timeline: Timeline, customers: int
) -> None:
    for extract, frame in (
        ("products", catalogue.frame()),
        ("campaigns", campaigns_frame(campaigns, timeline=timeline, customers=customers)),
    ):
        writer.write(
            Drop(extract=extract, stem=extract, frame=frame, first_day=0, last_day=timeline.days - 1)
        )


def _write_truth(
    folder: Path,
    *,
    notes: list[dict[str, pl.DataFrame]],
    timeline: Timeline,
    campaigns: list[Campaign],
    tally: MessTally,
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in notes[0]:
        pl.concat([note[name] for note in notes]).write_parquet(folder / f"{name}.parquet")
    effects_frame(timeline=timeline, campaigns=campaigns).write_parquet(folder / "effects.parquet")
    tally.frame().write_parquet(folder / "mess.parquet")


def _write_note(path: Path, *, summary: SimulationSummary, parameters: Mapping[str, object]) -> None:
    """The summary and the arguments as JSON, written last: a shop without it is unfinished."""
    known = {key: value for key, value in asdict(summary).items() if key != "out"}
    path.write_text(json.dumps({**parameters, **known}, default=str, indent=1) + "\n", encoding="utf-8")
