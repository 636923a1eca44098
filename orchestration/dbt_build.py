"""dbt inside this process: one import, one parse, however many builds.

What belongs here: calling dbt and turning its log into what Dagster shows. What does not: which models are
built when (`assets/warehouse.py`) and what dbt is told (`batch.py`).

A build in a process of its own would import dbt (4 s) and parse the project (10 s) each time; here the parsed
project is read back from what `ensure_manifest` left (0.3 s).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dagster_dbt import DagsterDbtTranslator
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from orchestration.dbt_manifest import PARSED_PROJECT_PATH, dbt_manifest, ensure_manifest
from orchestration.settings import DBT_PROJECT_DIR

RUN_RESULTS = "run_results.json"
QUIETLY = ("--no-use-colors", "--log-level-file", "info")
"""dbt's debug log holds every statement; writing it takes as long as running the statements of a small shop."""
RESULT_EVENTS = frozenset({"LogSeedResult", "LogModelResult", "LogSnapshotResult", "LogTestResult"})


@dataclass(frozen=True, kw_only=True)
class DbtBuild:
    """How one call of dbt ended.

    Attributes:
        is_successful: whether everything was built and every test passed.
        results_path: dbt's `run_results.json`.
        error: why dbt could not work at all, None if it could.
        events: what dbt's log says of results and errors, one mapping per entry.
    """

    is_successful: bool
    results_path: Path
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
        target: folder for dbt's results and log.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.events.functions import msg_to_dict

    ensure_manifest()
    results_path = target / RUN_RESULTS
    results_path.unlink(missing_ok=True)  # the last call's results must not be taken for this one's
    events: list[dict[str, Any]] = []
    runner = dbtRunner(
        manifest=Manifest.from_msgpack(PARSED_PROJECT_PATH.read_bytes()),
        callbacks=[lambda message: events.append(msg_to_dict(message)) if _tells(message) else None],
    )
    folders = {
        "--project-dir": DBT_PROJECT_DIR,
        "--profiles-dir": DBT_PROJECT_DIR,
        "--target-path": target,
        "--log-path": target,
    }
    placed = [text for option, folder in folders.items() for text in (option, str(folder))]
    try:
        done = runner.invoke([*QUIETLY, "build", *selection, *placed, "--vars", variables])
    finally:
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    error = None if results_path.exists() else f"dbt could not start: {done.exception}"
    return DbtBuild(is_successful=done.success, results_path=results_path, error=error, events=events)


def _tells(message: Any) -> bool:
    """Whether an entry of dbt's log is a result or an error; thousands of others are not worth keeping."""
    return message.info.name in RESULT_EVENTS or message.info.level == "error"
