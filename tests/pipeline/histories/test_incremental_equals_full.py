"""Whatever comes in whatever order: a warehouse that goes on from night to night equals one that is built at once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.pipeline.commands import PROJECT_ROOT

HISTORIES = 20
PLANTED_HISTORIES = 10
PROJECT_PARTS = ("orchestration", "dbt_project", "models", "seeds", "expectations", "simulator", "tests")


def play(*, project: Path, report: Path, histories: int) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("RAPPORT_")}
    return subprocess.run(
        [
            sys.executable, "-m", "tests.pipeline.histories.play",
            "--histories", str(histories), "--report", str(report), "--stop",
        ],
        cwd=project, env=environment | {"PYTHONPATH": str(project)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def outcomes(report: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]


def test_every_night_equals_a_build_at_once(tmp_path: Path) -> None:
    report = tmp_path / "report.jsonl"
    done = play(project=PROJECT_ROOT, report=report, histories=HISTORIES)
    assert done.returncode == 0, done.stdout + done.stderr + report.read_text(encoding="utf-8")
    lines = outcomes(report)
    assert sum(int(str(line["histories"])) for line in lines) >= HISTORIES
    # Nights that went on from nothing would prove nothing.
    assert sum(int(str(line["continued"])) for line in lines) >= HISTORIES / 2


def test_a_build_that_restates_only_the_last_month_is_caught(tmp_path: Path) -> None:
    project = tmp_path / "project"
    for part in PROJECT_PARTS:
        shutil.copytree(
            PROJECT_ROOT / part,
            project / part,
            ignore=shutil.ignore_patterns("target", "logs", "__pycache__"),
        )
    model = project / "dbt_project" / "models" / "intermediate" / "int_restated_orders.sql"
    text = model.read_text(encoding="utf-8")
    condition = "where {{ is_unseen('ordered_at') }}"
    assert condition in text
    model.write_text(
        text.replace(condition, condition + " and ordered_at >= {{ as_of_end() }} - interval 30 day"),
        encoding="utf-8",
    )
    report = tmp_path / "report.jsonl"
    done = play(project=project, report=report, histories=PLANTED_HISTORIES)
    assert done.returncode == 1, done.stdout + done.stderr
    assert any("orders" in str(line["outcome"]) for line in outcomes(report))
