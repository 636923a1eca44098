"""Lines that no reader can accept, made from good ones; their ids begin with X, so nothing good is lost."""

from __future__ import annotations

import numpy as np
import polars as pl

from simulator.writers import TIME_FORMAT, FileFormat, as_lines

BROKEN_SHARE = 0.004
MOST_PER_FILE = 400

# Extract: id, a column of numbers, a column of times.
TARGETS: dict[str, tuple[str, str | None, str | None]] = {
    "registrations": ("account_id", None, "registered_at"),
    "orders": ("order_id", "paid_amount", "ordered_at"),
    "order_items": ("order_id", "unit_price", None),
    "browse_events": ("event_id", None, "event_at"),
    "tickets": ("ticket_id", "escalation_level", "created_at"),
    "feedback": ("feedback_id", "score", "created_at"),
}
FEWER_FIELDS = 3


def break_lines(
    rng: np.random.Generator, frame: pl.DataFrame, *, extract: str, mess: float, file_format: FileFormat
) -> tuple[tuple[str, ...], tuple[tuple[str, int], ...]]:
    """Broken lines for one file, and how many of each kind.

    Args:
        rng: stream of random numbers.
        frame: the file's rows without tags.
        extract: which extract.
        mess: 0..1; sets the share of broken lines.
        file_format: csv or jsonl.

    Returns:
        The lines, and pairs of kind and count.
    """
    count = min(int(np.ceil(BROKEN_SHARE * mess * frame.height)), MOST_PER_FILE)
    if count == 0 or extract not in TARGETS:
        return (), ()
    sample = _as_text(frame[np.sort(rng.integers(0, frame.height, count))], id_column=TARGETS[extract][0])
    makers = _kinds(extract, file_format=file_format)
    turn = (np.arange(count) + int(rng.integers(0, len(makers)))) % len(makers)
    lines: list[str] = []
    planted: list[tuple[str, int]] = []
    for number, kind in enumerate(makers):
        mine = sample.filter(pl.Series(turn == number))
        if mine.height:
            lines.extend(_broken(mine, kind=kind, extract=extract, file_format=file_format))
            planted.append((kind, mine.height))
    return tuple(lines), tuple(planted)


def _kinds(extract: str, *, file_format: FileFormat) -> list[str]:
    _, number, time = TARGETS[extract]
    kinds = ["too_few_fields", "too_many_fields"] if file_format == "csv" else ["cut_off_json"]
    return kinds + (["text_in_number"] if number else []) + (["year_zero"] if time else [])


def _as_text(frame: pl.DataFrame, *, id_column: str) -> pl.DataFrame:
    """All values as text, with ids that no good row has."""
    return (
        frame.with_columns(pl.selectors.datetime().dt.strftime(TIME_FORMAT))
        .cast(pl.String)
        .with_columns(("X" + pl.col(id_column).str.slice(1)).alias(id_column))
    )


def _broken(rows: pl.DataFrame, *, kind: str, extract: str, file_format: FileFormat) -> list[str]:
    _, number, time = TARGETS[extract]
    if kind == "text_in_number":
        rows = rows.with_columns(pl.lit("一百元").alias(str(number)))
    if kind == "year_zero":
        rows = rows.with_columns(pl.lit("0000-01-01 00:00:00").alias(str(time)))
    if kind == "too_few_fields":
        rows = rows.select(rows.columns[:FEWER_FIELDS])
    lines = as_lines(rows, file_format=file_format, header=False).decode("utf-8").splitlines()
    if kind == "too_many_fields":
        return [f"{line},多余,字段" for line in lines]
    if kind == "cut_off_json":
        return [line[: len(line) // 2] for line in lines]
    return lines
