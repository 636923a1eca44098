"""The history that a run writes through one open connection is what Dagster reads."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest

from orchestration.dagster_history import KeptOpenEventLog, forget_old_runs, open_instance


@dg.asset
def counted() -> dg.MaterializeResult:  # type: ignore[type-arg]
    """An asset with a figure."""
    return dg.MaterializeResult(metadata={"rows": 3})


@dg.asset_check(asset=counted)
def is_counted() -> dg.AssetCheckResult:
    """A check of it."""
    return dg.AssetCheckResult(passed=True)


def job(name: str) -> dg.JobDefinition:
    definitions = dg.Definitions(
        assets=[counted], asset_checks=[is_counted], jobs=[dg.define_asset_job(name)]
    )
    return definitions.resolve_job_def(name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with settings, as `make ui` leaves it."""
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
    return tmp_path


def test_another_reader_sees_every_event_of_a_run(folder: Path) -> None:
    with open_instance(folder) as instance:
        assert isinstance(instance.event_log_storage, KeptOpenEventLog)
        done = [job("nightly").execute_in_process(instance=instance) for _ in range(2)]
    assert all(run.success for run in done)
    with dg.DagsterInstance.from_config(str(folder)) as reader:
        assert not isinstance(reader.event_log_storage, KeptOpenEventLog)
        assert {run.run_id for run in reader.get_runs()} == {run.run_id for run in done}
        for run in done:
            seen = [record.dagster_event_type for record in reader.all_logs(run.run_id)]
            assert [event.event_type for event in run.all_events if event.event_type not in seen] == []
        latest = reader.get_latest_materialization_event(dg.AssetKey("counted"))
        assert latest is not None
        assert latest.run_id == done[-1].run_id


def test_old_nights_go_with_all_that_is_known_of_them(folder: Path) -> None:
    with open_instance(folder) as instance:
        backfill = job("backfill").execute_in_process(instance=instance).run_id
        nights = [job("nightly").execute_in_process(instance=instance).run_id for _ in range(3)]
        forget_old_runs(instance, job="nightly", kept=2)
    index = folder / "history" / "runs" / "index.db"
    assert list(index.parent.glob(f"{nights[0]}*")) == []
    assert len(list(index.parent.glob(f"{nights[1]}*"))) > 0
    with dg.DagsterInstance.from_config(str(folder)) as reader:
        assert {run.run_id for run in reader.get_runs()} == {backfill, *nights[1:]}
        assert reader.all_logs(nights[0]) == []
        assert len(reader.all_logs(nights[1])) > 0
    with closing(sqlite3.connect(index)) as connection:
        for table in ("event_logs", "asset_check_executions"):
            rows = connection.execute(f"select distinct run_id from {table}").fetchall()
            assert {run_id for (run_id,) in rows} == {backfill, *nights[1:]}, table
