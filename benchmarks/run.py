"""How far a run is from the physical limit of this machine: `make bench SIZE=20k|200k|1m`.

Both do the central tables from the same extracts; ours adds contracts, identity, rules, tests, gates
and the published file, so the ratio is the price of what Rapport promises.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import duckdb

CUSTOMERS = {"20k": 20_000, "200k": 200_000, "1m": 1_000_000}
LIMIT_SQL = Path(__file__).with_name("limit.sql")
MEMORY_LIMIT = "8GB"
KIB_PER_GIB = 1024**2


def main() -> None:
    """Simulate once, measure the limit and ours, print the verdict last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", choices=CUSTOMERS)
    parser.add_argument("--folder", type=Path, default=Path("var/bench"))
    arguments = parser.parse_args()
    folder: Path = arguments.folder / arguments.size
    landing = _landing(folder=folder, customers=CUSTOMERS[arguments.size])
    limit_seconds = _limit(landing=landing, scratch=folder / "limit.duckdb")
    print(f"limit   {limit_seconds:8.1f} s  hand-written SQL, no promises kept")
    our_seconds, peak_gib = _ours(landing=landing, home=folder / "home")
    print(f"ours    {our_seconds:8.1f} s  one full run, peak memory {peak_gib:.1f} GiB")
    print(f"ours/limit {our_seconds / limit_seconds:.2f}")


def _landing(*, folder: Path, customers: int) -> Path:
    landing = folder / "landing"
    if not (landing / "_truth" / "shop.json").exists():
        rapport("simulate", str(landing), "--customers", str(customers), "--format", "parquet")
    return landing


def _limit(*, landing: Path, scratch: Path) -> float:
    scratch.unlink(missing_ok=True)
    started = time.monotonic()
    with duckdb.connect(
        str(scratch), config={"memory_limit": MEMORY_LIMIT, "preserve_insertion_order": False}
    ) as run:
        run.execute("set variable landing = ?", [str(landing)])
        run.execute(LIMIT_SQL.read_text())
    return time.monotonic() - started


def _ours(*, landing: Path, home: Path) -> tuple[float, float]:
    started = time.monotonic()
    result = rapport("run", "--landing", str(landing), "--home", str(home), "--full-refresh", "--json")
    for step, seconds in json.loads(result)["seconds"].items():
        print(f"        {seconds:8.1f} s  {step}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / KIB_PER_GIB
    return time.monotonic() - started, peak


def rapport(*arguments: str) -> str:
    """Run a command and return what it printed."""
    command = [sys.executable, "-m", "orchestration", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
