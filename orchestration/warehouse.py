"""The private build file: how it is opened, and how Python stages leave tables in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from orchestration.settings import Settings


@contextmanager
def open_warehouse(settings: Settings, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the private build with the run's memory limit; close it on leaving.

    One process writes at a time, so a stage opens the file, works, and leaves it to the next.

    Raises:
        duckdb.IOException: another process holds the file.
    """
    settings.temp_dir.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(
        str(settings.warehouse_path),
        read_only=read_only,
        config={
            "memory_limit": settings.memory_limit,
            "threads": settings.threads,
            "temp_directory": str(settings.temp_dir),
            "preserve_insertion_order": False,
        },
    )
    try:
        yield connection
    finally:
        connection.close()
