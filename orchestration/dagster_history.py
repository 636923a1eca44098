"""Dagster's history of a home: written with one connection per file instead of one per event, and not kept for ever.

A nightly run tells Dagster some hundred events. Dagster's own event log opens its SQLite file for each of them and
compiles each statement anew: 9 of the 40 seconds of a small night. The files are the same; whoever else reads them
(`make ui`) uses Dagster's own class.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import sqlalchemy
from dagster._core.storage.dagster_run import FINISHED_STATUSES
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS


class KeptOpenEventLog(SqliteEventLogStorage):
    """Dagster's event log for the one process that writes it during a run."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._engines: dict[str, sqlalchemy.Engine] = {}
        super().__init__(*arguments, **options)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> KeptOpenEventLog:
        """Make one as Dagster's settings ask for it."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        if shard not in self._engines:
            with super()._connect(shard):  # creates the file
                pass
            self._engines[shard] = sqlalchemy.create_engine(
                self.conn_string_for_shard(shard),
                pool_size=1,
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS},
            )
        with self._db_lock, self._engines[shard].begin() as connection:
            yield connection

    def delete_events(self, run_id: str) -> None:
        """Delete all that is known of a run, its results of checks and its file included."""
        super().delete_events(run_id)
        checks = AssetCheckExecutionsTable
        with self.index_connection() as connection:
            connection.execute(checks.delete().where(checks.c.run_id == run_id))
        if run_id in self._engines:
            self._engines.pop(run_id).dispose()
        for path in Path(self._base_dir).glob(f"{run_id}.db*"):
            path.unlink()

    def dispose(self) -> None:
        """Close every file."""
        for engine in self._engines.values():
            engine.dispose()
        super().dispose()


def open_instance(folder: Path) -> dg.DagsterInstance:
    """Open Dagster's instance of a home for the run of this process.

    Args:
        folder: with `dagster.yaml`.
    """
    from dagster._core.instance.ref import InstanceRef

    event_log = {
        "module": __name__,
        "class": KeptOpenEventLog.__name__,
        "config": {"base_dir": str(folder / "history" / "runs")},
    }
    return dg.DagsterInstance.from_ref(
        InstanceRef.from_dir(str(folder), overrides={"event_log_storage": event_log})
    )


def forget_old_runs(instance: dg.DagsterInstance, *, job: str, kept: int) -> None:
    """Delete what ended long ago; a night leaves 4 MB. Other jobs' runs stay: a backfill's say which days are in.

    Args:
        instance: of the home, from `open_instance`.
        job: whose runs.
        kept: how many of its runs stay, the newest.
    """
    ended = dg.RunsFilter(job_name=job, statuses=list(FINISHED_STATUSES))
    for run_id in instance.get_run_ids(ended)[kept:]:
        instance.delete_run(run_id)
