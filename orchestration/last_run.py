"""`last_run.json`: how the last run of a home went, for whoever looks without opening the warehouse."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from orchestration.disk import replace_for_good
from orchestration.exit_codes import ending_of, shortages_told

LAST_RUN_FILE = "last_run.json"
BLOCK_BYTES = 512
"""Unit of a file's `st_blocks`, whatever the disk's own blocks are."""


@dataclass(kw_only=True)
class LastRun:
    """One run, as far as it came.

    Attributes:
        batch_id: name of the run in gates and manifest.
        process: that works, or worked.
        started_at: UTC, ISO 8601.
        ended_at: None while it works, and for ever if it was killed.
        exit_code: of the command, None before the end.
        sentence: how it ended, for people.
        release_id: what it published.
        failing_gates: `gate, severity, observed, threshold` of every check that did not pass.
    """

    batch_id: str
    process: int
    started_at: str
    ended_at: str | None = None
    exit_code: int | None = None
    sentence: str | None = None
    release_id: str | None = None
    failing_gates: list[dict[str, str]] = field(default_factory=list)

    def told(self, *, is_running: bool) -> str:
        """Return one line about the run.

        Args:
            is_running: whether somebody holds the home's lock now.
        """
        if self.ended_at:
            return f"{self.ended_at}, exit code {self.exit_code}: {self.sentence}"
        return (
            f"works since {self.started_at} (process {self.process})"
            if is_running
            else f"did not end; it started at {self.started_at} and was killed"
        )


@contextmanager
def remember(*, home: Path, batch_id: str) -> Iterator[LastRun]:
    """Write down that a run works, and how it ends; the caller fills in what the run finds out."""
    run = LastRun(batch_id=batch_id, process=os.getpid(), started_at=_now())
    _write(home, run)
    try:
        with shortages_told(home):
            yield run
    except BaseException as error:
        run.sentence, run.exit_code = ending_of(error)
        raise
    else:
        if run.exit_code is None:
            published = f"published release {run.release_id}" if run.release_id else "published nothing"
            run.sentence, run.exit_code = published, 0
    finally:
        run.ended_at = _now()
        _write_ending(home, run)


def read_last_run(home: Path) -> LastRun | None:
    """Return the last run of a home, or None before the first."""
    path = home / LAST_RUN_FILE
    if not path.exists():
        return None
    return LastRun(**json.loads(path.read_text(encoding="utf-8")))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _write(home: Path, run: LastRun) -> None:
    replace_for_good(home / LAST_RUN_FILE, _text(run).encode())


def _write_ending(home: Path, run: LastRun) -> None:
    """Write how a run ended, also on a full disk; a note that fails does not hide what it should tell."""
    with suppress(OSError):
        try:
            _write(home, run)
        except OSError:
            _overwrite(home / LAST_RUN_FILE, _text(run).encode())


def _overwrite(path: Path, data: bytes) -> None:
    """Replace a file's content within the room that it has on the disk; where that is too little, leave it."""
    with path.open("r+b") as file:
        if len(data) <= os.fstat(file.fileno()).st_blocks * BLOCK_BYTES:
            os.pwrite(file.fileno(), data, 0)
            file.truncate(len(data))


def _text(run: LastRun) -> str:
    return json.dumps(asdict(run), ensure_ascii=False, indent=2) + "\n"
