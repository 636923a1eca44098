"""Bytes of a landing file, plain or decompressed, as a stream; every failure is a sentence.

What belongs here: gzip, zstd, unreadable files. What does not: characters (`encodings`), lines (`lines`).
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path

import zstandard

FORMATS = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
}
COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
_READ_BYTES = 1 << 20
_ZSTD_SLICE_BYTES = 8192
_GZIP_WRAPPER = 31  # zlib's code for "a gzip header, largest window"


class UnreadableFileError(Exception):
    """A file that is refused whole; the message is a sentence for the person who sent it."""


def file_format(path: Path) -> tuple[str, str | None]:
    """Format and compression by the file's name, e.g. `a.csv.gz` → ("csv", "gzip").

    Raises:
        UnreadableFileError: an extension that no reader knows.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    compression = COMPRESSIONS.get(suffixes[-1]) if suffixes else None
    if compression:
        suffixes.pop()
    if not suffixes or suffixes[-1] not in FORMATS:
        found = suffixes[-1] if suffixes else "none"
        raise UnreadableFileError(
            f"The file's extension ({found}) names no format that can be read. Send CSV, JSON Lines or "
            "Parquet (.csv, .jsonl, .parquet; each also as .gz or .zst)."
        )
    return FORMATS[suffixes[-1]], compression


def content_hash(path: Path) -> str:
    """SHA-256 of the file's bytes as they lie on disk.

    Raises:
        UnreadableFileError: the file cannot be opened or read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _not_readable(error) from error


def stream(path: Path, *, compression: str | None) -> Iterator[bytes]:
    """Yield the decompressed bytes piece by piece.

    Raises:
        UnreadableFileError: not readable, not of this compression, damaged or cut off.
    """
    try:
        with path.open("rb") as file:
            pieces = iter(lambda: file.read(_READ_BYTES), b"")
            match compression:
                case None:
                    yield from pieces
                case "gzip":
                    yield from _gunzip(pieces)
                case _:
                    yield from _unzstd(pieces)
    except OSError as error:
        raise _not_readable(error) from error


def _not_readable(error: OSError) -> UnreadableFileError:
    cause = error.strerror or type(error).__name__
    return UnreadableFileError(
        f"The file cannot be opened ({cause}). Check that it exists and its permissions."
    )


def _gunzip(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Members one after the other, as gzip allows; output bounded per piece against bombs."""
    inflate = None
    for piece in pieces:
        left = piece
        while left:
            if inflate is None:
                left = left.lstrip(b"\0")
                if not left:
                    break
                inflate = zlib.decompressobj(_GZIP_WRAPPER)
            try:
                output = inflate.decompress(left, _READ_BYTES * 8)
            except zlib.error as error:
                raise _damaged("gzip") from error
            if output:
                yield output
            left = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
            if inflate.eof:
                inflate = None
    if inflate is not None:
        raise _cut_off("gzip")


def _unzstd(pieces: Iterator[bytes]) -> Iterator[bytes]:
    frame = None
    for left in _slices(pieces):
        while left:
            frame = frame or zstandard.ZstdDecompressor().decompressobj()
            try:
                output = frame.decompress(left)
            except zstandard.ZstdError as error:
                raise _damaged("zstd") from error
            if output:
                yield output
            left = frame.unused_data if frame.eof else b""
            if frame.eof:
                frame = None
    if frame is not None:
        raise _cut_off("zstd")


def _slices(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Small slices, because a few bytes of zstd may stand for 128 KiB each."""
    for piece in pieces:
        for start in range(0, len(piece), _ZSTD_SLICE_BYTES):
            yield piece[start : start + _ZSTD_SLICE_BYTES]


def _damaged(name: str) -> UnreadableFileError:
    return UnreadableFileError(f"The file is not valid {name}, or it is damaged. Compress and send it again.")


def _cut_off(name: str) -> UnreadableFileError:
    return UnreadableFileError(
        f"The {name} file ends too early: its end is missing, probably from a broken transfer. Send it again."
    )
