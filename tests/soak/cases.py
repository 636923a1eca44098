"""One fuzzed file, made from a seed and a number and nothing else."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from random import Random
from typing import Any

import zstandard

from orchestration.settings import EXTRACTS
from tests.soak.mutations import ANY_TEXT, CSV_ONLY, JSON_ONLY, Mutation, draft
from tests.soak.parquet_mutations import PARQUET
from tests.soak.rows import good_rows

FORMS = ("csv", "jsonl", "parquet")
PACKINGS = ("", ".gz", ".zst")
BOMB_BYTES = 200 << 20


@dataclass(frozen=True, kw_only=True)
class Case:
    """A file and what must become of it.

    Attributes:
        extract: whose folder it is dropped into.
        name: file name.
        mutation: what was done to it.
        data: its bytes.
        rows: all rows before the mutation.
        untouched: positions of rows that must be accepted.
        text: the lines, before packing, of a text file; None for Parquet.
    """

    extract: str
    name: str
    mutation: str
    data: bytes
    rows: list[dict[str, Any]]
    untouched: set[int]
    text: bytes | None


def make_case(*, seed: int, number: int) -> Case:
    """Return the file; extracts, formats and packings take turns, so each combination comes equally often."""
    rng = Random(f"{seed}-{number}")
    combination = number % (len(EXTRACTS) * len(FORMS) * len(PACKINGS))
    extract = EXTRACTS[combination % len(EXTRACTS)]
    form = FORMS[combination // len(EXTRACTS) % len(FORMS)]
    packing = PACKINGS[combination // (len(EXTRACTS) * len(FORMS))]
    rows = good_rows(extract=extract, rows=rng.choice([1, 2, 10, 60, 60, 200]))
    text: bytes | None
    if form == "parquet":
        change = rng.choice(PARQUET)
        data, untouched = change(rng, extract, rows)
        mutation, text = change.__name__, None
    else:
        data, untouched, mutation, rows = _text_file(rng, extract=extract, form=form, rows=rows)
        text = data
    data, packed = _packed(rng, data, packing=packing)
    if packed:
        mutation, untouched = f"{packed}", set()
    return Case(
        extract=extract,
        name=f"case.{form}{packing}",
        mutation=mutation,
        data=data,
        rows=rows,
        untouched=untouched,
        text=text,
    )


def _text_file(
    rng: Random, *, extract: str, form: str, rows: list[dict[str, Any]]
) -> tuple[bytes, set[int], str, list[dict[str, Any]]]:
    made = draft(extract=extract, form=form, rows=[dict(row) for row in rows])
    change: Mutation = rng.choice(ANY_TEXT + 2 * (CSV_ONLY if form == "csv" else JSON_ONLY))
    change(rng, made)
    return made.data(), made.untouched, change.__name__, made.rows


def _packed(rng: Random, data: bytes, *, packing: str) -> tuple[bytes, str | None]:
    """Compress, one time in five badly; say how."""
    if not packing:
        return data, None
    if rng.random() < 0.002:
        return _packed_whole(b"x" * BOMB_BYTES, packing), "packed_bomb"
    packed = _packed_whole(data, packing)
    if rng.random() > 0.2:
        return packed, None
    match rng.randrange(5):
        case 0:
            return packed[: rng.randrange(len(packed))], "packing_cut_off"
        case 1:
            broken = bytearray(packed)
            for _ in range(rng.choice([1, 5])):
                broken[rng.randrange(len(broken))] = rng.randrange(256)
            return bytes(broken), "packing_broken"
        case 2:
            return packed + rng.randbytes(rng.randint(1, 40)), "packing_with_more_behind"
        case 3:
            return data, "not_packed"
        case _:
            return _packed_whole(packed, packing), "packed_twice"


def _packed_whole(data: bytes, packing: str) -> bytes:
    if packing == ".gz":
        return gzip.compress(data, compresslevel=1, mtime=0)
    return zstandard.ZstdCompressor(level=1).compress(data)
