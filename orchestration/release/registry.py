"""The releases on disk: which there are, which one readers open, and which may go."""

from __future__ import annotations

import json
import re
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from orchestration.disk import sync_folder
from orchestration.settings import Settings

MARTS_FILE = "marts.duckdb"
MANIFEST_FILE = "manifest.json"
SEEDS_FOLDER = "seeds"
GRAVE_PREFIX = ".deleted-"
LEFTOVER = re.compile(rf"{re.escape(GRAVE_PREFIX)}.+|\.[0-9]{{8}}T[0-9]{{6}}-[0-9a-f]{{6}}")
"""Folders beside the releases that are ours to remove: what is being deleted, and half-built releases."""


class UnknownReleaseError(Exception):
    """No complete release has this name."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """One complete release.

    Attributes:
        release_id: name of its folder.
        batch_id: the run that built it.
        path: the folder.
        as_of_date: last day that it knows.
        built_at: UTC.
        is_current: whether readers open it.
        row_counts: rows per published table, with schema.
    """

    release_id: str
    batch_id: str | None
    path: Path
    as_of_date: date
    built_at: datetime
    is_current: bool
    row_counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        """The DuckDB file that BI tools open."""
        return self.path / MARTS_FILE


def list_releases(*, settings: Settings) -> list[Release]:
    """Return all complete releases, the newest first."""
    current = _current_id(settings)
    found = [
        _read(folder, is_current=folder.name == current)
        for folder in settings.releases_dir.glob("[!.]*")
        if (folder / MANIFEST_FILE).is_file() and (folder / MARTS_FILE).is_file()
    ]
    return sorted(found, key=lambda release: (release.built_at, release.release_id), reverse=True)


def current_release(*, settings: Settings) -> Release | None:
    """Return the release that readers open, or None before the first."""
    return next((release for release in list_releases(settings=settings) if release.is_current), None)


def current_row_counts(*, settings: Settings, as_of_date: date | None = None) -> Mapping[str, int]:
    """Return rows per published table of the current release, to compare a new build with.

    Args:
        settings: of the run.
        as_of_date: last day of the new build; a build that looks further back than the current release
            holds less by right, so nothing is returned for it.
    """
    current = current_release(settings=settings)
    if current is None or (as_of_date is not None and as_of_date < current.as_of_date):
        return {}
    return current.row_counts


def rollback(*, settings: Settings, release_id: str) -> Release:
    """Make an earlier release the current one; no release is changed or removed.

    Raises:
        UnknownReleaseError: there is no complete release of this name.
    """
    releases = {release.release_id: release for release in list_releases(settings=settings)}
    if release_id not in releases:
        known = ", ".join(releases) or "none yet"
        raise UnknownReleaseError(f"There is no release {release_id}. Releases on disk: {known}.")
    make_current(settings=settings, release_id=release_id)
    return _read(releases[release_id].path, is_current=True)


def make_current(*, settings: Settings, release_id: str) -> None:
    """Point `current` at a release: a new link is made beside it and renamed over it.

    Readers that have the old file open keep reading it; whoever opens from now on gets the new one.
    """
    link = settings.current_link.with_name(f".current-{uuid.uuid4().hex}")
    link.symlink_to(Path(settings.releases_dir.name) / release_id)
    try:
        link.replace(settings.current_link)
    except OSError:
        link.unlink()
        raise
    sync_folder(settings.home)


def prune(*, settings: Settings) -> list[str]:
    """Delete all but the newest `kept_releases`, never the current one; return what was deleted."""
    surplus = list_releases(settings=settings)[max(settings.kept_releases, 1) :]
    doomed = [release for release in surplus if not release.is_current]
    for release in doomed:
        # Renamed first: a deletion that is cut short leaves no half release in the list.
        grave = settings.releases_dir / f"{GRAVE_PREFIX}{release.release_id}"
        release.path.rename(grave)
        shutil.rmtree(grave)
    return [release.release_id for release in doomed]


def sweep(*, settings: Settings) -> None:
    """Remove what a publish that died left outside the scratch space. The caller holds the run's lock."""
    for leftover in settings.releases_dir.glob(".*"):
        if LEFTOVER.fullmatch(leftover.name) and leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
    for link in settings.home.glob(".current-*"):
        link.unlink()


def _current_id(settings: Settings) -> str | None:
    link = settings.current_link
    return link.readlink().name if link.is_symlink() else None


def _read(folder: Path, *, is_current: bool) -> Release:
    manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
    return Release(
        release_id=folder.name,
        batch_id=manifest.get("batch_id"),
        path=folder,
        as_of_date=date.fromisoformat(manifest["as_of"]),
        built_at=datetime.fromisoformat(manifest["built_at"]),
        is_current=is_current,
        row_counts={name: table["rows"] for name, table in manifest["tables"].items()},
    )
