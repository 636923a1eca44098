"""Is a release what its inputs give? It is built again from raw in a scratch home, and every table is compared.

The scratch home sees the raw files of the release's inputs (hard links: they stay while this works, whatever a
run does meanwhile), the ledger as it was, the same settings and seeds; the flow is the same from the arrival gate on.
Whatever arrived since is not seen, and nothing is gone on from, so an incremental build is compared with a full one.

What belongs here: preparing the scratch home and comparing. What does not: how anything is built.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console

from orchestration.batch import UnusableInputError
from orchestration.home import VERIFICATION_PREFIX, private_home
from orchestration.landing import ledger
from orchestration.landing.commit import is_foreign, place_of_reading, raw_folder
from orchestration.landing.ledger import FileReceipt
from orchestration.rebuild import VerificationFailedError, read_manifest, rebuild
from orchestration.release import registry
from orchestration.release.manifest import file_hash, receipts_of, seed_hashes
from orchestration.release.pseudonyms import SALT_FILE
from orchestration.release.registry import SEEDS_FOLDER, Release
from orchestration.run_lock import RunInProgressError, hold_run_lock
from orchestration.settings import SEEDS_DIR, Settings

OWN_LOCK = "verification.lock"
"""Held as long as a verification works; the run in its scratch home has the usual lock."""


@dataclass(frozen=True, kw_only=True)
class TableComparison:
    """One published table: as released, and as built again."""

    table: str
    rows: int | None
    rebuilt_rows: int | None
    is_equal: bool


def verify(*, settings: Settings, release_id: str | None, console: Console) -> dict[str, Any]:
    """Build a release again and compare every table's content.

    Args:
        settings: of the home.
        release_id: which release, None for the current one.
        console: where progress goes.

    Returns:
        `release_id`, `tables` (each with `table`, `rows`, `rebuilt_rows`, `is_equal`) and a `note`.

    Raises:
        UnusableInputError: there is no such release, or inputs of it are gone.
        VerificationFailedError: a table differs, could not be built again, or the published file was touched.
    """
    release = _chosen(settings=settings, release_id=release_id)
    manifest = read_manifest(release)
    if not all("ingested_at" in entry for entry in manifest["inputs"]):
        raise UnusableInputError(
            f"Release {release.release_id} was made by a version of Rapport that did not keep what a rebuild "
            "needs. Verify a newer one."
        )
    _demand_untouched(release, manifest)
    with private_home(settings.home), _scratch_home(settings) as scratch:
        with hold_run_lock(settings.lock_path):
            _link_inputs(manifest=manifest, settings=settings, scratch=scratch)
        rebuilt = rebuild(
            _scratch_settings(manifest=manifest, settings=settings, scratch=scratch),
            seeds=_seeds_of(release, manifest),
            console=console,
        )
    tables = _compare(manifest["tables"], rebuilt["tables"])
    changes = _changes(manifest, rebuilt)
    different = [item for item in tables if not item.is_equal]
    if different:
        raise VerificationFailedError(_told(release.release_id, different, changes))
    return {
        "release_id": release.release_id,
        "tables": [item.__dict__ for item in tables],
        "note": f"All {len(tables)} tables equal those built again from {len(manifest['inputs'])} inputs.{changes}",
    }


def _chosen(*, settings: Settings, release_id: str | None) -> Release:
    releases = registry.list_releases(settings=settings)
    for release in releases:
        if release.release_id == release_id or (release_id is None and release.is_current):
            return release
    known = ", ".join(release.release_id for release in releases) or "none yet"
    raise UnusableInputError(f"There is no release {release_id or 'to verify'}. Releases on disk: {known}.")


@contextmanager
def _scratch_home(settings: Settings) -> Iterator[Path]:
    """Make a home for one verification, and remove it whatever happens."""
    _remove_leftovers(settings)
    scratch = settings.temp_dir / f"{VERIFICATION_PREFIX}{uuid.uuid4().hex}"
    scratch.mkdir(parents=True)
    try:
        with hold_run_lock(scratch / OWN_LOCK):
            yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _remove_leftovers(settings: Settings) -> None:
    """Remove what verifications left that were killed, not one that works."""
    for leftover in settings.temp_dir.glob(f"{VERIFICATION_PREFIX}*"):
        with suppress(RunInProgressError), hold_run_lock(leftover / OWN_LOCK):
            shutil.rmtree(leftover, ignore_errors=True)


def _link_inputs(*, manifest: dict[str, Any], settings: Settings, scratch: Path) -> None:
    """Give the scratch home the release's ledger and the files that it names.

    Raises:
        UnusableInputError: a file is gone.
    """
    there = replace(settings, home=scratch)
    now = {(item.extract, item.file_hash): item for item in ledger.read_ledger(settings.ledger_path)}
    receipts = [
        _placed(item, now.get((item.extract, item.file_hash)), settings=settings)
        for item in receipts_of(manifest)
    ]
    for item in receipts:
        if item.raw_file and not is_foreign(item.extract):  # what was translated of a foreign export is there
            _link(
                raw_folder(extract=item.extract, settings=settings) / item.raw_file,
                raw_folder(extract=item.extract, settings=there) / item.raw_file,
            )
        if item.quarantine_file:
            folder = Path(item.extract) / item.quarantine_file
            _link(settings.quarantine_dir / folder, there.quarantine_dir / folder)
    for name in manifest.get("history", []):
        _link(settings.home / name, scratch / name)
    ledger.replace(there.ledger_path, receipts)
    if (settings.home / SALT_FILE).exists():
        _link(settings.home / SALT_FILE, scratch / SALT_FILE)


def _placed(item: FileReceipt, now: FileReceipt | None, *, settings: Settings) -> FileReceipt:
    """Where a file's rows lie today: they may have been merged since, or read again and kept for this release."""
    if item.raw_file is None:
        return item
    if now is not None and (now.ingested_at, now.replayed_at) == (item.ingested_at, item.replayed_at):
        return replace(item, raw_file=now.raw_file)
    return replace(item, raw_file=place_of_reading(item, settings=settings) or item.raw_file)


