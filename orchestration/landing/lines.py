"""Blocks of whole lines in UTF-8, with a note on each line that is damaged as such.

What belongs here: line ends, overlong lines, NUL bytes, undecodable bytes. What does not: fields
(`csv_records`, `readers`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from orchestration.landing.compression import UnreadableFileError
from orchestration.landing.encodings import NOT_DECODABLE, Decoder
from orchestration.landing.limits import load_limits

BOM = b"\xef\xbb\xbf"
_WIDE_BOMS = (b"\xff\xfe", b"\xfe\xff")
_BEGINNING_BYTES = 65536
NUL_BYTES = "the line holds NUL bytes"
_SIGNATURES = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an Excel workbook",
    b"\x1f\x8b": "a gzip file without the extension .gz",
    b"\x28\xb5\x2f\xfd": "a zstd file without the extension .zst",
    b"PAR1": "a Parquet file without the extension .parquet",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
}


@dataclass
class Block:
    """Whole lines that follow each other in a file.

    Attributes:
        data: UTF-8, each line ending with one line feed.
        first_line: number of the first line in the file, from 1.
        faults: line index in this block (from 0) → reasons why the line cannot be used.
        is_last: nothing follows.
    """

    data: bytes
    first_line: int
    faults: dict[int, list[str]] = field(default_factory=dict)
    is_last: bool = False

    def followed_by(self, other: Block) -> Block:
        """This block and the next as one."""
        offset = self.data.count(b"\n")
        moved = {line + offset: reasons for line, reasons in other.faults.items()}
        return Block(self.data + other.data, self.first_line, self.faults | moved, other.is_last)


def blocks(pieces: Iterator[bytes]) -> Iterator[Block]:
    """Cut a byte stream into blocks of whole lines of about `block_bytes`.

    Raises:
        UnreadableFileError: the stream is empty or not text.
    """
    decoder = Decoder()
    line_number = 1
    waiting: Block | None = None
    for raw, too_long in _whole_lines(pieces):
        data = _checked_start(raw) if waiting is None and line_number == 1 else raw
        block = _block(data, first_line=line_number, too_long=too_long, decoder=decoder)
        if waiting is not None:
            yield waiting
        line_number += block.data.count(b"\n")
        waiting = block
    if waiting is None:
        raise UnreadableFileError("The file is empty. Send it again with its header and rows.")
    waiting.is_last = True
    yield waiting


def _whole_lines(pieces: Iterator[bytes]) -> Iterator[tuple[bytes, list[int]]]:
    """Yield (whole lines, indexes of lines that were too long and cut); never holds an overlong line."""
    limits = load_limits()
    held: list[bytes] = []
    held_bytes = 0
    head: bytes | None = None  # beginning of an overlong line whose rest is being skipped
    for piece in pieces:
        if head is not None:
            end = piece.find(b"\n")
            if end < 0:
                continue
            yield head + b"\n", [0]
            head, piece = None, piece[end + 1 :]
        held.append(piece)
        held_bytes += len(piece)
        if held_bytes < limits.block_bytes:
            continue
        joined = b"".join(held)
        end = joined.rfind(b"\n") + 1
        if end:
            yield _cut_long_lines(joined[:end])
        rest = joined[end:]
        if len(rest) > limits.max_line_bytes:
            head, rest = rest[: limits.kept_line_bytes], b""
        held, held_bytes = [rest], len(rest)
    rest = head if head is not None else b"".join(held)
    if rest:
        whole, too_long = _cut_long_lines(rest if rest.endswith(b"\n") else rest + b"\n")
        yield whole, [*too_long, 0] if head is not None and not too_long else too_long


def _cut_long_lines(data: bytes) -> tuple[bytes, list[int]]:
    limits = load_limits()
    if len(data) <= limits.max_line_bytes:
        return data, []
    start = 0
    while start < len(data):  # a window without a line feed shows that some line is too long
        end = data.rfind(b"\n", start, start + limits.max_line_bytes + 1)
        if end < 0:
            break
        start = end + 1
    else:
        return data, []
    lines = data.split(b"\n")
    too_long = [index for index, line in enumerate(lines) if len(line) > limits.max_line_bytes]
    for index in too_long:
        lines[index] = lines[index][: limits.kept_line_bytes]
    return b"\n".join(lines), too_long


def _block(data: bytes, *, first_line: int, too_long: list[int], decoder: Decoder) -> Block:
    limit = load_limits().max_line_bytes
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    faults: dict[int, list[str]] = {}
    for index in too_long:
        faults[index] = [f"the line is longer than {limit} bytes; only its beginning is kept"]
    if b"\0" in data:
        for index, line in enumerate(data.split(b"\n")):
            if b"\0" in line:
                faults.setdefault(index, []).append(NUL_BYTES)
        data = data.replace(b"\0", "\N{SYMBOL FOR NULL}".encode())
    data, undecodable = decoder.to_utf8(data)
    for index in undecodable:
        if index not in too_long:  # a cut may fall inside a character
            faults.setdefault(index, []).append(NOT_DECODABLE)
    return Block(data, first_line, faults)


def _begins_with_rows(data: bytes) -> bool:
    """Tell JSON Lines, whose first line is a row: a fault in it is no worse than in any other."""
    return any(line.lstrip().startswith(b"{") for line in data[:_BEGINNING_BYTES].split(b"\n"))


def _checked_start(data: bytes) -> bytes:
    """Drop a BOM; refuse what is not text at all.

    Raises:
        UnreadableFileError: another kind of file, UTF-16, or control characters in the first line.
    """
    for signature, name in _SIGNATURES.items():
        if data.startswith(signature):
            raise UnreadableFileError(
                f"The file is not text but {name}. Export it as CSV, JSON Lines or Parquet."
            )
    if data.startswith(_WIDE_BOMS):
        raise UnreadableFileError("The file is UTF-16. Export it as UTF-8 or GB18030.")
    data = data.removeprefix(BOM)
    first_line = data.lstrip(b"\r\n").split(b"\n", 1)[0]
    if _begins_with_rows(data):
        return data
    if any(byte < 32 and byte not in b"\t\r" for byte in first_line[:_BEGINNING_BYTES]):
        raise UnreadableFileError(
            "The file is not text: its first line holds control characters. Export it as CSV, "
            "JSON Lines or Parquet."
        )
    if b"\r" in first_line.rstrip(b"\r"):
        raise UnreadableFileError(
            "The file's lines end with a bare carriage return. Export it with line feeds."
        )
    return data
