"""dbt inside this process: one import, one parse, however many builds.

What belongs here: calling dbt and turning its log into what Dagster shows. What does not: which models are
built when (`assets/warehouse.py`) and what dbt is told (`batch.py`).

A build in a process of its own would import dbt and parse the project each time; here the parsed project is read back
from what `ensure_manifest` left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dagster._utils.interrupts import raise_interrupts_as
from dagster_dbt import DagsterDbtTranslator
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from orchestration.dbt_manifest import PARSED_PROJECT_PATH, dbt_folders, dbt_manifest, ensure_manifest

BRIEFLY = ("--no-use-colors", "--log-level-file", "info", "--no-write-json")
"""Without what nobody reads: every statement in the log, the whole manifest and graph once more on disk."""
RESULT_EVENTS = frozenset({"LogSeedResult", "LogModelResult", "LogSnapshotResult", "LogTestResult"})


@dataclass(frozen=True, kw_only=True)
class DbtBuild:
    """How one call of dbt ended.

    Attributes:
        is_successful: whether everything was built and every test passed.
        results: `unique_id`, `status`, `failures` and `message` of all that dbt ran or skipped.
        error: why dbt could not work at all, None if it could.
        events: what dbt's log says of results and errors, one mapping per entry.
    """

    is_successful: bool
    results: list[dict[str, Any]]
    error: str | None
    events: list[dict[str, Any]] = field(repr=False)

    def dagster_events(self, *, context: Any, translator: DagsterDbtTranslator) -> Iterator[Any]:
        """Yield outputs and check results for what was built and tested."""
        manifest = dbt_manifest()
        for event in self.events:
            message = DbtCoreCliEventMessage(raw_event=event, event_history_metadata={})
            yield from message.to_default_asset_events(
                manifest=manifest, dagster_dbt_translator=translator, context=context
            )


def build(*, selection: Sequence[str], variables: str, target: Path) -> DbtBuild:
    """Run `dbt build` on a selection.

    Args:
        selection: dbt's selection arguments.
        variables: dbt's `--vars`, JSON.
        target: folder for what dbt compiles, and for its log.

    Raises:
        KeyboardInterrupt: somebody stopped the run while dbt worked; dbt itself tells it as a failure.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.artifacts.schemas.run import RunExecutionResult
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.events.functions import msg_to_dict

    ensure_manifest()
    events: list[dict[str, Any]] = []
    runner = dbtRunner(
        manifest=Manifest.from_msgpack(PARSED_PROJECT_PATH.read_bytes()),
        callbacks=[lambda message: events.append(msg_to_dict(message)) if _tells(message) else None],
    )
    try:
        # On this error alone dbt stops its queries and waits for its threads.
        with raise_interrupts_as(KeyboardInterrupt):
            done = runner.invoke([*BRIEFLY, "build", *selection, *dbt_folders(target), "--vars", variables])
    finally:
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    if isinstance(done.exception, KeyboardInterrupt):
        raise done.exception
    if not isinstance(done.result, RunExecutionResult):
        error = f"dbt could not start: {done.exception}"
        return DbtBuild(is_successful=False, results=[], error=error, events=events)
    results = [
        {
            "unique_id": found.node.unique_id,
            "status": str(found.status),
            "failures": found.failures,
            "message": found.message,
        }
        for found in done.result.results
    ]
    return DbtBuild(is_successful=done.success, results=results, error=None, events=events)


def _tells(message: Any) -> bool:
    """Whether an entry of dbt's log is a result or an error; thousands of others are not worth keeping."""
    return message.info.name in RESULT_EVENTS or message.info.level == "error"
