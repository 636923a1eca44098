"""Readers and runs of one home: readers share, a run waits for them, and they never wait for a run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from orchestration import run_lock
from orchestration.run_lock import RunInProgressError, hold_off_runs, hold_run_lock, is_run_lock_held

RUN = (
    "import sys; from pathlib import Path; from orchestration.run_lock import hold_run_lock\n"
    "with hold_run_lock(Path(sys.argv[1])): print('works', flush=True); sys.stdin.read()"
)


def start_run(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_readers_share_and_are_no_run(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    with hold_off_runs(path), hold_off_runs(path):
        assert not is_run_lock_held(path)


def test_a_reader_does_not_wait_for_a_run(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    with start_run(path) as run:
        assert run.stdout
        assert run.stdout.readline() == "works\n"
        with pytest.raises(RunInProgressError, match=f"process {run.pid}"), hold_off_runs(path):
            pass
        run.communicate("")
    with hold_off_runs(path):
        pass


def test_a_run_waits_for_a_reader(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    with hold_off_runs(path):
        run = start_run(path)
        with pytest.raises(subprocess.TimeoutExpired):
            run.wait(timeout=2)
    assert run.stdout
    assert run.stdout.readline() == "works\n"
    run.communicate("")
    assert run.returncode == 0


def test_a_reader_that_never_ends_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_lock, "READING_SECONDS", 0.1)
    path = tmp_path / "run.lock"
    with (
        hold_off_runs(path),
        pytest.raises(RunInProgressError, match="somebody reads the warehouse"),
        hold_run_lock(path),
    ):
        pass
