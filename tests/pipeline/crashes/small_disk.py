"""Runs on a machine that gives out: the disk fills up or memory ends, and the next run ends like one undisturbed.

    python -m tests.pipeline.crashes.small_disk --rounds 20 --seed 1 --report faults.jsonl

The home lies on a small disk in memory (tmpfs), which is mounted in a name space of its own: that takes no
privilege where the kernel lets users have name spaces. The landing folder is mounted read-only there, so every run
also proves that nothing is ever written to it. The report has a line per strike; rounds that it names are not
repeated.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.pipeline.commands import PROJECT_ROOT, Outcome, published, rapport, release_of
from tests.pipeline.crashes.play import Bench, prepare, tables_of
from tests.pipeline.crashes.struck import MOMENTS, fill_disk

NAME_SPACE = ("unshare", "--user", "--map-root-user", "--mount", "--propagation", "private")
DISK_SIZE = "256m"
LITTLE_SHARE = "30MB"
"""Too little for DuckDB to build the warehouse of the small shop in."""
ROOMS = (0, 0, 4 << 10, 64 << 10, 1 << 20, 4 << 20)
"""Bytes that a random strike leaves free."""


@dataclass(frozen=True, kw_only=True)
class Strike:
    """One fault of one run.

    Attributes:
        fault: `full_disk`, `kept_full` (whatever becomes free is taken, too), `no_memory` (of the kernel) or
            `little_share` (of DuckDB's, from the start).
        moment: of `struck.MOMENTS`.
        room: bytes that are left.
    """

    fault: str
    moment: str = "raw"
    room: int = 0

    @classmethod
    def parse(cls, text: str) -> Strike:
        """Read `fault:moment:room`."""
        fault, moment, room = text.split(":")
        return cls(fault=fault, moment=moment, room=int(room))


@dataclass(frozen=True, kw_only=True)
class Told:
    """What one strike did.

    Attributes:
        strike: the fault.
        is_struck: whether the run came as far.
        code: exit code of the run, negative for a signal.
        out: what it printed.
        err: its last words.
        status: what `rapport status` then says of it.
        was_published: whether the release is another one than before.
    """

    strike: Strike
    is_struck: bool
    code: int
    out: str
    err: str
    status: str
    was_published: bool


@cache
def name_space_fault() -> str | None:
    """Return why no small disk can be mounted here, None if it can."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return "no small disk: it takes Linux with util-linux (unshare)"
    done = subprocess.run(
        [*NAME_SPACE, "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", tempfile.gettempdir()],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode == 0:
        return None
    return (
        f"no small disk: users may not have name spaces here ({done.stderr.strip()}); "
        "sysctl kernel.apparmor_restrict_unprivileged_userns=0 allows them on Ubuntu, --privileged in a container"
    )


def start_round(
    *, bench: Bench, strikes: list[Strike], folder: Path, on_small_disk: bool = True
) -> subprocess.Popen[str]:
    """Start to play strikes after each other in one home; `end_round` gives what they did."""
    places = [str(path) for path in (bench.first, bench.landing, folder)]
    (folder / "expected.json").write_text(json.dumps(bench.expected))
    return subprocess.Popen(
        [
            *(NAME_SPACE if on_small_disk else ()), sys.executable, "-m", __spec__.name if __spec__ else __name__,
            "--play", *places, *(["--small"] if on_small_disk else []),
            "--strikes", *(f"{item.fault}:{item.moment}:{item.room}" for item in strikes),
        ],
        cwd=PROJECT_ROOT, env=os.environ | {"PYTHONPATH": str(PROJECT_ROOT)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def end_round(play: subprocess.Popen[str], *, folder: Path) -> list[Told]:
    """Wait for a round and return what each strike did.

    Raises:
        AssertionError: a release was not whole, or the last run did not end like an undisturbed one.
    """
    out, _ = play.communicate()
    assert play.returncode == 0, out
    lines = json.loads((folder / "told.json").read_text())
    return [Told(**line | {"strike": Strike(**line["strike"])}) for line in lines]


def _play(*, bench: Bench, strikes: list[Strike], folder: Path, is_small: bool) -> None:
    """Play a round within the name space."""
    disk, landing = folder / "disk", folder / "landing"
    for place in (disk, landing):
        place.mkdir()
    if is_small:
        _mount("-t", "tmpfs", "-o", f"size={DISK_SIZE},mode=755", "tmpfs", disk)
        shutil.copytree(bench.landing, disk / "landing")
        _mount("--bind", disk / "landing", landing)
        _mount("-o", "remount,bind,ro", landing)
        assert not os.access(landing, os.W_OK)
    else:
        landing = bench.landing
    home = disk / "home"
    shutil.copytree(bench.first, home, symlinks=True)
    told = [_strike(strike, home=home, landing=landing, ballast=disk / "ballast") for strike in strikes]
    if is_small:
        # What is left in the scratch space by a killed run may be all that fills the disk.
        fill_disk(home / "tmp" / "left-by-a-killed-run")
    done = rapport("run", "--landing", landing, "--home", home)
    assert done.code == 0, done.out + done.err
    _demand_whole(home)
    found = tables_of(home)
    different = [table for table in bench.expected if found.get(table) != bench.expected[table]]
    assert different == [], different
    assert _leftovers(home) == []
    (folder / "told.json").write_text(json.dumps([asdict(item) for item in told], ensure_ascii=False))


def _strike(strike: Strike, *, home: Path, landing: Path, ballast: Path) -> Told:
    before = release_of(home)
    command = ["run", "--landing", str(landing), "--home", str(home)]
    if strike.fault == "little_share":
        ballast.touch()
        done = rapport(*command, variables={"RAPPORT_MEMORY_LIMIT": LITTLE_SHARE})
    else:
        done = _run_struck(strike, command=command, ballast=ballast)
    is_struck = ballast.exists()
    ballast.unlink(missing_ok=True)
    _demand_whole(home)
    left = [] if done.code < 0 else _leftovers(home)
    assert left == [], left
    status = rapport("status", "--home", home, "--json")
    assert status.code == 0, status.err
    return Told(
        strike=strike, is_struck=is_struck, code=done.code, out=done.out, err=done.err,
        status=str(status.json()["last_run"]), was_published=release_of(home) != before,
    )  # fmt: skip


def _run_struck(strike: Strike, *, command: list[str], ballast: Path) -> Outcome:
    done = subprocess.run(
        [
            sys.executable, "-m", "tests.pipeline.crashes.struck", strike.fault, "--at", strike.moment,
            "--room", str(strike.room), "--ballast", str(ballast), "--", *command,
        ],
        cwd=PROJECT_ROOT, capture_output=True, text=True, check=False,
        env={k: v for k, v in os.environ.items() if not k.startswith(("RAPPORT_", "DAGSTER_"))},
    )  # fmt: skip
    return Outcome(code=done.returncode, out=done.stdout, err=done.stderr)


def _demand_whole(home: Path) -> None:
    """Readers open a release that is what its manifest says, to the last byte."""
    manifest = json.loads((home / "current" / "manifest.json").read_text(encoding="utf-8"))
    content = (home / "current" / "marts.duckdb").read_bytes()
    assert hashlib.sha256(content).hexdigest() == manifest["file"]["sha256"]
    with published(home) as connection:
        (release,) = connection.execute("select release_id from governance.release").fetchone() or ("",)
    assert release == manifest["release_id"] == release_of(home)


def _leftovers(home: Path) -> list[str]:
    """Half releases, scratch and unfinished files that nobody needs any more."""
    found = [
        *home.glob(".*"),
        *home.glob("*.new"),
        *(home / "releases").glob(".*"),
        *(home / "tmp").iterdir(),
    ]
    return [str(path.relative_to(home)) for path in found if not path.name.startswith("duckdb")]


def _mount(*arguments: str | Path) -> None:
    subprocess.run(["mount", *map(str, arguments)], check=True)


def random_strikes(seed: int) -> list[Strike]:
    """Return a strike or two for a round."""
    chance = random.Random(seed)
    faults = ("full_disk", "kept_full", "full_disk", "kept_full", "no_memory")
    return [
        Strike(
            fault=(fault := chance.choice(faults)),
            moment=chance.choice(list(MOMENTS)),
            room=chance.choice(ROOMS) if fault != "no_memory" else chance.randrange(1 << 20, 1 << 30),
        )
        for _ in range(chance.choice((1, 2)))
    ]


def faults_of(told: Told) -> list[str]:
    """Return what is wrong with how a struck run ended, for a person who reads its last words."""
    words = told.out + told.err
    wrong = ["it printed a traceback"] if "Traceback (most recent" in words else []
    if told.code == 0 and told.was_published:
        return wrong  # what was left sufficed
    if told.strike.fault == "no_memory":
        is_sudden = told.code in {-6, -9, -11, 127}  # libraries abort where they cannot allocate
        return wrong if is_sudden or told.code == 1 else [*wrong, f"its exit code is {told.code}"]
    expected = "The memory does not" if told.strike.fault == "little_share" else "The disk of"
    if told.code != 1:
        wrong.append(f"its exit code is {told.code}")
    if not told.err.startswith(expected):
        wrong.append("it does not say what happened")
    return wrong


def play_all(*, rounds: int, seed: int, report: Path) -> int:
    """Play the rounds that the report does not name; return how many went wrong."""
    lines = report.read_text(encoding="utf-8").splitlines() if report.exists() else []
    known = {json.loads(line)["seed"] for line in lines}
    failed = 0
    with tempfile.TemporaryDirectory(prefix="rapport-faults-") as name:
        bench = prepare(Path(name))
        for number in (number for number in range(seed, seed + rounds) if number not in known):
            folder = Path(name) / f"round-{number}"
            folder.mkdir()
            strikes = random_strikes(number)
            line: dict[str, Any] = {"seed": number, "strikes": [asdict(item) for item in strikes]}
            try:
                told = end_round(start_round(bench=bench, strikes=strikes, folder=folder), folder=folder)
                line["endings"] = [[item.is_struck, item.code, item.was_published, item.err] for item in told]
                line["wrong"] = [fault for item in told for fault in faults_of(item)]
            except AssertionError as error:
                line["wrong"] = [str(error)[-2000:]]
            failed += bool(line["wrong"])
            with report.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(description="Runs on a machine that gives out.")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path, default=Path("faults.jsonl"))
    parser.add_argument("--play", nargs=3, type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--small", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--strikes", nargs="*", type=Strike.parse, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.play:
        first, landing, folder = options.play
        expected = json.loads((folder / "expected.json").read_text())
        bench = Bench(first=first, landing=landing, expected=expected)
        _play(bench=bench, strikes=options.strikes, folder=folder, is_small=options.small)
        return 0
    if fault := name_space_fault():
        sys.exit(fault)
    failed = play_all(rounds=options.rounds, seed=options.seed, report=options.report)
    print(f"{options.rounds} rounds, {failed} went wrong; see {options.report}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
