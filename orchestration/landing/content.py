"""Quarantined rows read again: from the row as it came to text under contract names.

What belongs here: taking one refused row apart as its file's reader did. What does not: whether the values
are allowed (`splitting`), what people changed (`repairs`, `worksheet`).
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa

from orchestration.landing.compression import file_format
from orchestration.landing.contracts import SCHEMAS, content_columns
from orchestration.landing.csv_reader import read_records
from orchestration.landing.csv_records import well_formed_fields
from orchestration.landing.json_reader import are_objects, read_objects
from orchestration.landing.ledger import FileReceipt
from orchestration.landing.reasons import LINE_FAULTS, USED_EVENT_ID
from orchestration.landing.scratch import scratch
from orchestration.landing.splitting import under_contract_names

Values = dict[int, dict[str, str]]
"""Line number → contract column → text."""


def content_schema(extract: str) -> pl.Schema:
    """`line_number` and the contract's columns, all text."""
    return pl.Schema({"line_number": pl.Int64(), **dict.fromkeys(content_columns(extract), pl.String())})


def current_content(rows: pl.DataFrame, *, receipt: FileReceipt, repaired: Values) -> pl.DataFrame:
    """Return what each row of one file holds today: as repaired, else as it came.

    Args:
        rows: rows of the quarantine, of one file.
        receipt: of that file.
        repaired: values that people gave rows.

    Returns:
        `content_schema`, sorted by line; rows that cannot be split into columns are missing.
    """
    if receipt.extract not in SCHEMAS:
        return pl.DataFrame(schema={"line_number": pl.Int64})
    is_repaired = pl.col("line_number").is_in(list(repaired))
    is_faulty = pl.any_horizontal(pl.col("primary_reason").str.starts_with(start) for start in LINE_FAULTS)
    as_came = split_rows(rows.filter(~is_repaired & ~is_faulty), receipt=receipt)
    lines = rows.filter(is_repaired)["line_number"].to_list()
    schema = content_schema(receipt.extract)
    by_hand = pl.DataFrame([{"line_number": line, **repaired[line]} for line in lines], schema=schema)
    return pl.concat([as_came, by_hand]).sort("line_number")


def split_rows(rows: pl.DataFrame, *, receipt: FileReceipt) -> pl.DataFrame:
    """Split rows (`line_number`, `raw_row`, `primary_reason`) as the reader of their file would.

    Returns:
        `content_schema`; rows that cannot be split are missing.
    """
    is_json = pl.lit(file_format(Path(receipt.file_name))[0] != "csv")
    is_json |= pl.col("primary_reason") == USED_EVENT_ID  # kept as it was typed
    parts = [
        _from_json(rows.filter(is_json)),
        _from_csv(rows.filter(~is_json), header=receipt.columns),
    ]
    named = [
        _under_contract_names(lines, frame, extract=receipt.extract) for lines, frame in parts if len(lines)
    ]
    return pl.concat([pl.DataFrame(schema=content_schema(receipt.extract)), *named])


def _from_json(rows: pl.DataFrame) -> tuple[pl.Series, pl.DataFrame]:
    texts = pa.array(rows["raw_row"].to_list(), type=pa.large_string())
    with scratch() as connection:
        is_sound = pl.Series(are_objects(connection, texts), dtype=pl.Boolean)
        is_sound &= ~rows["raw_row"].str.contains("\\u0000", literal=True)
        frame = read_objects(connection, texts.filter(is_sound.to_arrow()))
    return rows["line_number"].filter(is_sound), frame


def _from_csv(rows: pl.DataFrame, *, header: list[str]) -> tuple[pl.Series, pl.DataFrame]:
    texts = rows["raw_row"].to_list()
    is_sound = [bool(header) and _is_one_record(text, fields=len(header)) for text in texts]
    sound = [text.encode() + b"\n" for text, is_good in zip(texts, is_sound, strict=True) if is_good]
    frame = read_records(b"".join(sound), rows=len(sound), header=header)
    return rows["line_number"].filter(pl.Series(is_sound, dtype=pl.Boolean)), frame


def _is_one_record(text: str, *, fields: int) -> bool:
    is_one_line = not any("\n" in piece for piece in text.split('"')[::2])
    return is_one_line and well_formed_fields(text.encode(), b",") == fields


def _under_contract_names(lines: pl.Series, frame: pl.DataFrame, *, extract: str) -> pl.DataFrame:
    source = frame if frame.width else pl.DataFrame({"": [None] * len(lines)})
    found = under_contract_names(source, extract)[0]
    missing = [
        pl.lit(None, dtype=pl.String).alias(name)
        for name in content_columns(extract)
        if name not in found.columns
    ]
    return found.with_columns(lines.alias("line_number"), *missing).select(content_schema(extract).names())
