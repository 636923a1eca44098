"""Rows that came before: found by their 8-byte hashes, confirmed by comparing all columns.

What belongs here: comparing new rows with each other and with raw. What does not: dropping them (`ingest`).
Only the hash column of the history is read; full rows only from files in which a hash repeats.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from orchestration.landing.contracts import DATED_BY_FILE, UNIQUE_KEYS, content_columns
from orchestration.landing.limits import load_limits
from orchestration.landing.raw_rows import RawFile, counted_rows
from orchestration.landing.sql_paths import parquet_scan

LineNumbers = npt.NDArray[np.int64]


def _no_lines() -> LineNumbers:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, kw_only=True)
class Repeats:
    """Line numbers, sorted, of rows of one new file that must not stay in raw.

    Attributes:
        duplicates: equal in all columns to a row that came before.
        conflicts: same unique key as a row that came before, other content.
    """

    duplicates: LineNumbers = field(default_factory=_no_lines)
    conflicts: LineNumbers = field(default_factory=_no_lines)


def find_repeats(
    *, extract: str, new_files: list[Path], old_files: list[RawFile], temp_dir: Path, threads: int
) -> list[Repeats]:
    """Compare new rows with those before them.

    Args:
        extract: whose columns are compared.
        new_files: raw Parquet of this run, in the order in which their rows count as arrived.
        old_files: raw Parquet of earlier runs and what counts in it; not read where the file dates its rows.
        temp_dir: where the search spills.
        threads: DuckDB threads.

    Returns:
        One entry per new file.
    """
    if not new_files:
        return []
    if extract in DATED_BY_FILE:
        old_files = []
    config = {
        "memory_limit": load_limits().duplicate_memory,
        "threads": threads,
        "temp_directory": str(temp_dir),
        "preserve_insertion_order": False,
    }
    with duckdb.connect(config=config) as connection:  # type: ignore[arg-type]
        if not _collect_candidates(connection, new_files, old_files):
            return [Repeats() for _ in new_files]
        _collect_rows(connection, extract, new_files, old_files)
        connection.execute(_repeats_query(extract))
        found = connection.execute(
            "select file_index, line_number, is_duplicate from repeats order by file_index, line_number"
        ).fetchnumpy()
    return [_of_file(found, index) for index in range(len(new_files))]


def _collect_candidates(
    connection: duckdb.DuckDBPyConnection, new_files: list[Path], old_files: list[RawFile]
) -> bool:
    new = parquet_scan(new_files)
    query = f"select _row_hash from {new} group by _row_hash having count(*) > 1"  # noqa: S608 - escaped
    if old_files:
        old = " union all ".join(counted_rows(old_files, columns="_row_hash"))
        query += f" union select _row_hash from {new} where _row_hash in ({old})"  # noqa: S608
    connection.execute(f"create temp table candidates as {query}")
    return bool(connection.execute("select count(*) from candidates").fetchall()[0][0])


def _collect_rows(
    connection: duckdb.DuckDBPyConnection, extract: str, new_files: list[Path], old_files: list[RawFile]
) -> None:
    content = ", ".join(f'"{name}"' for name in content_columns(extract))
    columns = f"_line_number as line_number, _row_hash, {content}"
    touched = _touched(connection, [*(file.path for file in old_files), *new_files])
    sources = [
        (-1, select)
        for file in old_files
        if str(file.path) in touched
        for select in counted_rows([file], columns=columns)
    ]
    sources += [
        (index, f"select {columns} from {parquet_scan([path])}")  # noqa: S608 - escaped
        for index, path in enumerate(new_files)
        if str(path) in touched
    ]
    for position, (index, rows) in enumerate(sources):
        select = (
            f"select {index} as file_index, * from ({rows}) "  # noqa: S608 - built above
            "where _row_hash in (select _row_hash from candidates)"
        )
        verb = "insert into candidate_rows" if position else "create temp table candidate_rows as"
        connection.execute(f"{verb} {select}")


def _touched(connection: duckdb.DuckDBPyConnection, files: list[Path]) -> set[str]:
    scan = parquet_scan(files, options=", filename = true")
    query = f"select distinct filename from {scan} where _row_hash in (select _row_hash from candidates)"  # noqa: S608
    return {name for (name,) in connection.execute(query).fetchall()}


def _repeats_query(extract: str) -> str:
    """Every row but the first of its group; old rows come first, then new ones in order of arrival.

    Where the file dates its rows, groups end with the file and the last of a group stays.
    """
    content = ", ".join(f'"{name}"' for name in content_columns(extract))
    key = UNIQUE_KEYS.get(extract)
    group = ", ".join(f'"{name}"' for name in key) if key else content
    order = "file_index, line_number"
    if extract in DATED_BY_FILE:
        group, order = f"file_index, {content}", "line_number desc"
    is_duplicate = (
        f"row({content}) is not distinct from first_value(row({content})) over arrival" if key else "true"
    )
    return f"""
        create temp table repeats as
        select file_index, line_number, is_duplicate
        from (
            select
                file_index,
                line_number,
                row_number() over arrival as copy_number,
                {is_duplicate} as is_duplicate
            from candidate_rows
            window arrival as (partition by {group} order by {order})
        )
        where copy_number > 1
    """  # noqa: S608 - contract names only


def _of_file(found: dict[str, Any], index: int) -> Repeats:
    low, high = np.searchsorted(found["file_index"], [index, index + 1])
    lines = np.asarray(found["line_number"][low:high], dtype=np.int64)
    is_duplicate = np.asarray(found["is_duplicate"][low:high], dtype=bool)
    return Repeats(duplicates=lines[is_duplicate], conflicts=lines[~is_duplicate])
