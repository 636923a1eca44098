"""What a home holds, for the commands that only look: last run, releases, freshness, quarantine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from orchestration.batch import UnusableInputError
from orchestration.home import private_home
from orchestration.landing import quarantine, worksheet
from orchestration.landing.ledger import FileReceipt, read_ledger
from orchestration.last_run import read_last_run
from orchestration.release import registry
from orchestration.release.registry import Release
from orchestration.run_lock import hold_run_lock, is_run_lock_held
from orchestration.settings import EXTRACTS, Settings

LISTED_ROWS = 50
"""Quarantined rows that a terminal shows; an export holds all."""


def status(*, settings: Settings) -> dict[str, Any]:
    """Return the last run and release, freshness per extract, open quarantine and failing gates.

    Only files are read: whoever opened the warehouse would make a stage of a running night fail.
    """
    receipts = read_ledger(settings.ledger_path)
    current = registry.current_release(settings=settings)
    run = read_last_run(settings.home)
    return {
        "home": str(settings.home),
        "last_file_at": max((receipt.ingested_at for receipt in receipts), default=None),
        "release_id": current.release_id if current else None,
        "as_of": current.as_of_date.isoformat() if current else None,
        "built_at": current.built_at.isoformat() if current else None,
        "quarantined_rows": sum(receipt.rows_quarantined for receipt in receipts),
        "open_quarantined_rows": open_rows(settings=settings, receipts=receipts),
        "refused_files": sum(receipt.refused_reason is not None for receipt in receipts),
        "last_run": run.told(is_running=is_run_lock_held(settings.lock_path)) if run else None,
        "last_run_started_at": run.started_at if run else None,
        "last_run_ended_at": run.ended_at if run else None,
        "last_run_exit_code": run.exit_code if run else None,
        "last_run_release_id": run.release_id if run else None,
        "freshness": _freshness(receipts),
        "failing_gates": run.failing_gates if run else [],
    }


def _freshness(receipts: list[FileReceipt]) -> list[dict[str, Any]]:
    rows = []
    for extract in sorted({receipt.extract for receipt in receipts}):
        mine = [receipt for receipt in receipts if receipt.extract == extract]
        rows.append(
            {
                "extract": extract,
                "files": len(mine),
                "rows_accepted": sum(receipt.rows_accepted for receipt in mine),
                "rows_quarantined": sum(receipt.rows_quarantined for receipt in mine),
                "last_file_at": max(receipt.ingested_at for receipt in mine),
            }
        )
    return rows


def releases(*, settings: Settings) -> dict[str, Any]:
    """Return the releases on disk, the newest first."""
    return {"releases": [_facts(release) for release in registry.list_releases(settings=settings)]}


def _facts(release: Release) -> dict[str, Any]:
    return {
        "release_id": release.release_id,
        "as_of": release.as_of_date.isoformat(),
        "built_at": release.built_at.isoformat(),
        "is_current": release.is_current,
        "path": str(release.file),
    }


def rollback(*, settings: Settings, release_id: str) -> dict[str, Any]:
    """Make an earlier release current.

    Raises:
        UnusableInputError: there is no complete release of this name.
    """
    with private_home(settings.home), hold_run_lock(settings.lock_path):
        try:
            return _facts(registry.rollback(settings=settings, release_id=release_id))
        except registry.UnknownReleaseError as error:
            raise UnusableInputError(str(error)) from error


def open_rows(*, settings: Settings, receipts: list[FileReceipt]) -> int:
    """Return how many refused rows wait for a decision: all but those that were given up."""
    given_up = quarantine.count_given_up(settings=settings)
    decided = sum(given_up.get((receipt.extract, receipt.file_hash), 0) for receipt in receipts)
    return sum(receipt.rows_quarantined for receipt in receipts) - decided


def quarantined_rows(*, settings: Settings, extract: str | None, export: Path | None) -> dict[str, Any]:
    """Return refused rows, or write all of them to a file.

    Raises:
        UnusableInputError: nobody knows the extract, or the export cannot be written.
    """
    _demand_known(extract, settings=settings)
    if export is not None:
        _demand_writable(export)
        with private_home(settings.home):
            written = worksheet.export(settings=settings, target=export, extract=extract)
        return {"rows": [], "exported_rows": written, "note": f"{written:,} rows written to {export}"}
    receipts = [r for r in read_ledger(settings.ledger_path) if extract in (None, r.extract)]
    total = open_rows(settings=settings, receipts=receipts)
    refused = [f"{r.file_name}: {r.refused_reason}" for r in receipts if r.refused_reason]
    rows = quarantine.list_rows(settings=settings, extract=extract, limit=LISTED_ROWS).to_dicts()
    given_up = sum(receipt.rows_quarantined for receipt in receipts) - total
    shown = f"{len(rows)} of {total:,} open rows; --export FILE writes all of them."
    shown += f" {given_up:,} more were given up." if given_up else ""
    return {"rows": rows, "total": total, "refused_files": refused, "note": "\n".join([*refused, shown])}


def _demand_known(extract: str | None, *, settings: Settings) -> None:
    """Refuse a slip such as `ordrs`; a foreign export's inputs are known from the ledger."""
    known = [*EXTRACTS, *sorted({r.extract for r in read_ledger(settings.ledger_path)} - set(EXTRACTS))]
    if extract is not None and extract not in known:
        raise UnusableInputError(f"There is no extract {extract}. Known are: {', '.join(known)}.")


def _demand_writable(export: Path) -> None:
    if export.is_dir():
        raise UnusableInputError(f"{export} is a folder; name the CSV file to write.")
    if not export.absolute().parent.is_dir():
        raise UnusableInputError(f"The folder of {export} does not exist.")
