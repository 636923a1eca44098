"""The history that a run writes through one open connection is what Dagster reads."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from orchestration.event_log import KeptOpenEventLog, open_instance


@dg.asset
def counted() -> dg.MaterializeResult:  # type: ignore[type-arg]
    """An asset with a figure."""
    return dg.MaterializeResult(metadata={"rows": 3})


@dg.asset_check(asset=counted)
def is_counted() -> dg.AssetCheckResult:
    """A check of it."""
    return dg.AssetCheckResult(passed=True)


def test_another_reader_sees_every_event_of_a_run(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
    job = dg.Definitions(
        assets=[counted], asset_checks=[is_counted], jobs=[dg.define_asset_job("all")]
    ).resolve_job_def("all")
    with open_instance(tmp_path) as instance:
        assert isinstance(instance.event_log_storage, KeptOpenEventLog)
        done = [job.execute_in_process(instance=instance) for _ in range(2)]
    assert all(run.success for run in done)
    with dg.DagsterInstance.from_config(str(tmp_path)) as reader:
        assert not isinstance(reader.event_log_storage, KeptOpenEventLog)
        assert {run.run_id for run in reader.get_runs()} == {run.run_id for run in done}
        for run in done:
            seen = [record.dagster_event_type for record in reader.all_logs(run.run_id)]
            assert [event.event_type for event in run.all_events if event.event_type not in seen] == []
        latest = reader.get_latest_materialization_event(dg.AssetKey("counted"))
        assert latest is not None
        assert latest.run_id == done[-1].run_id
