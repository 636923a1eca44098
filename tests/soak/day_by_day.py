"""Online Retail delivered day by day: the last release equals one made at once, and a day costs what it brings.

    python -m tests.soak.day_by_day --data FOLDER --home HOME --report days.jsonl

The folder holds a CSV per trading day. Every day is dropped and `rapport run` publishes it, as every night; the report
has a line per day with its seconds, and days that it names are not run again. At the end all files are run at once in
another home, and every published table but those that tell of releases is compared by content. The plot shows what each day cost.

The runs of some days share a process, so that a day's seconds are those of its work and not of importing libraries.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import altair as alt
import polars as pl
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.release.pseudonyms import SALT_FILE
from tests.pipeline.commands import tables_that_tell_history
from tests.pipeline.crashes.play import tables_of

RUN = ("run", "--source", "online_retail")
DAYS_PER_PROCESS = 25


def run_days(*, data: Path, home: Path, report: Path, limit: int | None) -> None:
    """Drop and publish what the report does not name yet.

    Raises:
        RuntimeError: a day was not published; the message holds what the run said.
    """
    landing = home.with_name(home.name + "-landing")
    landing.mkdir(parents=True, exist_ok=True)
    known = {line["day"] for line in lines_of(report)}
    days = [file for file in sorted(data.glob("*.csv"))[:limit] if file.stem not in known]
    with _processes() as pool:
        for file in days:
            shutil.copy(file, landing)
            seconds = pool.submit(_publish, landing=landing, home=home).result()
            line = {"day": file.stem, "seconds": seconds, "rows": sum(1 for _ in file.open("rb")) - 1}
            with report.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(line) + "\n")


def differences_from_one_shot(*, home: Path) -> list[str]:
    """Publish all files at once in another home and name the tables whose content differs."""
    landing, other = home.with_name(home.name + "-landing"), home.with_name(home.name + "-at-once")
    shutil.rmtree(other, ignore_errors=True)
    (other / SALT_FILE.parent).mkdir(parents=True)
    shutil.copy(home / SALT_FILE, other / SALT_FILE)  # hashed evidence is salted per home
    with _processes() as pool:
        pool.submit(_publish, landing=landing, home=other).result()
    ours, theirs = tables_of(home), tables_of(other)
    compared = sorted((ours.keys() | theirs.keys()) - tables_that_tell_history())
    return [table for table in compared if ours.get(table) != theirs.get(table)]


def lines_of(report: Path) -> list[dict[str, Any]]:
    """What the report says so far."""
    return [json.loads(line) for line in report.read_text().splitlines()] if report.exists() else []


def plot(lines: list[dict[str, Any]], *, target: Path) -> None:
    """Draw seconds per day, with the median of each month."""
    frame = pl.DataFrame(lines).with_columns(pl.col("day").str.to_date())
    days = (
        alt.Chart(frame)
        .mark_circle(size=20, opacity=0.5)
        .encode(x=alt.X("day:T", title="day delivered"), y=alt.Y("seconds:Q", title="seconds of its run"))
    )
    months = (
        alt.Chart(frame)
        .mark_line(color="firebrick")
        .encode(x=alt.X("yearmonth(day):T"), y="median(seconds):Q")
    )
    (days + months).properties(width=900, height=320, title="Online Retail, one run per day").save(
        target, inline=True
    )


def _processes() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        max_workers=1,
        mp_context=multiprocessing.get_context("spawn"),
        max_tasks_per_child=DAYS_PER_PROCESS,
    )


def _publish(*, landing: Path, home: Path) -> float:
    started = time.monotonic()
    done = CliRunner().invoke(app, [*RUN, "--landing", str(landing), "--home", str(home)])
    if done.exit_code:
        raise RuntimeError(done.output)
    return round(time.monotonic() - started, 1)


def main() -> int:
    parser = argparse.ArgumentParser(description="Online Retail day by day, compared with all days at once.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--report", type=Path, default=Path("days.jsonl"))
    parser.add_argument("--days", type=int, help="only so many days")
    options = parser.parse_args()
    run_days(data=options.data, home=options.home.resolve(), report=options.report, limit=options.days)
    lines = lines_of(options.report)
    different = differences_from_one_shot(home=options.home.resolve())
    plot(lines, target=options.report.with_suffix(".html"))
    third = max(1, len(lines) // 3)
    first, last = (
        pl.Series([line["seconds"] for line in part]).median() for part in (lines[:third], lines[-third:])
    )
    print(
        f"{len(lines)} days; median seconds of a day: first third {first}, last third {last}; "
        f"tables that differ from one run over all days: {', '.join(different) or 'none'}"
    )
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
