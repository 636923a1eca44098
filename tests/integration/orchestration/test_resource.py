"""What a run that Dagster launches, and not the command line, leaves in the home."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import pytest

from orchestration.batch import UnusableInputError
from orchestration.last_run import LastRun, read_last_run

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import dagster as dg

    from orchestration.resources import RunSettings


@dg.op
def works(run_settings: RunSettings) -> None:
    (Path(run_settings.home) / "raw").mkdir()


@dg.op
def finds_scratch(run_settings: RunSettings) -> None:
    found = sorted(path.name for path in run_settings.settings().temp_dir.iterdir())
    raise UnusableInputError(f"Scratch holds {', '.join(found)}.")


@dg.op
def refuses(run_settings: RunSettings) -> None:
    raise UnusableInputError(f"Nothing lies in {Path(run_settings.landing).name}.")


@dg.job(executor_def=dg.in_process_executor)
def working_job() -> None:
    works()


@dg.job(executor_def=dg.in_process_executor)
def looking_job() -> None:
    finds_scratch()


@dg.job(executor_def=dg.in_process_executor)
def refusing_job() -> None:
    refuses()


@pytest.fixture(autouse=True)
def open_umask() -> Any:
    before = os.umask(0o022)
    yield
    os.umask(before)


def run(job: dg.JobDefinition, home: Path) -> LastRun:
    resources = {"run_settings": RunSettings(home=str(home), landing=str(home / "landing"))}
    with dg.DagsterInstance.ephemeral() as instance:
        job.execute_in_process(instance=instance, raise_on_error=False, resources=resources)
    found = read_last_run(home)
    assert found is not None
    return found


def test_a_run_is_remembered_and_its_files_are_private(tmp_path: Path) -> None:
    ending = run(working_job, tmp_path)
    assert (ending.exit_code, ending.sentence) == (0, "published nothing")
    assert (tmp_path / "raw").stat().st_mode & 0o777 == 0o700


def test_a_run_begins_without_the_scratch_of_those_that_died(tmp_path: Path) -> None:
    for name in ("ingest-1", "release-2", "shop-3", "duckdb_temp_storage-0", "verify-4"):
        (tmp_path / "tmp" / name).mkdir(parents=True)
        (tmp_path / "tmp" / name / "half.parquet").touch()
    (tmp_path / "tmp" / "spilled").touch()
    assert run(looking_job, tmp_path).sentence == "Scratch holds verify-4."


def test_a_failed_run_is_remembered_with_its_sentence(tmp_path: Path) -> None:
    ending = run(refusing_job, tmp_path)
    assert (ending.exit_code, ending.sentence) == (2, "Nothing lies in landing.")
    assert ending.ended_at
