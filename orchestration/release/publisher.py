"""From the private warehouse to the one file that BI tools open.

The file is written beside the releases, described, and only then moved to its place in one rename; the
link `current` follows in another. Whoever reads sees the old release or the new one, nothing between.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from expectations import verdict
from orchestration.disk import sync_folder
from orchestration.home import READABLE_FOLDER, make_readable_folder
from orchestration.release import history, registry
from orchestration.release import manifest as manifests
from orchestration.release.dictionary import load_tables
from orchestration.release.pseudonyms import read_salt
from orchestration.release.registry import MANIFEST_FILE, MARTS_FILE, SEEDS_FOLDER, Release
from orchestration.release.review.page import REVIEW_FILE, write_page
from orchestration.release.tables import describe_release, measure_tables, write_tables
from orchestration.settings import SEEDS_DIR, Settings
from orchestration.warehouse import open_warehouse

STORAGE_VERSION = "v1.0.0"
"""Clients of DuckDB 1.0 and later open it; the default of newer versions shuts the older ones out."""

READ_ONLY = 0o444


def publish(
    *,
    settings: Settings,
    batch_id: str,
    as_of_date: date,
    manifest_path: Path,
    built_at: datetime,
    warn: Callable[[str], object] = lambda _: None,
) -> Release:
    """Write a release, make it current, and prune the oldest ones.

    Args:
        settings: of the run; the caller holds the run's lock.
        batch_id: the run whose checks must have passed.
        as_of_date: last day that the release knows.
        manifest_path: dbt's manifest, for the meaning of tables and columns.
        built_at: moment of the build; with a zone, or naive and meaning UTC.
        warn: is told what of the review page could not be drawn; that refuses no release.

    Returns:
        The release that readers open from now on.

    Raises:
        GateRefused: an expected check of the batch failed critically, or was not evaluated.
        IncompleteDictionaryError: a published table or column has no description.
        MissingColumnError: a table of the warehouse lacks a column that is promised.
    """
    built_at = built_at.astimezone(UTC).replace(tzinfo=None) if built_at.tzinfo else built_at
    registry.sweep(settings=settings)
    release_id = _release_id(batch_id=batch_id, built_at=built_at)
    with _build_folder(settings, release_id) as folder:
        with open_warehouse(settings) as connection:
            found = verdict.demand(connection=connection, batch_id=batch_id)
            if not found.is_passed:
                raise verdict.GateRefused(failed=found.failed, missing=found.missing)
            history.write_pending(connection, settings=settings, release_id=release_id, as_of_date=as_of_date)
            tables = _write_file(
                connection,
                settings=settings,
                file=folder / MARTS_FILE,
                manifest_path=manifest_path,
                release={
                    "release_id": release_id,
                    "batch_id": batch_id,
                    "as_of_date": as_of_date,
                    "built_at": built_at,
                },
            )
        undrawn = _draw_review(folder, release_id=release_id, as_of_date=as_of_date, warn=warn)
        described = manifests.describe(
            settings=settings,
            release_id=release_id,
            batch_id=batch_id,
            as_of_date=as_of_date,
            built_at=built_at,
            tables=tables,
            file=folder / MARTS_FILE,
            page=folder / REVIEW_FILE,
            undrawn=undrawn,
        )
        text = json.dumps(described, indent=2, ensure_ascii=False)
        (folder / MANIFEST_FILE).write_text(text, encoding="utf-8")
        _keep_seeds(folder / SEEDS_FOLDER)
        _move(folder, settings.releases_dir / release_id)
    release = registry.rollback(settings=settings, release_id=release_id)
    history.settle(settings)
    registry.prune(settings=settings)
    return release


def _release_id(*, batch_id: str, built_at: datetime) -> str:
    """Sorted by name is sorted by time; the suffix tells two builds of one second apart."""
    suffix = hashlib.sha256(f"{batch_id} {built_at.isoformat()}".encode()).hexdigest()[:6]
    return f"{built_at:%Y%m%dT%H%M%S}-{suffix}"


@contextmanager
def _build_folder(settings: Settings, release_id: str) -> Iterator[Path]:
    """Make the folder to build in, in the scratch space if a rename from there is possible; leave no half release."""
    settings.temp_dir.mkdir(parents=True, exist_ok=True)
    make_readable_folder(settings.releases_dir)
    folder = settings.temp_dir / f"release-{release_id}"
    if not _is_same_disk(settings.temp_dir, settings.releases_dir):
        folder = settings.releases_dir / f".{release_id}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # gone already, where the release was moved to its place


def _is_same_disk(first: Path, second: Path) -> bool:
    return first.stat().st_dev == second.stat().st_dev


def _write_file(
    connection: duckdb.DuckDBPyConnection,
    *,
    settings: Settings,
    file: Path,
    manifest_path: Path,
    release: dict[str, Any],
) -> dict[str, dict[str, Any]]:
    """Fill the file and close it; return rows and content hash per table."""
    tables = load_tables(manifest_path=manifest_path, reporting_currency=settings.reporting_currency)
    quoted = str(file).replace("'", "''")
    connection.execute(f"attach '{quoted}' as published (storage_version '{STORAGE_VERSION}')")
    try:
        write_tables(connection=connection, tables=tables, salt=read_salt(settings.home))
        describe_release(
            connection=connection,
            tables=tables,
            release=release
            | {
                "code_version": manifests.code_version(),
                "duckdb_version": duckdb.__version__,
                "reporting_currency": settings.reporting_currency,
                "reporting_time_zone": settings.reporting_time_zone,
            },
        )
        connection.execute("checkpoint published")
        return measure_tables(connection=connection, tables=tables)
    finally:
        connection.execute("detach published")


def _draw_review(
    folder: Path, *, release_id: str, as_of_date: date, warn: Callable[[str], object]
) -> list[str]:
    """Write the review page beside the published file; return the parts that could not be drawn."""
    undrawn = write_page(
        folder=folder, file=folder / MARTS_FILE, release_id=release_id, as_of_date=as_of_date
    )
    for part, why in undrawn.items():
        warn(f"the review page of release {release_id} could not be drawn in whole: {part}\n{why}")
    return sorted(undrawn)


def _keep_seeds(folder: Path) -> None:
    """Copy the rules that the release was built by: without them it could not be built again."""
    folder.mkdir()
    for path in manifests.seed_files(SEEDS_DIR):
        shutil.copyfile(path, folder / path.name)


def _move(folder: Path, destination: Path) -> None:
    """Put the complete folder in its place; what readers may open is on disk before they can see it."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
            path.chmod(READ_ONLY)
    for inner in (folder / SEEDS_FOLDER, folder):
        inner.chmod(READABLE_FOLDER)
        sync_folder(inner)
    folder.rename(destination)
    sync_folder(destination.parent)
