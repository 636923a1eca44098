"""Random histories of a shop: after every night the warehouse equals one that is built at once.

Each history drops random files, changes rules, looks back at earlier days, and lets the machine die; every night
that ends is compared with a build of all files at once.

    python -m tests.pipeline.histories.play --histories 200 --seed 1 --report histories.jsonl

The report has a line per batch of a few; batches that it names are not played again. The seeds are changed, so the
process starts itself again, once per worker, each with a copy of them (RAPPORT_SEEDS).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, timedelta
from math import ceil
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import ClassVar

import hypothesis
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from orchestration.batch import UnusableInputError
from orchestration.settings import DBT_PROJECT_DIR, EXTRACTS, PROJECT_ROOT, SEEDS_DIR
from tests.pipeline.histories.deliveries import ROWS, Row, as_csv, files
from tests.pipeline.histories.nights import InterruptedNight, differences, home

STEPS = 4
"""What happens between the first night and the last one, at most."""
WORKERS = min(4, os.cpu_count() or 1)
BATCH = 5
"""Histories of one seed; Hypothesis begins with the simplest and lets the others differ from each other."""

CHANGES = {
    "order_statuses.csv": (",shipped,true,", ",shipped,false,"),
    "session_rules.csv": ("gap,30,", "gap,20,"),
}
"""Rows of seeds that a steward changes, and back."""


class Shop(RuleBasedStateMachine):
    """A shop, the warehouse that follows it night by night, and one that is built at once."""

    nights = 0
    continued_nights = 0
    histories = 0
    found: ClassVar[list[str]] = []

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="rapport-history-"))
        self.landing = self.folder / "landing"
        self.nightly = home(self.folder / "nightly", landing=self.landing)
        self.at_once = home(self.folder / "at_once", landing=self.landing)
        self.drops = 0
        self.is_built = False
        self.changed: set[str] = set()
        self._write_seeds()

    def teardown(self) -> None:
        """Whatever happened last, the night after it is compared."""
        try:
            if self.drops and not self.is_built:
                self.a_night_passes(days_back=0)
            Shop.histories += 1
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    @initialize(
        first=st.lists(ROWS["orders"], min_size=3, max_size=12),
        more=st.lists(files(), min_size=2, max_size=6),
        later=st.lists(files(), min_size=1, max_size=4),
        builds=st.integers(min_value=1, max_value=2),
    )
    def opens(
        self, first: list[Row], more: list[tuple[str, str]], later: list[tuple[str, str]], builds: int
    ) -> None:
        """A first night to go on from, perhaps built twice, and a first delivery after it."""
        self._drop("orders", as_csv(first))
        self.sources_drop_files(more)
        self.nightly.night(seeds=self._seeds())
        if builds > 1:
            self.nightly.build(seeds=self._seeds())
        self.sources_drop_files(later)

    @rule(delivery=st.lists(files(), min_size=1, max_size=4))
    def sources_drop_files(self, delivery: list[tuple[str, str]]) -> None:
        for extract, content in delivery:
            self._drop(extract, content)

    @rule(name=st.sampled_from(sorted(CHANGES)))
    def a_rule_changes(self, name: str) -> None:
        self.changed ^= {name}
        self._write_seeds()
        self.is_built = False

    @precondition(lambda self: not self.is_built)
    @rule(step=st.integers(min_value=0, max_value=len(EXTRACTS)))
    def the_machine_dies(self, step: int) -> None:
        with suppress(InterruptedNight):
            self.nightly.night(seeds=self._seeds(), dies_after=step)

    @precondition(lambda self: not self.is_built)
    @rule(days_back=st.sampled_from([0, 0, 0, 30, 200]))
    def a_night_passes(self, days_back: int) -> None:
        as_of = date(2026, 5, 20) - timedelta(days=days_back) if days_back else None
        try:
            day = self.nightly.night(seeds=self._seeds(), as_of=as_of)
        except UnusableInputError:  # a day before the first order
            return
        self.is_built = True
        Shop.nights += 1
        Shop.continued_nights += bool(self.nightly.continued)
        self.at_once.forget_rows()
        self.at_once.night(seeds=self._seeds(), as_of=day)
        assert self.at_once.continued == []
        Shop.found = differences(self.nightly, self.at_once)
        assert Shop.found == []

    def _drop(self, extract: str, content: str) -> None:
        # Names in no order: what is dropped later may be named earlier. Of a steward's lists the last holds, and those
        # that arrive at once have no other order than that of their names.
        name = f"{(self.drops * 7) % 10}-{self.drops}.csv"
        if extract == "identity_overrides":
            name = f"{self.drops:04}.csv"
        target = self.landing / extract / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")
        self.drops += 1
        self.is_built = False

    def _write_seeds(self) -> None:
        for name, (before, after) in CHANGES.items():
            path = SEEDS_DIR / name
            text = path.read_text(encoding="utf-8").replace(after, before)
            path.write_text(text.replace(before, after) if name in self.changed else text, encoding="utf-8")

    def _seeds(self) -> str:
        return ",".join(sorted(self.changed))


def play(*, seed: int, histories: int) -> None:
    """Play so many histories.

    Raises:
        AssertionError: a night differed from a build at once.
    """
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        hypothesis.seed(seed)(Shop),
        settings=hypothesis.settings(
            max_examples=histories,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[hypothesis.Phase.generate],
        ),
    )


def played(report: Path) -> set[int]:
    """Seeds of the batches that a report names."""
    lines = report.read_text(encoding="utf-8").splitlines() if report.exists() else []
    return {json.loads(line)["seed"] for line in lines}


def play_all(*, seeds: Iterable[int], report: Path, stops: bool) -> int:
    """Play the batches that the report does not name, or until one differs; return how many did."""
    failed = 0
    for number in seeds:
        if number in played(report):
            continue
        before = (Shop.histories, Shop.nights, Shop.continued_nights)
        started = time.monotonic()
        try:
            play(seed=number, histories=BATCH)
            outcome = "equal"
        except Exception as error:  # Hypothesis plays a failing history again and tells what it finds then
            outcome, failed = f"{Shop.found or repr(error)}"[:2000], failed + 1
        after = (Shop.histories, Shop.nights, Shop.continued_nights)
        counts = zip(("histories", "nights", "continued"), before, after, strict=True)
        line = {"seed": number, "outcome": outcome, "seconds": round(time.monotonic() - started, 1)}
        line |= {name: later - earlier for name, earlier, later in counts}
        with report.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
        if failed and stops:
            break
    return failed


def worker(number: int) -> int:
    """Start again with a copy of the seeds that may be changed."""
    with tempfile.TemporaryDirectory(prefix="rapport-seeds-") as folder:
        seeds = Path(shutil.copytree(PROJECT_ROOT / "seeds", Path(folder) / "seeds"))
        environment = os.environ | {"RAPPORT_SEEDS": str(seeds)}
        again = [
            sys.executable,
            "-m",
            "tests.pipeline.histories.play",
            *sys.argv[1:],
            "--worker",
            str(number),
        ]
        try:
            return subprocess.run(again, env=environment, check=False).returncode
        finally:
            parsed = hashlib.sha256(str(seeds.resolve()).encode()).hexdigest()[:8]
            shutil.rmtree(DBT_PROJECT_DIR / "target" / parsed, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Random histories: every night equals a build at once.")
    parser.add_argument("--histories", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path, default=Path("histories.jsonl"))
    parser.add_argument("--stop", action="store_true", help="stop at the first difference")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker is not None:
        end = options.seed + ceil(options.histories / BATCH)
        seeds = range(options.seed + options.worker, end, WORKERS)
        return play_all(seeds=seeds, report=options.report, stops=options.stop)
    with ThreadPool(WORKERS) as pool:
        failed = sum(pool.map(worker, range(WORKERS)))
    lines = [json.loads(line) for line in options.report.read_text(encoding="utf-8").splitlines()]
    print(
        f"{sum(line['histories'] for line in lines)} histories, {sum(line['nights'] for line in lines)} nights, "
        f"{sum(line['continued'] for line in lines)} of them gone on from the night before, "
        f"{sum(line['outcome'] != 'equal' for line in lines)} different, "
        f"{sum(line['seconds'] for line in lines):.0f} s"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
