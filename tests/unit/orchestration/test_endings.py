"""How a run ends: the error of a stage keeps its exit code, and the home remembers the ending."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from expectations.verdict import GateRefused, Verdict
from orchestration.batch import UnusableInputError
from orchestration.endings import PROMISED, RunFailedError, reason_of
from orchestration.exit_codes import EXIT_CODES, ending_of, shortages_told
from orchestration.last_run import read_last_run, remember
from orchestration.progress import StepFailure
from orchestration.run_lock import hold_run_lock, is_run_lock_held
from orchestration.settings import Settings
from orchestration.status import status

NOTHING_FAILED = Verdict(is_passed=False, missing=["every check of this batch"])


def reason(failures: dict[str, StepFailure], found: Verdict = NOTHING_FAILED) -> BaseException:
    return reason_of(found=found, failures=failures, home=Path())


# A verification and an explanation are no stages of a run.
STAGES = [name for name in EXIT_CODES if name not in {"VerificationFailedError", "NotExplainableError"}]


@pytest.mark.parametrize("name", STAGES)
def test_an_error_of_a_stage_keeps_its_exit_code(name: str) -> None:
    error = reason({"raw__orders": StepFailure(name, "What to do.")})
    assert ending_of(error)[1] == EXIT_CODES[name]
    assert name in PROMISED or isinstance(error, GateRefused)


def test_a_refusing_gate_is_told_before_the_stage_that_it_stopped() -> None:
    found = Verdict(is_passed=False, failed=["orders_stopped"], missing=["other"])
    error = reason({"build": StepFailure("Error", "no message")}, found)
    assert str(error) == "The gate refused the release (failed: orders_stopped)."


@pytest.mark.parametrize("error", ["DagsterExecutionInterruptedError", "KeyboardInterrupt"])
def test_an_interrupted_step_is_an_interrupted_run(error: str) -> None:
    found = reason({"warehouse": StepFailure(error, "")})
    assert ending_of(found) == ("Interrupted.", 130)


def test_any_other_error_is_a_failure_with_its_stage() -> None:
    error = reason({"raw__orders": StepFailure("OSError", "torn cable")})
    assert isinstance(error, RunFailedError)
    assert str(error) == "raw orders: OSError: torn cable"
    assert ending_of(error)[1] == 1


@pytest.mark.parametrize(
    ("said", "kind", "code"),
    [
        ("[Errno 28] No space left on device", "DiskFullError", 1),
        ("dbt: orders: Runtime Error\n  Out of Memory Error: failed to pin block", "MemoryExhaustedError", 1),
        ("Out of Memory Error: failed to offload data, see 'max_temp_directory_size'", "DiskFullError", 1),
        ("[Errno 30] Read-only file system: '/home/x'", "NotWritableError", 2),
    ],
)
def test_a_machine_that_gives_out_is_told_before_the_gates_that_it_stopped(
    said: str, kind: str, code: int
) -> None:
    found = Verdict(is_passed=False, failed=["orders_stopped"])
    error = reason({"warehouse": StepFailure("Failure", said)}, found)
    assert type(error).__name__ == kind
    assert ending_of(error) == (str(error), code)
    assert "warehouse stopped (" in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("said", "free_mib", "kind"),
    [
        ("torn cable", 0, "DiskFullError"),
        ("torn cable", 20, "RunFailedError"),
        ("(sqlite3.OperationalError) disk I/O error", 20, "DiskFullError"),
        ("(sqlite3.OperationalError) unable to open database file", 20, "DiskFullError"),
        ("(sqlite3.OperationalError) disk I/O error", 200, "RunFailedError"),
    ],
)
def test_an_error_on_a_disk_without_room_is_the_full_disk(
    monkeypatch: pytest.MonkeyPatch, said: str, free_mib: int, kind: str
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free_mib << 20))
    error = reason({"raw__orders": StepFailure("OperationalError", said)})
    assert type(error).__name__ == kind


def test_a_sentence_that_was_told_is_not_told_again(tmp_path: Path) -> None:
    told = UnusableInputError("Choose another landing folder.")
    told.__cause__ = PermissionError(13, "Permission denied", "landing")
    with pytest.raises(UnusableInputError, match="Choose another"), shortages_told(tmp_path):
        raise told


def test_an_ending_is_remembered_on_a_full_disk(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    def fail() -> None:
        monkeypatch.setattr("orchestration.last_run.replace_for_good", refuse)
        raise RunFailedError("a stage failed")

    with pytest.raises(RunFailedError), remember(home=settings.home, batch_id="b"):
        fail()
    assert "a stage failed" in status(settings=settings)["last_run"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, landing=tmp_path / "landing")


def test_a_published_run_is_remembered(settings: Settings) -> None:
    with remember(home=settings.home, batch_id="b") as run:
        run.release_id = "r1"
        run.failing_gates = [
            {"gate": "orders_stale", "severity": "warning", "observed": "9", "threshold": "3"}
        ]
    found = status(settings=settings)
    assert found["last_run_exit_code"] == 0
    assert found["last_run"].endswith("exit code 0: published release r1")
    assert [gate["gate"] for gate in found["failing_gates"]] == ["orders_stale"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UnusableInputError("No orders."), 2),
        (GateRefused(failed=["a"], missing=[]), 3),
        (RunFailedError("b"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_every_ending_is_remembered(settings: Settings, error: BaseException, code: int) -> None:
    with pytest.raises(type(error)), remember(home=settings.home, batch_id="b"):
        raise error
    found = status(settings=settings)
    assert found["last_run_exit_code"] == code
    assert found["last_run_ended_at"]
    assert found["last_run_release_id"] is None


def test_a_working_run_is_told_as_such(settings: Settings) -> None:
    with hold_run_lock(settings.lock_path), remember(home=settings.home, batch_id="b") as run:
        assert status(settings=settings)["last_run"].startswith(f"works since {run.started_at}")


def test_a_killed_run_did_not_end(settings: Settings) -> None:
    killed = (
        "import os, signal; from pathlib import Path; from orchestration.last_run import remember; "
        "from orchestration.run_lock import hold_run_lock\n"
        f"home = Path({str(settings.home)!r})\n"
        "with hold_run_lock(home / 'run.lock'), remember(home=home, batch_id='b'):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", killed], check=False).returncode == -9
    run = read_last_run(settings.home)
    assert run is not None
    told = status(settings=settings)["last_run"]
    assert told == f"did not end; it started at {run.started_at} and was killed"
    assert json.loads((settings.home / "last_run.json").read_text())["exit_code"] is None


def test_status_opens_no_warehouse(settings: Settings) -> None:
    settings.warehouse_path.write_bytes(b"whoever opens this fails")
    assert status(settings=settings)["last_run"] is None


def test_asking_for_the_lock_leaves_it_free(settings: Settings) -> None:
    with hold_run_lock(settings.lock_path):
        assert is_run_lock_held(settings.lock_path)
    assert not is_run_lock_held(settings.lock_path)
    with hold_run_lock(settings.lock_path):
        pass
