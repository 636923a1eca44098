"""`rapport replay`: refused rows tried again under the run's lock, told to a person or a machine.

What belongs here: the lock, errors as sentences, the words of the result. What does not: how a row is tried
(`orchestration.landing.replay`), what a corrected file means (`orchestration.landing.corrections`).
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from orchestration.batch import UnusableInputError, utc_now
from orchestration.home import private_home
from orchestration.landing.corrections import Corrections, read_corrections
from orchestration.landing.ledger import read_ledger
from orchestration.landing.replay import ExtractReplay, replay_quarantine
from orchestration.landing.worksheet import WorksheetError
from orchestration.run_lock import hold_run_lock
from orchestration.settings import Settings
from orchestration.status import open_rows

TOLD_FAILURES = 20
"""Corrected rows that still do not pass and that a terminal names; JSON holds all."""


def replay(*, settings: Settings, repaired: Path | None, console: Console) -> dict[str, Any]:
    """Try every refused row again that nobody gave up, after taking up a corrected sheet.

    Args:
        settings: where the quarantine lies.
        repaired: the corrected CSV, None to try the rows as they are.
        console: where progress goes.

    Returns:
        Counts of the decisions, changes per extract, corrected rows that failed, rows that stay open, a note.

    Raises:
        UnusableInputError: the corrected file cannot be used; nothing was changed.
        RunInProgressError: a run or another replay works in this home.
    """
    now = utc_now()
    with private_home(settings.home), hold_run_lock(settings.lock_path):
        corrections = _corrections(settings=settings, repaired=repaired, now=now)
        extracts = replay_quarantine(
            settings=settings,
            decisions=corrections.decisions,
            now=now,
            on_progress=lambda text: console.print(text, markup=False, highlight=False),
        )
        still_open = open_rows(settings=settings, receipts=read_ledger(settings.ledger_path))
    counts = {
        name: sum(item.action == action for item in corrections.decisions)
        for name, action in (("repaired", "repair"), ("given_up", "drop"), ("opened_again", "keep"))
    }
    return {
        **counts,
        "not_refused": corrections.not_refused,
        "extracts": [asdict(item) for item in extracts],
        "failed": corrections.failed,
        "open_rows": still_open,
        "note": _note(counts, extracts=extracts, corrections=corrections, still_open=still_open),
    }


def _corrections(*, settings: Settings, repaired: Path | None, now: datetime) -> Corrections:
    if repaired is None:
        return Corrections()
    try:
        return read_corrections(settings=settings, corrected=repaired, now=now)
    except WorksheetError as error:
        raise UnusableInputError(str(error)) from error


def _note(
    counts: dict[str, int], *, extracts: list[ExtractReplay], corrections: Corrections, still_open: int
) -> str:
    """Say what happened and what to do next."""
    failed = [
        f"{item['extract']} {item['file_name']} line {item['line_number']}: {'; '.join(item['reasons'])}"
        for item in corrections.failed[:TOLD_FAILURES]
    ]
    if len(corrections.failed) > TOLD_FAILURES:
        failed.append(f"… and {len(corrections.failed) - TOLD_FAILURES:,} more that do not pass yet")
    if corrections.not_refused:
        failed.append(f"{corrections.not_refused:,} rows of the file are not in quarantine (any more)")
    has_news = any(item.accepted or item.duplicate for item in extracts)
    if has_news:
        ending = "`rapport run` builds and publishes them."
    elif any(counts.values()):
        ending = "No row was accepted; the decisions are kept."
    else:
        ending = (
            "Nothing to do." if not extracts else "No row passes that did not before; nothing was changed."
        )
    decided = ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in counts.items() if number)
    return "\n".join(
        [*failed, *([f"{decided}."] if decided else []), f"{still_open:,} rows stay open. {ending}"]
    )
