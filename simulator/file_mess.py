"""Mess of whole files: late and repeated files, old states that arrive last, encodings, packing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from simulator.broken_lines import break_lines
from simulator.row_mess import (
    NEW_COLUMNS,
    bare,
    before_refund,
    old_states,
    with_duplicates,
    with_guests,
    with_new_column,
)
from simulator.writers import Drop, FileFormat

if TYPE_CHECKING:
    from simulator.chunk import Chunk

LATE_FILE_SHARE = 0.4
LATE_ROWS_SHARE = 0.03
REPEATED_FILE_SHARE = 0.2
PACKED_FILE_SHARE = 0.25
REPEATED_FOLDER = "补发 2"
GB18030_EXTRACTS = ("registrations", "orders", "tickets", "feedback")


def dirty_drops(drops: list[Drop], *, chunk: Chunk, file_format: FileFormat) -> list[Drop]:
    """The files of one extract as a careless source sends them; no good row is lost.

    Args:
        drops: clean files in order of time.
        chunk: gives the randomness, the calendar and the intensity.
        file_format: Parquet files get only the mess that they can carry.
    """
    rng, mess = chunk.rng["mess"], chunk.mess
    if not drops:
        return []
    extract = drops[0].extract
    drops = _split_late(rng, drops, chunk=chunk)
    if extract == "orders":
        drops = [replace(d, frame=with_guests(rng, d.frame, mess=mess)) for d in drops]
        drops = _move_refunds(drops, chunk=chunk)
    if extract in ("orders", "registrations"):
        drops = _add_old_states(rng, drops, chunk=chunk)
    half = chunk.timeline.days // 2
    if extract in NEW_COLUMNS:
        drops = [
            replace(d, frame=with_new_column(rng, d.frame, extract=extract)) if d.first_day >= half else d
            for d in drops
        ]
    drops = [replace(d, frame=with_duplicates(rng, d.frame, mess=mess)) for d in drops]
    if file_format != "parquet":
        drops = [_packed(rng, d, number=k, mess=mess, file_format=file_format) for k, d in enumerate(drops)]
    return drops + _repeated(rng, drops, mess=mess)


def _split_late(rng: np.random.Generator, drops: list[Drop], *, chunk: Chunk) -> list[Drop]:
    """Some files miss a stretch of rows, which come in a file named by a later day."""
    result: list[Drop] = []
    for number, drop in enumerate(drops):
        length = int(np.ceil(drop.frame.height * LATE_ROWS_SHARE))
        chosen = rng.random() < LATE_FILE_SHARE * chunk.mess or number == len(drops) // 2
        start = int(rng.integers(0, max(drop.frame.height - length, 0) + 1))
        wait = int(rng.integers(3, 30))
        if not chosen or drop.frame.height <= length:
            result.append(drop)
            continue
        day = min(drop.last_day + wait, chunk.timeline.days - 1)
        frame = drop.frame[start : start + length].with_columns(_late=pl.lit("late_row"))
        rest = pl.concat([drop.frame[:start], drop.frame[start + length :]])
        late = _named_by_day(drop, word="late", day=day, chunk=chunk)
        result += [replace(drop, frame=rest), replace(late, frame=frame)]
    return result


def _named_by_day(drop: Drop, *, word: str, day: int, chunk: Chunk) -> Drop:
    named_day = chunk.timeline.start + timedelta(day)
    origin = f"{drop.first_day:04d}_p{chunk.number:03d}"
    return replace(drop, stem=f"{drop.extract}_{word}_{named_day}_{origin}")


def _move_refunds(drops: list[Drop], *, chunk: Chunk) -> list[Drop]:
    """Orders given back late stand completed in their own file; the refund comes in a file of updates."""
    result: list[Drop] = []
    refunds: list[pl.DataFrame] = []
    for drop in drops:
        late = drop.frame["_late_refund"]
        frame = drop.frame.drop("_late_refund")
        refunds.append(bare(frame.filter(late)).with_columns(_late_refund=pl.lit("late_refund")))
        kept = pl.concat([frame.filter(~late), before_refund(frame.filter(late))]).sort(
            "ordered_at", "order_id"
        )
        result.append(replace(drop, frame=kept))
    frame = pl.concat(refunds).sort("updated_at", "order_id")
    updates = _named_by_day(drops[-1], word="refunds", day=chunk.timeline.days - 1, chunk=chunk)
    return [*result, replace(updates, frame=frame)] if frame.height else result


def _add_old_states(rng: np.random.Generator, drops: list[Drop], *, chunk: Chunk) -> list[Drop]:
    """Old versions of rows: half come before the newer one, half after it in a file of their own."""
    result: list[Drop] = []
    for drop in drops:
        old = old_states(rng, drop.frame, extract=drop.extract, mess=chunk.mess)
        first = pl.Series(rng.random(old.height) < 0.5)
        before = old.filter(first).with_columns(_old=pl.lit("earlier_state"))
        after = old.filter(~first).with_columns(_old=pl.lit("update_out_of_order"))
        result.append(replace(drop, frame=pl.concat([before, drop.frame], how="diagonal")))
        if after.height:
            day = min(drop.last_day + 20, chunk.timeline.days - 1)
            word = "updates_of_" + drop.stem.removeprefix(f"{drop.extract}_").split("_")[0]
            result.append(replace(_named_by_day(drop, word=word, day=day, chunk=chunk), frame=after))
    return result


def _packed(
    rng: np.random.Generator, drop: Drop, *, number: int, mess: float, file_format: FileFormat
) -> Drop:
    """Give a file broken lines, an encoding and a packing; the first files of an extract get one of each."""
    lines, planted = break_lines(rng, drop.rows, extract=drop.extract, mess=mess, file_format=file_format)
    draw = rng.random(2)
    packing = ""
    if number == 1 or draw[0] < PACKED_FILE_SHARE * mess:
        packing = "gzip"
    if number == 2 or draw[0] > 1 - PACKED_FILE_SHARE * mess:
        packing = "zstd"
    encoding = "utf-8"
    if file_format == "csv" and (number == 3 or draw[1] < PACKED_FILE_SHARE * mess):
        encoding = "utf-8-sig"
    elif drop.extract in GB18030_EXTRACTS and (number == 0 or draw[1] > 1 - PACKED_FILE_SHARE * mess):
        encoding = "gb18030"
    notes = [(f"packed_{packing}", 1)] * bool(packing) + [(f"encoding_{encoding}", 1)] * (encoding != "utf-8")
    return replace(
        drop,
        broken_lines=lines,
        packing=packing,
        encoding=encoding,
        planted=(*drop.planted, *planted, *notes),
    )


def _repeated(rng: np.random.Generator, drops: list[Drop], *, mess: float) -> list[Drop]:
    """Some files once more, byte for byte, under another name and in another folder."""
    chosen = np.flatnonzero(
        (rng.random(len(drops)) < REPEATED_FILE_SHARE * mess) | (np.arange(len(drops)) == 0)
    )
    copies: list[Drop] = []
    for drop in (drops[k] for k in chosen):
        frame = drop.rows
        note = (("file_twice", 1), ("file_twice_row", frame.height + len(drop.broken_lines)))
        copies.append(
            replace(drop, frame=frame, folder=REPEATED_FOLDER, stem=f"{drop.stem} copy", planted=note)
        )
    return copies
