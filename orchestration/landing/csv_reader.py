"""CSV files as batches of text columns, with every malformed line beside them.

What belongs here: header, records to columns. What does not: contract names and types.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl

from orchestration.landing.batches import Batch, Malformed
from orchestration.landing.compression import UnreadableFileError
from orchestration.landing.csv_records import MISPLACED_QUOTE, OPEN_QUOTE, Positions, Records, split_records
from orchestration.landing.limits import load_limits
from orchestration.landing.lines import Block

SEPARATORS = {b",": "commas", b";": "semicolons", b"\t": "tabs", b"|": "bars"}


def read_csv(blocks: Iterator[Block], *, separators: tuple[bytes, ...] = (b",",)) -> Iterator[Batch]:
    """Yield the rows of a CSV file; the first batch comes even if there are no rows.

    Args:
        blocks: the file's lines.
        separators: separators that are accepted; the one that splits the header into most fields is taken.

    Raises:
        UnreadableFileError: no header, another separator, or a column name that comes twice.
    """
    header: list[str] | None = None
    separator = separators[0]
    open_block: Block | None = None
    bytes_done = 0
    for arrived in blocks:
        block = open_block.followed_by(arrived) if open_block else arrived
        bytes_done += len(arrived.data)
        if header is None:
            block, line = _without_header(block)
            separator = _separator(line, accepted=separators)
            header = _column_names(line, separator)
        records = split_records(block=block, separator=separator, fields=len(header))
        yield replace(_batch(block, records, header=header, separator=separator), bytes_done=bytes_done)
        open_block = _tail(block, records.rest)


def _without_header(block: Block) -> tuple[Block, str]:
    """Cut the first line that is not blank off a block; the header is never quoted over lines."""
    cut = 0
    line = b""
    while not line.strip() and cut < len(block.data):
        end = block.data.index(b"\n", cut)
        line = block.data[cut:end]
        cut = end + 1
    dropped = block.data.count(b"\n", 0, cut)
    if not line.strip():
        raise UnreadableFileError("The file holds only blank lines. Send it again with its header and rows.")
    if dropped - 1 in block.faults:
        raise UnreadableFileError("The header cannot be read: " + "; ".join(block.faults[dropped - 1]) + ".")
    faults = {index - dropped: reasons for index, reasons in block.faults.items() if index >= dropped}
    return Block(block.data[cut:], block.first_line + dropped, faults, block.is_last), line.decode()


def _separator(line: str, *, accepted: tuple[bytes, ...]) -> bytes:
    counts = {separator: line.count(separator.decode()) for separator in SEPARATORS}
    best = max(accepted, key=lambda separator: counts[separator])
    likely = max(counts, key=lambda separator: counts[separator])
    if counts[best] == 0 and counts[likely] > 0:
        raise UnreadableFileError(
            f"The columns are separated by {SEPARATORS[likely]}, not by {SEPARATORS[accepted[0]]}. "
            f"Export the file with {SEPARATORS[accepted[0]]}."
        )
    return best


def _column_names(line: str, separator: bytes) -> list[str]:
    try:
        names = [name.strip() for name in next(csv.reader([line], delimiter=separator.decode(), strict=True))]
    except csv.Error as error:
        raise UnreadableFileError(
            "The header holds a quote that is never closed. Export the file again."
        ) from error
    twice = same_names(names)
    if twice:
        raise UnreadableFileError(
            f"The columns {' and '.join(map(str, twice))} of the first line have the same name. Export the "
            "file with each column once, and with a header."
        )
    return [name or f"column {position}" for position, name in enumerate(names, start=1)]


def same_names(names: list[str]) -> list[int]:
    """Positions, from 1, of the columns that share the first name that comes more than once.

    Positions, not names: in a file without a header the names are customers' data.
    """
    folded = [name.strip().lower() for name in names]
    twice = next((name for name in folded if name and folded.count(name) > 1), None)
    return [position for position, name in enumerate(folded, start=1) if twice and name == twice]


def _batch(block: Block, records: Records, *, header: list[str], separator: bytes) -> Batch:
    is_bad = records.is_open | records.is_misplaced | (records.fields != len(header))
    faulty = _faulty_records(block, records)
    is_bad[list(faulty)] = True
    bad = np.flatnonzero(is_bad)
    malformed = [_malformed(block, records, int(index), faulty, len(header)) for index in bad]
    good = np.flatnonzero(~is_bad)
    start, end, line = records.start[good], records.end[good], records.first_line[good]
    frame = _columns(block.data, start, end, header=header, separator=separator)

    def raw_rows(rows: list[int]) -> list[str]:
        return [block.data[start[row] : end[row]].decode() for row in rows]

    return Batch(frame=frame, lines=line + block.first_line, raw_rows=raw_rows, malformed=malformed)


def _faulty_records(block: Block, records: Records) -> dict[int, list[str]]:
    faulty: dict[int, list[str]] = {}
    for line, reasons in sorted(block.faults.items()):
        index = int(np.searchsorted(records.first_line, line, side="right")) - 1
        if index >= 0:
            known = faulty.setdefault(index, [])
            known.extend(reason for reason in reasons if reason not in known)
    return faulty


def _malformed(
    block: Block, records: Records, index: int, faulty: dict[int, list[str]], fields: int
) -> Malformed:
    reasons = list(faulty.get(index, []))
    if records.is_open[index]:
        reasons.append(OPEN_QUOTE)
    if records.is_misplaced[index]:
        reasons.append(MISPLACED_QUOTE)
    if not reasons:  # the number of fields says something only where quotes and bytes are sound
        reasons.append(f"the line has {records.fields[index]} fields where the header has {fields}")
    raw_row = block.data[records.start[index] : records.end[index]].decode()
    return Malformed(block.first_line + int(records.first_line[index]), raw_row, reasons)


def _columns(
    data: bytes, start: Positions, end: Positions, *, header: list[str], separator: bytes
) -> pl.DataFrame:
    """Sound records to text columns; an empty field is NULL."""
    if len(start) == 0:
        return read_records(b"", rows=0, header=header, separator=separator)
    is_gap = start[1:] != end[:-1] + 1
    run_start = start[np.append(True, is_gap)]
    run_end = end[np.append(is_gap, True)] + 1
    sound = b"".join(data[a:b] for a, b in zip(run_start.tolist(), run_end.tolist(), strict=True))
    return read_records(sound, rows=len(start), header=header, separator=separator)


def read_records(sound: bytes, *, rows: int, header: list[str], separator: bytes = b",") -> pl.DataFrame:
    """Read well-formed records, each with its line feed, as text columns; an empty field is NULL.

    Args:
        sound: the records.
        rows: how many there are.
        header: a name per field.
        separator: one byte.
    """
    schema = dict.fromkeys(header, pl.String)
    if rows == 0:
        return pl.DataFrame(schema=schema)
    frame = pl.read_csv(
        sound,
        has_header=False,
        separator=separator.decode(),
        quote_char='"' if b'"' in sound else None,
        schema=schema,
        empty_string_is_null=True,
        low_memory=True,
    )
    return frame if frame.height == rows else _columns_one_by_one(sound, schema, separator)


def _columns_one_by_one(sound: bytes, schema: dict[str, type[pl.String]], separator: bytes) -> pl.DataFrame:
    """Python's own reader, for the block on which the fast one counts other rows than there are records."""
    csv.field_size_limit(load_limits().max_line_bytes)
    rows = list(csv.reader(io.StringIO(sound.decode(), newline=""), delimiter=separator.decode()))
    return pl.DataFrame([[value or None for value in row] for row in rows], schema=schema, orient="row")


def _tail(block: Block, rest: int) -> Block | None:
    if rest >= len(block.data):
        return None
    dropped = block.data.count(b"\n", 0, rest)
    faults = {line - dropped: reasons for line, reasons in block.faults.items() if line >= dropped}
    return Block(block.data[rest:], block.first_line + dropped, faults, block.is_last)
