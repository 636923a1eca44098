"""`manifest.json`: where a release comes from, so that it can be checked and built again."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import date, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from orchestration.landing.ledger import FileReceipt, read_ledger
from orchestration.release.history import kept_files
from orchestration.settings import PROJECT_ROOT, SEEDS_DIR, Settings

CODE_FOLDERS = ("orchestration", "models", "expectations", "dbt_project")
CODE_SUFFIXES = frozenset({".py", ".sql", ".yml", ".toml", ".md", ".html", ".css"})
SEED_SUFFIXES = frozenset({".csv", ".yml"})
IGNORED_FOLDERS = frozenset({"target", "logs", "__pycache__"})
PACKAGES = ("rapport", "duckdb", "dbt-core", "dbt-duckdb", "polars", "great-expectations", "lifetimes")


def describe(
    *,
    settings: Settings,
    release_id: str,
    batch_id: str,
    as_of_date: date,
    built_at: datetime,
    tables: Mapping[str, Mapping[str, Any]],
    file: Path,
    page: Path,
    undrawn: Sequence[str],
) -> dict[str, Any]:
    """Return the manifest of a release that has been written but not yet published.

    Args:
        settings: of the run; folders and addresses are left out.
        release_id: its name.
        batch_id: the run that built it.
        as_of_date: last day that it knows.
        built_at: UTC.
        tables: rows and content hash per published table.
        file: the written DuckDB file.
        page: the written review page.
        undrawn: its parts that could not be drawn.
    """
    return {
        "release_id": release_id,
        "batch_id": batch_id,
        "as_of": as_of_date.isoformat(),
        "built_at": built_at.isoformat(),
        "inputs": _inputs(settings.ledger_path),
        "tables": dict(tables),
        "file": _written(file),
        "review": _written(page) | {"undrawn": list(undrawn)},
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES},
        "code_hash": code_hash(),
        "seeds": seed_hashes(SEEDS_DIR),
        "history": [path.as_posix() for path in kept_files(settings)],
        "settings": {
            "profile": settings.profile,
            "as_of": settings.as_of.isoformat() if settings.as_of else None,
            "full_refresh": settings.full_refresh,
            "reporting_time_zone": settings.reporting_time_zone,
            "reporting_currency": settings.reporting_currency,
            "memory_limit": settings.memory_limit,
            "threads": settings.threads,
        },
    }


def _written(file: Path) -> dict[str, Any]:
    return {"name": file.name, "size_bytes": file.stat().st_size, "sha256": file_hash(file)}


def code_version() -> str:
    """Return version and content of the code, e.g. `0.1.0+3f2a9c01d4e5`."""
    return f"{_version('rapport')}+{code_hash()[:12]}"


@cache
def code_hash() -> str:
    """Return a SHA-256 over all code and models, by path and content; what is a rule stands in the seeds."""
    digest = hashlib.sha256()
    for path in sorted(_code_files()):
        digest.update(path.relative_to(PROJECT_ROOT).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _code_files() -> Iterator[Path]:
    for folder in CODE_FOLDERS:
        for path in (PROJECT_ROOT / folder).rglob("*"):
            is_ignored = IGNORED_FOLDERS.intersection(path.relative_to(PROJECT_ROOT).parts)
            if path.suffix in CODE_SUFFIXES and not is_ignored and path.is_file():
                yield path


def seed_files(folder: Path) -> list[Path]:
    """Return the files of a folder of seeds, by name."""
    return sorted(path for path in folder.iterdir() if path.suffix in SEED_SUFFIXES and path.is_file())


def seed_hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a folder of seeds."""
    return {path.name: file_hash(path) for path in seed_files(folder)}


def _inputs(ledger: Path) -> list[dict[str, Any]]:
    """Return the receipt of every ingested file, in an order that does not depend on when it came."""
    receipts = sorted(read_ledger(ledger), key=lambda item: (item.extract, item.file_hash))
    return [asdict(item) for item in receipts]


def receipts_of(manifest: Mapping[str, Any]) -> list[FileReceipt]:
    """Return the ledger as it was when a release was made."""
    known = {item.name for item in fields(FileReceipt)}
    return [
        FileReceipt(**{name: value for name, value in entry.items() if name in known})
        for entry in manifest["inputs"]
    ]


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
