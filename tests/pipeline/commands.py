"""Running `rapport` as a user does, and opening what it publishes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.dbt_manifest import dbt_manifest

PROJECT_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


def rapport(
    *arguments: str | Path, project: Path = PROJECT_ROOT, variables: Mapping[str, str] | None = None
) -> Outcome:
    """Run a command in a process of its own, as a user does; of RAPPORT_* it sees only what is given."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("RAPPORT_", "DAGSTER_"))}
    done = subprocess.run(
        [sys.executable, "-m", "orchestration", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=project,
        env=environment | {"PYTHONPATH": str(project)} | dict(variables or {}),
    )
    return Outcome(code=done.returncode, out=done.stdout, err=done.stderr)


def published(home: Path) -> duckdb.DuckDBPyConnection:
    """Open what BI tools open."""
    return duckdb.connect(str(home / "current" / "marts.duckdb"), read_only=True)


def release_of(home: Path) -> str:
    """Return the name of the current release."""
    return (home / "current").readlink().name


def tables_that_tell_history() -> set[str]:
    """Return the published tables that say what earlier releases said; a home with other releases has others."""
    return {
        f"{node['schema']}.{node['name']}"
        for node in dbt_manifest()["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["meta"].get("tells_history")
    }
