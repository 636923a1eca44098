"""`kill -9` leaves the old release or the new one, and the next run ends like one that was never killed.

A run that somebody stops politely says so and nothing else.
"""

from __future__ import annotations

import json
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests.pipeline.commands import release_of
from tests.pipeline.crashes.play import Bench, play_all, start, wait_for

KILLS = 12
INTO_DBT_SECONDS = 6.0
"""So long after the arrival gate dbt is building, which it does in threads of its own."""


def test_runs_that_are_killed_at_random_moments_end_like_one_that_was_not(
    tmp_path: Path, bench: Bench
) -> None:
    report = tmp_path / "kills.jsonl"
    failed = play_all(kills=KILLS, seed=1, report=report, bench=bench, folder=tmp_path)
    lines = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    assert failed == 0, lines
    assert sum(line["was_running"] for line in lines) >= 10


@pytest.mark.parametrize("stopped_by", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_while_dbt_works_says_so(
    tmp_path: Path, bench: Bench, stopped_by: signal.Signals
) -> None:
    home = tmp_path / "home"
    shutil.copytree(bench.first, home, symlinks=True)
    before = release_of(home)
    run = start(home=home, landing=bench.landing)
    wait_for(run, "arrival_gate")
    time.sleep(INTO_DBT_SECONDS)
    run.send_signal(stopped_by)
    said, _ = run.communicate()
    assert said.splitlines()[-1] == "Interrupted."
    assert run.returncode == 130
    assert release_of(home) == before
    ended = json.loads((home / "last_run.json").read_text(encoding="utf-8"))
    assert (ended["exit_code"], ended["sentence"]) == (130, "Interrupted.")
