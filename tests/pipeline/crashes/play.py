"""Runs that are killed at random moments: the release stays whole, and the next run ends like one never killed.

    python -m tests.pipeline.crashes.play --kills 100 --seed 1 --report kills.jsonl

A shop is delivered in two parts. A home that holds a release of the first part gets the second; its run is killed
(SIGKILL, with all its children) a few times, each time in a random stage; then it may end. What it publishes is
compared, table by table, with a home whose runs were left alone. The report has a line per kill; kills that it
names are not repeated.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.pipeline.commands import PROJECT_ROOT, published, rapport, release_of

CUSTOMERS = "120"
KILLS_BEFORE_AN_END = 4
STAGES = (
    "start", "landing extract_files", "raw browse_events", "raw order_items", "raw orders", "raw registrations",
    "raw tickets", "arrival_gate", "warehouse", "kpi predictions", "kpi retention", "kpi kpi_scorecard", "serving",
    "gate publication",
)  # fmt: skip
"""A kill waits for the end of one of these, then for a random part of the longest pause after it."""
LONGEST_PAUSE_SECONDS = {"start": 6.0, "raw tickets": 6.0, "arrival_gate": 15.0, "kpi kpi_scorecard": 4.0}
USUAL_PAUSE_SECONDS = 1.5


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Two homes after the first delivery, and what the second must give.

    Attributes:
        first: home that holds a release of the first delivery; copied before each round of kills.
        landing: both deliveries.
        expected: content hash per table of a home that was never killed.
    """

    first: Path
    landing: Path
    expected: dict[str, Any]


def prepare(folder: Path) -> Bench:
    """Simulate the shop, and run what is compared with."""
    shop, half = folder / "shop", folder / "half"
    _demand(
        rapport("simulate", shop, "--customers", CUSTOMERS, "--days", "200", "--seed", "8", "--mess", "0.5")
    )
    for number, file in enumerate(sorted(path for path in shop.rglob("*") if path.is_file())):
        is_first = number % 2 == 0 or "orders" in file.parts
        if is_first and "_truth" not in file.parts:
            target = half / file.relative_to(shop)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
    first, whole = folder / "first", folder / "whole"
    _demand(rapport("run", "--landing", half, "--home", first))
    shutil.copytree(first, whole, symlinks=True)
    _demand(rapport("run", "--landing", shop, "--home", whole))
    return Bench(first=first, landing=shop, expected=tables_of(whole))


def tables_of(home: Path) -> dict[str, Any]:
    """Rows and content hash per table of the current release."""
    manifest: dict[str, Any] = json.loads((home / "current" / "manifest.json").read_text(encoding="utf-8"))
    return dict(manifest["tables"])


def play_round(*, bench: Bench, home: Path, seeds: list[int]) -> list[dict[str, Any]]:
    """Kill a home's run once per seed, then let it end.

    Raises:
        AssertionError: a release was not whole, or the end differs from a run that was never killed.
    """
    shutil.copytree(bench.first, home, symlinks=True)
    told = [kill(home=home, landing=bench.landing, seed=seed) for seed in seeds]
    done = rapport("run", "--landing", bench.landing, "--home", home)
    assert done.code == 0, done.out + done.err
    found = tables_of(home)
    different = [table for table in bench.expected if found.get(table) != bench.expected[table]]
    assert different == [], different
    leftovers = [path.name for path in (home / "tmp").glob("*") if not path.name.startswith("duckdb")]
    assert leftovers == [], leftovers
    shutil.rmtree(home)
    return told


def kill(*, home: Path, landing: Path, seed: int) -> dict[str, Any]:
    """Start a run, kill it at a random moment, and look at the release that readers have."""
    chance = random.Random(seed)
    stage = chance.choice(STAGES)
    pause = chance.uniform(0, LONGEST_PAUSE_SECONDS.get(stage, USUAL_PAUSE_SECONDS))
    before = release_of(home)
    run = start(home=home, landing=landing)
    wait_for(run, stage)
    time.sleep(pause)
    was_running = run.poll() is None
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    after = release_of(home)
    with published(home) as connection:
        (release,) = connection.execute("select release_id from governance.release").fetchone() or ("",)
        connection.execute("select count(*) from marts.customer_360").fetchone()
    assert release == after, (release, after)
    return {
        "seed": seed,
        "stage": stage,
        "pause": round(pause, 2),
        "was_running": was_running,
        "is_published": before != after,
    }


def start(*, home: Path, landing: Path) -> subprocess.Popen[str]:
    """Start a run in a process group of its own; all it says comes out of one pipe."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("RAPPORT_", "DAGSTER_"))}
    return subprocess.Popen(
        [sys.executable, "-m", "orchestration", "run", "--landing", str(landing), "--home", str(home)],
        cwd=PROJECT_ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip


def wait_for(run: subprocess.Popen[str], stage: str) -> None:
    """Wait until a run says that it has done a stage, or has ended."""
    assert run.stdout is not None
    last = "start"
    while last != stage and (line := run.stdout.readline()):
        last = line[2:46].strip() if line.startswith("✓") else last


def play_all(*, kills: int, seed: int, report: Path, bench: Bench, folder: Path) -> int:
    """Play what the report does not name below a folder; return how many rounds went wrong."""
    lines = report.read_text(encoding="utf-8").splitlines() if report.exists() else []
    known = {json.loads(line)["seed"] for line in lines}
    waiting = [number for number in range(seed, seed + kills) if number not in known]
    failed = 0
    for place in range(0, len(waiting), KILLS_BEFORE_AN_END):
        seeds = waiting[place : place + KILLS_BEFORE_AN_END]
        try:
            told = play_round(bench=bench, home=folder / f"home-{place}", seeds=seeds)
        except AssertionError as error:
            failed += 1
            told = [{"seed": number, "error": str(error)[:1000]} for number in seeds]
        with report.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in told)
    return failed


def _demand(outcome: Any) -> None:
    assert outcome.code == 0, outcome.out + outcome.err


def main() -> int:
    parser = argparse.ArgumentParser(description="Runs that are killed at random moments.")
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path, default=Path("kills.jsonl"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rapport-kills-") as name:
        folder = Path(name)
        failed = play_all(
            kills=options.kills,
            seed=options.seed,
            report=options.report,
            bench=prepare(folder),
            folder=folder,
        )
    lines = [json.loads(line) for line in options.report.read_text(encoding="utf-8").splitlines()]
    wrong = sum("error" in line for line in lines)
    stages = sorted({line["stage"] for line in lines if line.get("was_running")})
    print(
        f"{len(lines)} kills, {sum(bool(line.get('was_running')) for line in lines)} of a run that worked, "
        f"in {len(stages)} of {len(STAGES)} stages, {wrong} went wrong"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
