"""dbt's manifest: the parsed project, and where it lies.

What belongs here: parsing when something changed. What does not: what Dagster makes of it (`dbt_translator`),
building (`dbt_build`). Imports nothing heavy before it must parse.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from orchestration.settings import DBT_PROJECT_DIR, PROJECT_ROOT, SEEDS_DIR

PARSED_DIR = DBT_PROJECT_DIR / "target"
OWN_SEEDS_DIR = (PROJECT_ROOT / "seeds").resolve()
if SEEDS_DIR != OWN_SEEDS_DIR:
    PARSED_DIR /= hashlib.sha256(str(SEEDS_DIR).encode()).hexdigest()[:8]
MANIFEST_PATH = PARSED_DIR / "manifest.json"
PARSED_PROJECT_PATH = MANIFEST_PATH.with_name("partial_parse.msgpack")
"""The same, as dbt itself reads it back."""


def dbt_folders(target: Path) -> list[str]:
    """Return dbt's options for where the project lies and where it writes."""
    folders = {
        "--project-dir": DBT_PROJECT_DIR,
        "--profiles-dir": DBT_PROJECT_DIR,
        "--target-path": target,
        "--log-path": target,
    }
    return [text for option, folder in folders.items() for text in (option, str(folder))]


def dbt_manifest() -> Mapping[str, Any]:
    """Return dbt's manifest of the project as it stands."""
    path = ensure_manifest()
    return _read_manifest(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _read_manifest(path: Path, _: int) -> Mapping[str, Any]:
    """Read a manifest once per version."""
    content: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _seed_path() -> str:
    """Return where dbt finds the seeds, relative to its project.

    dbt writes what it ran to its target folder under the same relative path. A path that led out of the project
    would lead out of the target folder as well, perhaps onto the seeds themselves; so seeds that lie elsewhere are
    reached through a link.
    """
    if SEEDS_DIR == OWN_SEEDS_DIR:
        return "../seeds"
    link = PARSED_DIR / "seeds"
    if not link.is_symlink():
        PARSED_DIR.mkdir(parents=True, exist_ok=True)
        link.symlink_to(SEEDS_DIR)
    return str(link.relative_to(DBT_PROJECT_DIR))


def ensure_manifest() -> Path:
    """Return dbt's manifest, parsed anew when a model, macro, test or seed is younger than it.

    Raises:
        RuntimeError: dbt cannot parse the project; the message holds what dbt said.
    """
    os.environ["RAPPORT_DBT_SEEDS"] = _seed_path()
    sources = [
        path
        for folder in (
            DBT_PROJECT_DIR / "models",
            DBT_PROJECT_DIR / "macros",
            DBT_PROJECT_DIR / "tests",
            SEEDS_DIR,
        )
        for path in [folder, *folder.rglob("*")]
    ]
    youngest = max(path.stat().st_mtime for path in [*sources, *DBT_PROJECT_DIR.glob("*.yml")])
    if PARSED_PROJECT_PATH.exists() and MANIFEST_PATH.exists() and MANIFEST_PATH.stat().st_mtime > youngest:
        return MANIFEST_PATH
    from dbt.cli.main import dbtRunner

    parsed = dbtRunner().invoke(
        ["--quiet", "--no-use-colors", "--no-send-anonymous-usage-stats", "parse", *dbt_folders(PARSED_DIR)]
    )
    if not parsed.success:
        raise RuntimeError(f"dbt cannot parse {DBT_PROJECT_DIR}: {parsed.exception}")
    return MANIFEST_PATH
