"""Why a run did not publish, as one error: whoever launched it, the command line or Dagster's interface."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from expectations import verdict
from expectations.verdict import GateRefused
from orchestration.batch import UnusableInputError
from orchestration.exit_codes import EXIT_CODES
from orchestration.landing.profiles import SourceProfileError
from orchestration.last_run import LastRun
from orchestration.progress import StepFailure, stage_name
from orchestration.run_lock import RunInProgressError
from orchestration.settings import Settings, UnusableSettingError
from orchestration.shortages import DiskFullError, MemoryExhaustedError, NotWritableError, shortage_in
from orchestration.warehouse import open_warehouse

if TYPE_CHECKING:
    import dagster as dg

PROMISED = {
    error.__name__: error
    for error in (
        UnusableInputError,
        UnusableSettingError,
        SourceProfileError,
        RunInProgressError,
        DiskFullError,
        MemoryExhaustedError,
        NotWritableError,
    )
}
"""Errors of a stage that keep their exit code (see `exit_codes`); a gate's refusal is told on its own."""
INTERRUPTED = frozenset({"DagsterExecutionInterruptedError", "KeyboardInterrupt"})
"""How Dagster tells that somebody pressed Ctrl-C while a step, or dbt in it, worked."""


class RunFailedError(Exception):
    """A stage failed for another reason than a gate; the last release stands."""


def failures_of(events: Iterable[dg.DagsterEvent]) -> dict[str, StepFailure]:
    """Return why each failed step of a run did, by step."""
    failures = {}
    for event in events:
        if event.event_type_value != "STEP_FAILURE" or event.step_key is None:
            continue
        error = event.step_failure_data.error
        cause = error.cause or error if error else None
        # Dagster writes the error's module and name before its message.
        sentence = cause.message.strip().split(": ", 1)[-1] if cause else "no message"
        failures[event.step_key] = StepFailure(str(cause.cls_name) if cause else "Error", sentence)
    return failures


def shortage_among(failures: Mapping[str, StepFailure], *, home: Path) -> Exception | None:
    """Return what the machine ran out of in the first step that tells of it, None if none does."""
    told = (
        shortage_in(str(failure), home=home, stage=stage_name(step))
        for step, failure in failures.items()
        if failure.error not in EXIT_CODES
    )
    return next((shortage for shortage in told if shortage), None)


def judge(*, settings: Settings, ending: LastRun, failures: Mapping[str, StepFailure]) -> verdict.Verdict:
    """Return what the gates say of a run, and note the failing ones in its ending.

    Where the machine gave out they say nothing: a check fails then whatever the data are.
    """
    if not settings.warehouse_path.exists() or shortage_among(failures, home=settings.home):
        return verdict.Verdict(is_passed=False)
    with open_warehouse(settings) as connection:
        found = verdict.demand(connection=connection, batch_id=ending.batch_id)
        ending.failing_gates = verdict.failing_gates(connection=connection, batch_id=ending.batch_id)
    return found


def reason_of(*, found: verdict.Verdict, failures: Mapping[str, StepFailure], home: Path) -> BaseException:
    """Return why a run did not publish: a machine that gave out, a refusing gate, else the stage that failed."""
    shortage = shortage_among(failures, home=home)
    if shortage:
        return shortage
    was_refused = any(failure.error == GateRefused.__name__ for failure in failures.values())
    if found.failed or was_refused:
        return GateRefused(failed=found.failed, missing=found.missing if was_refused else [])
    for failure in failures.values():
        if failure.error in INTERRUPTED:
            return KeyboardInterrupt()
        if failure.error in PROMISED:
            return PROMISED[failure.error](failure.sentence)
    lines = [f"{stage_name(step)}: {failure}" for step, failure in failures.items()]
    return RunFailedError("; ".join(lines) or "a stage failed without a message")
