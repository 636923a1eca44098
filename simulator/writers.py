"""From frames to files: CSV, JSON Lines, Parquet; plain or packed; UTF-8 or GB18030."""

from __future__ import annotations

import gzip
from collections import Counter
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Literal

import polars as pl
import zstandard

FileFormat = Literal["csv", "jsonl", "parquet"]
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
SUFFIX = {"": "", "gzip": ".gz", "zstd": ".zst"}


@dataclass(frozen=True, kw_only=True)
class Drop:
    """One file about to be dropped.

    Attributes:
        extract: which extract.
        stem: file name without suffix.
        frame: rows; columns that begin with `_` name the mess planted in a row and are not written.
        first_day: first day of the period the file covers.
        last_day: last day of it.
        folder: folder below the extract's, or empty.
        encoding: `utf-8`, `utf-8-sig` or `gb18030`.
        packing: empty, `gzip` or `zstd`.
        broken_lines: text lines put between the first and the second half of the rows.
        planted: mess of the file as a whole, as kind and count.
    """

    extract: str
    stem: str
    frame: pl.DataFrame
    first_day: int
    last_day: int
    folder: str = ""
    encoding: str = "utf-8"
    packing: str = ""
    broken_lines: tuple[str, ...] = ()
    planted: tuple[tuple[str, int], ...] = ()

    @property
    def rows(self) -> pl.DataFrame:
        """What is written."""
        return self.frame.select(name for name in self.frame.columns if not name.startswith("_"))

    def file_name(self, file_format: FileFormat) -> str:
        """Path below the extract's folder."""
        name = f"{self.stem}.{file_format}{SUFFIX[self.packing]}"
        return f"{self.folder}/{name}" if self.folder else name


@dataclass
class FileWriter:
    """Writes drops below one folder and counts what it wrote.

    Attributes:
        out: folder of the shop.
        file_format: csv, jsonl or parquet.
        row_counts: rows written per extract, broken lines and duplicates included.
        file_count: files written.
        byte_count: bytes written.
    """

    out: Path
    file_format: FileFormat
    row_counts: Counter[str] = field(default_factory=Counter)
    file_count: int = 0
    byte_count: int = 0

    def write(self, drop: Drop) -> str:
        """Write one file and give its path relative to the shop's folder."""
        path = self.out / drop.extract / drop.file_name(self.file_format)
        path.parent.mkdir(parents=True, exist_ok=True)
        plain = not (drop.broken_lines or drop.packing or drop.encoding != "utf-8")
        if plain and self.file_format == "parquet":
            drop.rows.write_parquet(path, compression="zstd", compression_level=1, statistics=True)
        elif plain and self.file_format == "csv":
            drop.rows.write_csv(path, datetime_format=TIME_FORMAT)
        else:
            path.write_bytes(_packed(_text(drop, self.file_format), packing=drop.packing))
        self.row_counts[drop.extract] += drop.frame.height + len(drop.broken_lines)
        self.file_count += 1
        self.byte_count += path.stat().st_size
        return str(path.relative_to(self.out))


def as_lines(frame: pl.DataFrame, *, file_format: FileFormat, header: bool) -> bytes:
    """UTF-8 text of the rows: CSV, or JSON Lines with money as numbers."""
    if file_format == "csv":
        return frame.write_csv(include_header=header, datetime_format=TIME_FORMAT).encode("utf-8")
    buffer = BytesIO()
    frame.with_columns(pl.selectors.decimal().cast(pl.Float64)).write_ndjson(buffer)
    return buffer.getvalue()


def _text(drop: Drop, file_format: FileFormat) -> bytes:
    """The file's bytes before packing, with its broken lines in the middle."""
    rows, half = drop.rows, drop.frame.height // 2
    broken = "".join(f"{line}\n" for line in drop.broken_lines).encode("utf-8")
    head = as_lines(rows[:half], file_format=file_format, header=True)
    text = head + broken + as_lines(rows[half:], file_format=file_format, header=False)
    return text if drop.encoding == "utf-8" else text.decode("utf-8").encode(drop.encoding)


def _packed(content: bytes, *, packing: str) -> bytes:
    """The bytes as gzip or zstd; without a time, so that equal content gives equal files."""
    if packing == "gzip":
        return gzip.compress(content, compresslevel=5, mtime=0)
    if packing == "zstd":
        return zstandard.ZstdCompressor(level=3).compress(content)
    return content
