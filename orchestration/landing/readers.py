"""Any landing file as batches of rows: the one place that knows which reader a file needs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from orchestration.landing.batches import Batch
from orchestration.landing.compression import file_format, stream
from orchestration.landing.csv_reader import SEPARATORS, read_csv
from orchestration.landing.json_reader import read_jsonl
from orchestration.landing.lines import blocks
from orchestration.landing.parquet_reader import read_parquet


def read_batches(*, path: Path, temp_dir: Path, wanted: frozenset[str] | None = None) -> Iterator[Batch]:
    """Yield the rows of a file in any supported format.

    Args:
        path: file whose name tells format and compression.
        temp_dir: where a compressed Parquet file is unpacked.
        wanted: for an extract of ours the column names that matter, in lower case; None for a foreign export,
            whose columns are all kept and whose separator may be any usual one.

    Raises:
        UnreadableFileError: the file is refused whole; the message says why.
    """
    kind, compression = file_format(path)
    if kind == "parquet":
        yield from _parquet(path, compression=compression, temp_dir=temp_dir, wanted=wanted)
        return
    lines = blocks(stream(path, compression=compression))
    if kind == "jsonl":
        yield from read_jsonl(lines)
    else:
        yield from read_csv(lines, separators=(b",",) if wanted is not None else tuple(SEPARATORS))


def _parquet(
    path: Path, *, compression: str | None, temp_dir: Path, wanted: frozenset[str] | None
) -> Iterator[Batch]:
    if compression is None:
        for _ in stream(path, compression=None):
            break  # opens the file, so that missing permission is told from a broken footer
        yield from read_parquet(path, wanted=wanted)
        return
    temp_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=temp_dir, suffix=".parquet") as unpacked:
        for piece in stream(path, compression=compression):
            unpacked.write(piece)
        unpacked.flush()
        yield from read_parquet(Path(unpacked.name), wanted=wanted)