def _link(source: Path, target: Path) -> None:
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise UnusableInputError(
            f"{source} is gone, so this release cannot be built again. Restore it from a backup, or verify a "
            "release whose inputs are all there."
        ) from None


def _scratch_settings(*, manifest: dict[str, Any], settings: Settings, scratch: Path) -> Settings:
    said = manifest["settings"]
    return replace(
        settings,
        home=scratch,
        landing=scratch,
        profile=said["profile"],
        as_of=date.fromisoformat(manifest["as_of"]),
        reporting_time_zone=said["reporting_time_zone"],
        reporting_currency=said["reporting_currency"],
        full_refresh=False,
        from_raw=True,
    )


def _demand_untouched(release: Release, manifest: dict[str, Any]) -> None:
    """Raise if a file that readers open is not the one that was published; older releases have no page."""
    for said in (manifest["file"], *filter(None, [manifest.get("review")])):
        file = release.path / said["name"]
        if not file.is_file() or file_hash(file) != said["sha256"]:
            raise VerificationFailedError(
                f"{file} is not the file that was published: its bytes differ from the manifest's. Restore it from "
                "a backup, or publish a new release with `rapport run`."
            )


def _seeds_of(release: Release, manifest: dict[str, Any]) -> Path | None:
    """Return the folder of the rules that a release was built by, None if they are still in force."""
    kept = release.path / SEEDS_FOLDER
    return kept if kept.is_dir() and manifest.get("seeds") != seed_hashes(SEEDS_DIR) else None


def _compare(released: dict[str, Any], rebuilt: dict[str, Any]) -> list[TableComparison]:
    nothing = {"rows": None, "content_hash": None}
    return [
        TableComparison(
            table=table,
            rows=released.get(table, nothing)["rows"],
            rebuilt_rows=rebuilt.get(table, nothing)["rows"],
            is_equal=released.get(table, nothing) == rebuilt.get(table, nothing),
        )
        for table in sorted(released.keys() | rebuilt.keys())
    ]


def _changes(released: dict[str, Any], rebuilt: dict[str, Any]) -> str:
    """Say what else than the inputs is not what it was."""
    found = [] if released["code_hash"] == rebuilt["code_hash"] else ["models or code have changed since"]
    if released.get("seeds") != rebuilt["seeds"]:
        found.append("the rules at hand are not those that it was built by")
    found += [
        f"{name} was {version} and is {rebuilt['versions'].get(name)}"
        for name, version in released["versions"].items()
        if rebuilt["versions"].get(name) != version
    ]
    return f" Note: {'; '.join(found)}." if found else ""


def _told(release_id: str, different: list[TableComparison], changes: str) -> str:
    tables = ", ".join(
        f"{item.table} ({item.rows} rows, built again {item.rebuilt_rows})" for item in different
    )
    return f"Release {release_id} differs from what its inputs give: {tables}.{changes}"
