"""Where each CSV record of a block begins and ends, and which ones are malformed; vectorised over bytes.

A quoted text may run over lines. A quote that is never closed must not swallow the good lines after it:
lines with an odd number of quotes are joined up to the next such line only if the result is one well-formed
record with the header's number of fields, within limits, and no line inside is such a record on its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from orchestration.landing.limits import load_limits
from orchestration.landing.lines import Block

QUOTE, LINE_FEED = 34, 10
OPEN_QUOTE = "a quote is opened and never closed"
MISPLACED_QUOTE = "a quote stands inside a field"
# With fewer columns an ordinary line of a text may look like a record.
_TELLING_FIELDS = 3

Positions = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass
class Records:
    """Records of one block; arrays have one entry per record that is not blank.

    Attributes:
        first_line: line index in the block (from 0) where the record begins.
        start: first byte; end: byte of the closing line feed.
        fields: number of fields.
        is_open: a quote is opened and never closed.
        is_misplaced: a quote stands inside a field.
        rest: byte where a record begins that may go on in the next block; else the block's length.
    """

    first_line: Positions
    start: Positions
    end: Positions
    fields: Positions
    is_open: Flags
    is_misplaced: Flags
    rest: int


def split_records(*, block: Block, separator: bytes, fields: int) -> Records:
    """Find the records of a block.

    Args:
        block: whole lines.
        separator: one byte, e.g. b",".
        fields: number of fields of the header.
    """
    data = np.frombuffer(block.data, dtype=np.uint8)
    line_end = np.flatnonzero(data == LINE_FEED)
    line_start = np.concatenate([[0], line_end[:-1] + 1])
    quotes = np.flatnonzero(data == QUOTE) if b'"' in block.data else np.empty(0, dtype=np.int64)
    separators = np.flatnonzero(data == separator[0])
    is_first = np.ones(len(line_end), dtype=bool)
    is_open_line = np.zeros(len(line_end), dtype=bool)
    rest = len(data)
    if len(quotes):
        odd = _odd_lines(quotes, line_end)
        joins, lone, open_line = _join_lines(
            block, line_start, line_end, odd, separator=separator, fields=fields
        )
        for first, last in joins:
            is_first[first + 1 : last + 1] = False
        is_open_line[lone] = True
        if open_line is not None:
            rest = int(line_start[open_line])
            line_start, line_end = line_start[:open_line], line_end[:open_line]
            is_first, is_open_line = is_first[:open_line], is_open_line[:open_line]
            quotes, separators = quotes[quotes < rest], separators[separators < rest]
    first_line = np.flatnonzero(is_first)
    start = line_start[first_line]
    end = line_end[np.append(first_line[1:], len(line_end)) - 1] if len(first_line) else start
    counts, is_misplaced = _fields(data, start, end, quotes, separators, separator[0])
    is_row = end > start
    is_misplaced &= ~is_open_line[first_line]
    return Records(
        first_line=first_line[is_row],
        start=start[is_row],
        end=end[is_row],
        fields=counts[is_row],
        is_open=is_open_line[first_line][is_row],
        is_misplaced=is_misplaced[is_row],
        rest=rest,
    )


def _odd_lines(quotes: Positions, line_end: Positions) -> Positions:
    per_line = np.diff(np.searchsorted(quotes, line_end), prepend=0)
    return np.flatnonzero(per_line & 1)


def _join_lines(
    block: Block, line_start: Positions, line_end: Positions, odd: Positions, *, separator: bytes, fields: int
) -> tuple[list[tuple[int, int]], list[int], int | None]:
    """Pair lines with an odd number of quotes.

    Returns:
        Joined (first, last) lines, lines whose quote stays open, and the line where a record begins that may
        go on in the next block, if any.
    """
    limits = load_limits()
    joins: list[tuple[int, int]] = []
    lone: list[int] = []
    position = 0
    while position < len(odd):
        first = int(odd[position])
        last = int(odd[position + 1]) if position + 1 < len(odd) else None
        furthest = (last if last is not None else len(line_end) - 1) - first
        size = int(line_end[last if last is not None else -1] - line_start[first])
        is_short = furthest < limits.max_record_lines and size <= limits.max_line_bytes
        if last is None and is_short and not block.is_last:
            return joins, lone, first
        if (
            last is not None
            and is_short
            and _is_record(block, line_start, line_end, first, last, separator, fields)
        ):
            joins.append((first, last))
            position += 2
        else:
            lone.append(first)
            position += 1
    return joins, lone, None


def _is_record(
    block: Block,
    line_start: Positions,
    line_end: Positions,
    first: int,
    last: int,
    separator: bytes,
    fields: int,
) -> bool:
    if well_formed_fields(block.data[line_start[first] : line_end[last]], separator) != fields:
        return False
    if fields < _TELLING_FIELDS:
        return True
    inside = (block.data[line_start[line] : line_end[line]] for line in range(first + 1, last))
    return not any(well_formed_fields(line, separator) == fields for line in inside)


def well_formed_fields(record: bytes, separator: bytes) -> int:
    """Number of fields of one record, or -1 where a quote is open or misplaced."""
    pieces = record.split(b'"')
    if len(pieces) % 2 == 0:
        return -1
    outside = pieces[::2]
    for index, piece in enumerate(outside):
        is_first, is_last = index == 0, index == len(outside) - 1
        if piece == b"":
            continue  # the record's edge, or a doubled quote inside a field
        if not (is_first or piece.startswith(separator)) or not (is_last or piece.endswith(separator)):
            return -1
    return 1 + sum(piece.count(separator) for piece in outside)


def _fields(
    data: npt.NDArray[np.uint8],
    start: Positions,
    end: Positions,
    quotes: Positions,
    separators: Positions,
    separator: int,
) -> tuple[Positions, Flags]:
    """Count the fields of each record and flag misplaced quotes."""
    is_misplaced = np.zeros(len(start), dtype=bool)
    if len(quotes) == 0 or len(start) == 0:
        return 1 + np.diff(np.searchsorted(separators, np.append(start, data.size))), is_misplaced
    first_quote = np.searchsorted(quotes, start)
    record_of_quote = _record_of(quotes, start)
    is_opening = (np.arange(len(quotes)) - first_quote[record_of_quote]) % 2 == 0
    before = data[quotes - 1]  # at byte 0 this wraps to the last line feed, which is an edge as well
    after = data[np.minimum(quotes + 1, data.size - 1)]
    follows_edge = (before == separator) | (before == QUOTE) | (quotes == start[record_of_quote])
    meets_edge = (after == separator) | (after == QUOTE) | (quotes + 1 == end[record_of_quote])
    is_wrong = np.where(is_opening, ~follows_edge, ~meets_edge)
    is_misplaced[record_of_quote[is_wrong]] = True
    record_of_separator = _record_of(separators, start)
    is_odd = np.bitwise_xor.accumulate((data == QUOTE).view(np.uint8))[separators]
    is_outside = is_odd == (first_quote[record_of_separator] & 1)
    return 1 + np.bincount(record_of_separator[is_outside], minlength=len(start)), is_misplaced


def _record_of(positions: Positions, start: Positions) -> Positions:
    """Index of the record that each position (sorted, none before the first record) lies in."""
    bounds = np.append(np.searchsorted(positions, start[1:]), len(positions))
    return np.repeat(np.arange(len(start)), np.diff(bounds, prepend=0))
