"""A command in whose midst the machine gives out: the disk fills up, or memory ends.

    python -m tests.pipeline.crashes.struck full_disk --at ledger --ballast /small/ballast -- run --home /small/home

The fault is real (a file takes all room that is left; the kernel refuses memory) and strikes when the command first
calls the function of the chosen moment.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import os
import resource
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

MOMENTS = {
    "lock": "orchestration.runner:hold_run_lock",
    "history": "orchestration.runner:build_release",
    "raw": "orchestration.landing.ingest:stage_file",
    "ledger": "orchestration.landing.ledger:append",
    "arrival gate": "orchestration.assets.gate:create_raw_views",
    "dbt build": "orchestration.dbt_build:build",
    "kpi": "orchestration.kpi.computation:write_kpi_table",
    "publication gate": "orchestration.assets.gate:current_row_counts",
    "release": "orchestration.release.publisher:write_tables",
    "manifest": "orchestration.release.manifest:describe",
    "swap": "orchestration.release.registry:make_current",
    "summary": "orchestration.summary:release_summary",
}
"""Function at whose first call the fault strikes, in the order of a run."""
PAUSE_SECONDS = 0.01


def when_called(function: str, strike: Callable[[], None]) -> None:
    """Let something happen just before a function's first call."""
    module, name = function.split(":")
    original = getattr(importlib.import_module(module), name)
    done = threading.Event()

    @functools.wraps(original)
    def struck(*arguments: object, **named: object) -> object:
        if not done.is_set():
            done.set()
            strike()
        return original(*arguments, **named)

    setattr(sys.modules[module], name, struck)


def fill_disk(ballast: Path, *, room: int = 0) -> None:
    """Take all that is free on a disk but so many bytes."""
    with ballast.open("ab") as file, suppress(OSError):  # somebody else may take the last of it
        while (free := _free_bytes(ballast.parent) - room) > 0:
            os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), free)


def keep_full(ballast: Path, *, room: int = 0) -> None:
    """Take what is free, and from now on also whatever becomes free."""

    def keep() -> None:
        while True:
            fill_disk(ballast, room=room)
            time.sleep(PAUSE_SECONDS)

    fill_disk(ballast, room=room)
    threading.Thread(target=keep, daemon=True).start()


def limit_memory(*, room: int) -> None:
    """Let this process get so many bytes more from the kernel."""
    (status,) = (
        line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmSize")
    )
    limit = int(status.split()[1]) * 1024 + room
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _free_bytes(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def main() -> None:
    parser = argparse.ArgumentParser(description="A command in whose midst the machine gives out.")
    parser.add_argument("fault", choices=("full_disk", "kept_full", "no_memory"))
    parser.add_argument("--at", choices=MOMENTS, required=True)
    parser.add_argument("--room", type=int, default=0, help="bytes that are left")
    parser.add_argument(
        "--ballast", type=Path, help="file that fills the disk; tells also that the fault struck"
    )
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()

    def strike() -> None:
        options.ballast.touch()
        match options.fault:
            case "full_disk":
                fill_disk(options.ballast, room=options.room)
            case "kept_full":
                keep_full(options.ballast, room=options.room)
            case _:
                limit_memory(room=options.room)

    when_called(MOMENTS[options.at], strike)
    from orchestration.cli import app

    app(options.command, prog_name="rapport")


if __name__ == "__main__":
    main()
