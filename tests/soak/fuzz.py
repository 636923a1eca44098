"""Fuzzes the landing: `python -m tests.soak.fuzz --seed 1 --count 10000`, or `make soak-fuzz`.

Each file is taken in by a worker process that is watched from outside: a hang or a crash costs the worker, not the run.
Results go to a file, one JSON line per case; a run that was stopped goes on where it was. A case is made from its seed
and number alone: `--only NUMBER` shows one again, with its traceback.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.soak.cases import make_case
from tests.soak.oracle import findings

MAX_SECONDS = 20
MAX_MEMORY_BYTES = 1 << 30
"""Above what the worker needs for its libraries; what a file may cost, decompressed or not."""
ADDRESS_SPACE_BYTES = 16 << 30
"""So that a runaway file cannot take the machine down; libraries reserve far more than they use."""


def run_case(*, seed: int, number: int, folder: Path) -> dict[str, Any]:
    """Take one file in; return its result as plain values."""
    case = make_case(seed=seed, number=number)
    before = _resident(reset=True)
    started = time.monotonic()
    try:
        found = findings(case, folder=folder)
    except BaseException as error:  # a panic of Polars is no Exception
        if isinstance(error, KeyboardInterrupt):
            raise
        found = [f"{type(error).__name__}: {error}", traceback.format_exc()]
    seconds = time.monotonic() - started
    memory = max(_resident() - before, 0)
    if memory > MAX_MEMORY_BYTES:
        found.append(f"took {memory >> 20} MB of memory")
    return {
        "number": number,
        "name": f"{case.extract}/{case.name}",
        "mutation": case.mutation,
        "seconds": round(seconds, 3),
        "memory_mb": memory >> 20,
        "peak_mb": _resident() >> 20,
        "findings": found,
    }


def _resident(*, reset: bool = False) -> int:
    """Highest resident memory since the last reset, in bytes; Linux only, elsewhere since the start."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        status = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) << 10
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def _work(pipe: Connection, seed: int, folder: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES))
    while (number := pipe.recv()) is not None:
        pipe.send(run_case(seed=seed, number=number, folder=Path(folder)))


class Worker:
    """One process that takes files in, replaced when it hangs or dies."""

    def __init__(self, *, seed: int) -> None:
        self.seed = seed
        self.folder = tempfile.mkdtemp(prefix="fuzz-")
        self.deaths = 0
        self._start()

    def _start(self) -> None:
        self.pipe, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self.process = context.Process(target=_work, args=(theirs, self.seed, self.folder), daemon=True)
        self.process.start()
        theirs.close()

    def take(self, number: int) -> dict[str, Any]:
        """Return a case's result; a hang or a death is a finding."""
        self.pipe.send(number)
        try:
            # The first case of a process also waits for its imports.
            if self.pipe.poll(MAX_SECONDS * 3):
                result: dict[str, Any] = self.pipe.recv()
                if result["seconds"] > MAX_SECONDS:
                    result["findings"].append(f"took {result['seconds']} s")
                return result
            found = f"hangs for more than {MAX_SECONDS * 3} s"
        except EOFError:
            self.process.join()
            found = f"the process died (exit code {self.process.exitcode})"
        case = make_case(seed=self.seed, number=number)
        self.deaths += 1
        self.process.kill()
        self.process.join()
        self._start()
        name = f"{case.extract}/{case.name}"
        return {"number": number, "name": name, "mutation": case.mutation, "findings": [found]}

    def close(self) -> None:
        """End the process."""
        self.pipe.send(None)
        self.process.join(timeout=10)
        self.process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def fuzz(*, seed: int, numbers: Iterable[int], results: Path) -> None:
    """Take every case in that the results do not hold yet."""
    worker = Worker(seed=seed)
    known = {result["number"] for result in _read(results)}
    with results.open("a", encoding="utf-8") as file:
        for number in numbers:
            if number in known:
                continue
            result = worker.take(number)
            file.write(json.dumps(result, ensure_ascii=False) + "\n")
            file.flush()
            if result["findings"]:
                print(number, result["name"], result["mutation"], result["findings"][0], sep="  ", flush=True)
    worker.close()


def _read(results: Path) -> list[dict[str, Any]]:
    if not results.exists():
        return []
    lines = results.read_text(encoding="utf-8").splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def summary(results: Path, *, seconds: float) -> str:
    """Return figures of all cases: files, findings, slowest, largest, files per mutation."""
    done = _read(results)
    slowest = max(done, key=lambda r: r.get("seconds", 0), default={})
    largest = max(done, key=lambda r: r.get("memory_mb", 0), default={})
    lines = [
        f"{len(done):,} files, {sum(bool(r['findings']) for r in done)} with findings, {seconds:,.0f} s in this run",
        f"slowest {slowest.get('seconds')} s ({slowest.get('mutation')}), "
        f"largest {largest.get('memory_mb')} MB above the idle process ({largest.get('mutation')}), "
        f"highest peak {max((r.get('peak_mb', 0) for r in done), default=0)} MB",
    ]
    counts = Counter(r["mutation"] for r in done)
    return "\n".join(lines + [f"  {name:<32}{count:>6,}" for name, count in sorted(counts.items())])


def main() -> int:
    """Parse arguments and fuzz; non-zero if anything was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--results", type=Path, help="where results are kept (default fuzz-<seed>.jsonl)")
    parser.add_argument("--only", type=int, help="show one case again")
    given = parser.parse_args()
    if given.only is not None:
        with tempfile.TemporaryDirectory() as folder:
            result = run_case(seed=given.seed, number=given.only, folder=Path(folder))
        print(json.dumps(result, ensure_ascii=False, indent=2).replace("\\n", "\n"))
        return bool(result["findings"])
    results = given.results or Path(f"fuzz-{given.seed}.jsonl")
    started = time.monotonic()
    fuzz(seed=given.seed, numbers=range(given.start, given.start + given.count), results=results)
    print(summary(results, seconds=time.monotonic() - started))
    return any(result["findings"] for result in _read(results))


if __name__ == "__main__":
    sys.exit(main())
