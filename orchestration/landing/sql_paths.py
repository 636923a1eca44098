"""Paths as SQL text: quoted, and with nothing in them that a glob would read as a pattern."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

_GLOB_CHARACTERS = {"[": "[[]", "*": "[*]", "?": "[?]"}


def path_literal(path: Path) -> str:
    """One path as a SQL string that names exactly this file."""
    escaped = "".join(_GLOB_CHARACTERS.get(character, character) for character in str(path))
    return "'" + escaped.replace("'", "''") + "'"


def parquet_scan(paths: Iterable[Path], *, options: str = "") -> str:
    """`read_parquet` over exactly these files; folder names like `a=b` add no columns."""
    listed = ", ".join(path_literal(path) for path in paths)
    return f"read_parquet([{listed}], hive_partitioning = false{options})"
