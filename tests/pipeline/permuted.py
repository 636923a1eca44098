"""The same rows in another order: lines change places within their file, files are found in the opposite order."""

from __future__ import annotations

import gzip
import hashlib
import random
from collections.abc import Callable
from pathlib import Path

import zstandard

CODECS: dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
    ".gz": (gzip.decompress, lambda content: gzip.compress(content, mtime=0)),
    ".zst": (
        lambda content: zstandard.ZstdDecompressor().decompressobj().decompress(content),
        lambda content: zstandard.ZstdCompressor().compress(content),
    ),
}


def permute(landing: Path, *, into: Path) -> int:
    """Write a permuted copy of a landing folder of CSV files; return how many lines stand elsewhere.

    Two files of equal content stay equal: a file that came twice still came twice.
    """
    moved = 0
    for folder in sorted(path for path in landing.iterdir() if not path.name.startswith("_")):
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        for number, file in enumerate(files):
            content, count = _permuted(file.read_bytes(), suffix=file.suffix)
            target = into / folder.name / f"{len(files) - number:03} {file.name}"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            moved += count
    return moved


def _permuted(content: bytes, *, suffix: str) -> tuple[bytes, int]:
    unpack, pack = CODECS.get(suffix, (bytes, bytes))
    header, *records = _records(unpack(content))
    order = list(range(len(records)))
    random.Random(hashlib.sha256(content).hexdigest()).shuffle(order)
    moved = sum(place != number for number, place in enumerate(order))
    return pack(b"".join([header, *(records[place] for place in order)])), moved


def _records(content: bytes) -> list[bytes]:
    """Lines of a CSV, those within quotes held together; in none of the encodings is a part of a letter a quote."""
    records, pending = [], b""
    for line in content.splitlines(keepends=True):
        pending += line
        if pending.count(b'"') % 2 == 0:
            records.append(pending if pending.endswith(b"\n") else pending + b"\n")
            pending = b""
    return [*records, pending] if pending else records
