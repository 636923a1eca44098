"""The private warehouse without holes: written anew when much of its file is free.

DuckDB uses freed blocks again but never gives them back, so one night that needs much room leaves a large file for
good. `copy from database` writes what counts into a new file, which then takes the old one's name.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.disk import move_for_good
from orchestration.settings import Settings
from orchestration.warehouse import open_warehouse

MAX_FREE_SHARE = 0.5
"""Share of free blocks above which the file is written anew. From 0 to 1. A build writes new tables before the old
ones go, so a fifth to a quarter of the file is free after any night (measured over four); to rewrite below a half
would repeat itself every night and win nothing."""
MIN_FILE_BYTES = 64 << 20
"""A smaller file is not worth a rewrite, whatever is free in it."""
_INVENTORY = """
select 'table', schema_name, table_name, estimated_size::varchar, comment from duckdb_tables() where database_name = $1
union all
select 'view', schema_name, view_name, sql, comment from duckdb_views() where database_name = $1 and not internal
union all
select 'column', schema_name, table_name || '.' || column_name, data_type || is_nullable, comment
from duckdb_columns() where database_name = $1 and not internal
union all
select 'constraint', schema_name, table_name, constraint_text, null
from duckdb_constraints() where database_name = $1
"""


class UnfaithfulCopyError(Exception):
    """The copy does not hold what the warehouse holds; the warehouse was left as it is."""


@dataclass(frozen=True, kw_only=True)
class Vacuumed:
    """What became of the file.

    Attributes:
        bytes_before: its size.
        bytes_after: its size now.
        free_share: share of its blocks that were free, 0 to 1.
        skipped: why it was not written anew although it should, None otherwise.
    """

    bytes_before: int
    bytes_after: int
    free_share: float
    skipped: str | None = None


def vacuum_warehouse(
    *, settings: Settings, max_free_share: float = MAX_FREE_SHARE, min_file_bytes: int = MIN_FILE_BYTES
) -> Vacuumed:
    """Write the warehouse anew if too much of it is free. The caller holds the run's lock.

    Args:
        settings: where it lies.
        max_free_share: share of free blocks that stays, 0 to 1.
        min_file_bytes: a smaller file stays as it is.

    Raises:
        UnfaithfulCopyError: the copy lacked something.
    """
    path = settings.warehouse_path
    fresh = path.with_suffix(".fresh.duckdb")
    _forget(fresh)
    with open_warehouse(settings) as connection:
        connection.execute("checkpoint")
        share = _free_share(connection)
    size = path.stat().st_size
    if share <= max_free_share or size < min_file_bytes:
        return Vacuumed(bytes_before=size, bytes_after=size, free_share=share)
    if shutil.disk_usage(path.parent).free < size:
        reason = f"the disk has no room for a second warehouse of {size >> 20:,} MB"
        return Vacuumed(bytes_before=size, bytes_after=size, free_share=share, skipped=reason)
    try:
        _copy(path, fresh, settings=settings)
        fresh.chmod(path.stat().st_mode & 0o777)
        move_for_good(fresh, path)
    finally:
        _forget(fresh)
    return Vacuumed(bytes_before=size, bytes_after=path.stat().st_size, free_share=share)


def _free_share(connection: duckdb.DuckDBPyConnection) -> float:
    found = connection.execute(
        "select free_blocks / greatest(total_blocks, 1) from pragma_database_size() "
        "where database_name = current_database()"
    ).fetchone()
    return float(found[0]) if found else 0.0


def _copy(source: Path, target: Path, *, settings: Settings) -> None:
    config = {
        "memory_limit": settings.memory_limit,
        "threads": settings.threads,
        "temp_directory": str(settings.temp_dir),
        "preserve_insertion_order": False,
    }
    with duckdb.connect(config=config) as connection:  # type: ignore[arg-type]
        connection.execute(f"attach {_quoted(source)} as held (read_only)")
        connection.execute(f"attach {_quoted(target)} as fresh")
        connection.execute("copy from database held to fresh")
        connection.execute("checkpoint fresh")
        missing = _inventory(connection, "held") ^ _inventory(connection, "fresh")
        if missing:
            named = ", ".join(sorted({f"{kind} {schema}.{name}" for kind, schema, name, *_ in missing})[:3])
            raise UnfaithfulCopyError(f"the copy of the warehouse differs from it in {named}")


def _inventory(connection: duckdb.DuckDBPyConnection, database: str) -> set[tuple[str | None, ...]]:
    return set(connection.execute(_INVENTORY, [database]).fetchall())


def _forget(path: Path) -> None:
    for leftover in (path, path.with_name(path.name + ".wal")):
        leftover.unlink(missing_ok=True)


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
