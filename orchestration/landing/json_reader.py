"""JSON Lines files as batches of text columns, with every malformed line beside them.

DuckDB's JSON functions read whole blocks at once; a nested value stays JSON text.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa

from orchestration.landing.batches import Batch, Malformed
from orchestration.landing.compression import UnreadableFileError
from orchestration.landing.lines import Block
from orchestration.landing.scratch import scratch

NOT_JSON = "the line is not a JSON object"
NUL_ESCAPE = "a text holds a NUL character"


def read_jsonl(blocks: Iterator[Block]) -> Iterator[Batch]:
    """Yield the rows of a JSON Lines file; a key that a row lacks is NULL.

    Raises:
        UnreadableFileError: no line of the file's beginning is a JSON object.
    """
    bytes_done = 0
    with scratch() as connection:
        for block in blocks:
            batch = _batch(connection, block, bytes_done=bytes_done + len(block.data))
            if bytes_done == 0 and batch.frame.height == 0:
                raise UnreadableFileError(
                    "No line of the file is a JSON object. Send one object per line, without brackets around "
                    "them."
                )
            bytes_done = batch.bytes_done
            yield batch


def _batch(connection: duckdb.DuckDBPyConnection, block: Block, *, bytes_done: int) -> Batch:
    ends = np.flatnonzero(np.frombuffer(block.data, dtype=np.uint8) == ord("\n"))
    offsets = np.concatenate([[0], ends + 1]).astype(np.int64)
    texts = pa.LargeStringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(block.data))
    is_blank = np.diff(offsets) == 1
    is_bad = ~are_objects(connection, texts) & ~is_blank
    faults = {line: reasons for line, reasons in block.faults.items() if not is_blank[line]}
    is_bad[list(faults)] = True
    if b"\\u0000" in block.data:
        for line in np.flatnonzero(~is_bad & ~is_blank).tolist():
            if b"\\u0000" in block.data[offsets[line] : offsets[line + 1]]:
                faults[line] = [NUL_ESCAPE]
                is_bad[line] = True
    good = np.flatnonzero(~is_bad & ~is_blank)
    raw = texts.take(pa.array(good))

    def line_text(line: int) -> str:
        return block.data[offsets[line] : offsets[line + 1]].decode().rstrip("\n")

    return Batch(
        frame=read_objects(connection, raw),
        lines=good + block.first_line,
        raw_rows=lambda rows: [line_text(int(good[row])) for row in rows],
        malformed=[
            Malformed(block.first_line + line, line_text(line), faults.get(line, [NOT_JSON]))
            for line in np.flatnonzero(is_bad).tolist()
        ],
        bytes_done=bytes_done,
    )


def are_objects(connection: duckdb.DuckDBPyConnection, texts: pa.LargeStringArray) -> np.ndarray:
    """Whether each text is one JSON object."""
    lines = pa.table({"line": texts})
    connection.register("lines", lines)
    found = connection.execute(
        "select starts_with(ltrim(line), '{') and json_valid(line) as ok from lines"
    ).to_arrow_table()
    return np.asarray(found["ok"].to_numpy(), dtype=bool)


def read_objects(connection: duckdb.DuckDBPyConnection, texts: pa.LargeStringArray) -> pl.DataFrame:
    """Read JSON objects as text columns, one per key; a key that an object lacks is NULL."""
    connection.register("lines", pa.table({"line": texts}))
    keys = [
        key
        for (key,) in connection.execute(
            "select distinct unnest(keys) as key "
            "from (select distinct json_keys(line) as keys from lines) order by key"
        ).fetchall()
    ]
    if not keys:
        return pl.DataFrame()
    paths = ["/" + key.replace("~", "~0").replace("/", "~1") for key in keys]
    columns = ", ".join(f"found[{position}]" for position in range(1, len(keys) + 1))
    table = connection.execute(
        f"select {columns} from (select json_extract_string(line, $1) as found from lines)",  # noqa: S608
        [paths],
    ).to_arrow_table()
    frame = pl.DataFrame(table)
    frame.columns = keys
    return frame
