"""A folder that cannot be written: said before any work, so that nothing is begun. See `small_disk` for the landing.

Rights count for root, too, once it has given up its capabilities; so the runs here do that.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.commands import PROJECT_ROOT, Outcome, published, release_of
from tests.pipeline.crashes.play import Bench

WITHOUT_CAPABILITIES = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
MAY_READ = 0o555


@pytest.fixture(scope="module")
def home(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose folders are shut one after the other; nothing must change in it."""
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("root may write everywhere, and there is no setpriv to give that up")
    return Path(shutil.copytree(bench.first, tmp_path_factory.mktemp("shut") / "home", symlinks=True))


@pytest.fixture
def shut() -> Iterator[list[Path]]:
    """Folders that are opened again when the test is over."""
    folders: list[Path] = []
    yield folders
    for folder in folders:
        folder.chmod(0o755)


def run_without_capabilities(*arguments: str | Path) -> Outcome:
    """Run a command whose owner is nothing but that."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("RAPPORT_", "DAGSTER_"))}
    done = subprocess.run(
        [
            *(WITHOUT_CAPABILITIES if os.geteuid() == 0 else ()),
            *(sys.executable, "-m", "orchestration", *map(str, arguments)),
        ],
        cwd=PROJECT_ROOT, capture_output=True, text=True, check=False,
        env=environment | {"PYTHONPATH": str(PROJECT_ROOT)},
    )  # fmt: skip
    return Outcome(code=done.returncode, out=done.stdout, err=done.stderr)


@pytest.mark.parametrize("name", [".", "raw", "raw/orders", "quarantine", "releases", "dagster", "tmp"])
def test_a_folder_that_cannot_be_written_is_told_before_any_work(
    name: str, home: Path, bench: Bench, shut: list[Path]
) -> None:
    folder, before = home / name, release_of(home)
    shut.append(folder)
    folder.chmod(MAY_READ)
    outcome = run_without_capabilities("run", "--landing", bench.landing, "--home", home)
    assert outcome.code == 2, outcome.out + outcome.err
    assert outcome.out == ""
    assert f"{folder} cannot be written" in outcome.err
    assert "Traceback" not in outcome.err
    assert release_of(home) == before
    with published(home) as connection:
        assert connection.execute("select release_id from governance.release").fetchone() == (before,)


def test_what_only_looks_needs_no_right_to_write(home: Path, shut: list[Path]) -> None:
    shut.append(home)
    home.chmod(MAY_READ)
    for command in ("status", "releases", "quarantine"):
        outcome = run_without_capabilities(command, "--home", home)
        assert outcome.code == 0, outcome.err
    outcome = run_without_capabilities("rollback", release_of(home), "--home", home)
    assert outcome.code == 2
    assert f"{home} cannot be written" in outcome.err
