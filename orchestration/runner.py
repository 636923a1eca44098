"""One run from the command line: checks what it was given, lets Dagster work, says how it ended."""

from __future__ import annotations

import logging
import os
import uuid
import warnings
from contextlib import redirect_stderr, redirect_stdout
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console

from orchestration.batch import UnusableInputError
from orchestration.disk import replace_for_good
from orchestration.endings import failures_of, judge, reason_of
from orchestration.exit_codes import shortages_told
from orchestration.home import clear_scratch, private_home
from orchestration.home_source import demand_same_source, source_of
from orchestration.landing.arrivals import landing_files
from orchestration.last_run import LastRun, remember
from orchestration.progress import RunProgress
from orchestration.run_lock import hold_run_lock
from orchestration.settings import EXTRACTS, Settings

LOG_NAME = "run.log"
"""What dbt and libraries said during the last run; private, like the rest of the home."""
DAGSTER_SETTINGS = Path(__file__).with_name("dagster.yaml")


def run(*, settings: Settings, console: Console) -> dict[str, Any]:
    """Take in what is new, build, gate and publish.

    Args:
        settings: of this run.
        console: where progress goes.

    Returns:
        The summary of the release, see `orchestration.summary.release_summary`.

    Raises:
        UnusableInputError: there is nothing to run on, or the home is another shop's.
        UnusableSettingError: a setting cannot be meant.
        SourceProfileError: the profile does not fit the export.
        RunInProgressError: another run holds the lock.
        GateRefused: a critical gate failed or was not evaluated; nothing was published.
        RunFailedError: a stage failed.
        DiskFullError, MemoryExhaustedError, NotWritableError: the machine gave out.
    """
    with private_home(settings.home), hold_run_lock(settings.lock_path):
        # Before anything is written: what a killed run left may be all that fills the disk.
        clear_scratch(settings.temp_dir)
        with remember(home=settings.home, batch_id=str(uuid.uuid4())) as ending:
            return _run(settings=settings, console=console, ending=ending)


def _run(*, settings: Settings, console: Console, ending: LastRun) -> dict[str, Any]:
    _demand_usable_input(settings)
    for folder in _unknown_folders(settings):
        console.print(f"! {folder.name}/ in the landing folder is no extract and is not read")
    progress = RunProgress(console)
    try:
        with shortages_told(settings.home, stage=progress.stage):
            succeeded = build_release(settings=settings, progress=progress, batch_id=ending.batch_id)
    finally:
        progress.close()
    found = judge(settings=settings, ending=ending, failures=progress.failures)
    if not succeeded:
        raise reason_of(found=found, failures=progress.failures, home=settings.home)
    from orchestration.summary import release_summary

    summary = release_summary(settings=settings, seconds=progress.seconds)
    ending.release_id = summary["release_id"]
    return summary


def _demand_usable_input(settings: Settings) -> None:
    if not settings.landing.is_dir():
        fault = "is a file" if settings.landing.exists() else "does not exist"
        raise UnusableInputError(
            f"The landing folder {settings.landing} {fault}. Create it with a folder per extract "
            "(orders/, registrations/, …), or name another with --landing."
        )
    if settings.as_of and settings.as_of > date.today():
        raise UnusableInputError(f"--as-of {settings.as_of} lies in the future; choose a day that is over.")
    demand_same_source(source=source_of(settings), settings=settings)
    if settings.profile:
        return
    has_raw_orders = any((settings.raw_dir / "orders").glob("*.parquet"))
    if not has_raw_orders and not landing_files(settings=settings).get("orders"):
        raise UnusableInputError(
            f"No orders below {settings.landing / 'orders'}. Put files there, or say which foreign "
            "export this is with --source (see orchestration/sources/README.md)."
        )


def _unknown_folders(settings: Settings) -> list[Path]:
    """Return folders of a native landing folder that name no extract: perhaps a slip such as `order/`."""
    if settings.profile:
        return []
    return sorted(
        path
        for path in settings.landing.iterdir()
        if path.is_dir() and path.name not in EXTRACTS and not path.name.startswith((".", "_"))
    )


def build_release(*, settings: Settings, progress: RunProgress, batch_id: str) -> bool:
    """Run the nightly job in this process; the home keeps Dagster's history for `make ui`.

    Args:
        settings: of the run; its lock is held, and its home is prepared.
        progress: told what happens, and why it failed.
        batch_id: name of the run.

    Returns:
        Whether everything succeeded and a release was published.
    """
    instance_dir = _prepare_dagster_home(settings.home / "dagster")
    import dagster as dg

    logging.raiseExceptions = False  # a log that has no room on the disk says nothing; the run does
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    warnings.filterwarnings("ignore", category=dg.PreviewWarning)
    from orchestration.dagster_history import forget_old_runs, open_instance
    from orchestration.definitions import build_defs
    from orchestration.jobs import NIGHTLY

    logger = logging.getLogger(f"rapport.run.{batch_id}")
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    logger.addHandler(progress)

    progress_logger = dg.LoggerDefinition(
        lambda _: logger, description="Progress for a person at a terminal."
    )
    definitions = build_defs(settings=settings, loggers={"progress": progress_logger})
    with (
        (settings.home / LOG_NAME).open("w") as log,
        redirect_stdout(log),
        redirect_stderr(log),
        open_instance(instance_dir) as instance,
    ):
        result = definitions.resolve_job_def(NIGHTLY).execute_in_process(
            instance=instance, run_id=batch_id, raise_on_error=False, run_config={"loggers": {"progress": {}}}
        )
        progress.failures |= failures_of(result.all_events)
        forget_old_runs(instance, job=NIGHTLY, kept=settings.kept_runs)
        return result.success


def _prepare_dagster_home(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "dagster.yaml"
    if not config.exists():
        replace_for_good(config, DAGSTER_SETTINGS.read_bytes())
    os.environ["DAGSTER_HOME"] = str(folder)
    return folder
