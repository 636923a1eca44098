"""`kill -9` leaves the old release or the new one, and the next run ends like one that was never killed."""

from __future__ import annotations

import json
from pathlib import Path

from tests.pipeline.crashes.play import Bench, play_all

KILLS = 12


def test_runs_that_are_killed_at_random_moments_end_like_one_that_was_not(
    tmp_path: Path, bench: Bench
) -> None:
    report = tmp_path / "kills.jsonl"
    failed = play_all(kills=KILLS, seed=1, report=report, bench=bench, folder=tmp_path)
    lines = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    assert failed == 0, lines
    assert sum(line["was_running"] for line in lines) >= 10
