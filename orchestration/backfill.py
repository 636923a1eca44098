"""History taken in a day at a time: Dagster's daily partitions of the raw layer.

A backfill launches a run per day, shows which days are done, and goes on where it was stopped. It only takes in; the
next nightly run builds and publishes. The raw assets themselves have no partitions: a nightly run takes in whatever is
new, of whatever day, so that nobody who materializes them has to choose one.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import dagster as dg

from orchestration.batch import UnusableInputError
from orchestration.home_source import bind_home
from orchestration.landing.arrival_days import arrival_day
from orchestration.landing.arrivals import landing_files
from orchestration.landing.ingest import ingest_extract
from orchestration.progress import in_pauses
from orchestration.resources import RunSettings
from orchestration.settings import Settings

_SETTINGS = Settings.from_environment()
DAYS = dg.DailyPartitionsDefinition(
    start_date=_SETTINGS.first_day.isoformat(),
    end_offset=1,  # today has begun
    timezone=_SETTINGS.reporting_time_zone,
)


@dg.op(out=dg.Out(dg.Nothing))
def take_in_day(
    context: dg.OpExecutionContext, run_settings: RunSettings
) -> Iterator[dg.AssetMaterialization]:
    """Take in the files of one day, of all extracts; a day without files is done at once.

    Raises:
        UnusableInputError: a source profile is set; it translates an export as a whole.
    """
    settings = run_settings.settings()
    if settings.profile:
        raise UnusableInputError(
            f"The source profile {settings.profile} translates its export as a whole; run `rapport run` instead."
        )
    bind_home(settings)
    day = date.fromisoformat(context.partition_key)
    for extract, files in landing_files(settings=settings).items():
        of_day = {path for path in files if _day_of(path, settings) == day}
        if of_day:
            receipts = ingest_extract(
                extract=extract,
                files=files,
                only=of_day,
                settings=settings,
                on_progress=in_pauses(context.log.info),
            )
            counts = {
                name: sum(getattr(item, name) for item in receipts)
                for name in ("rows_read", "rows_accepted", "rows_quarantined", "rows_duplicate")
            }
            yield dg.AssetMaterialization(
                asset_key=["raw", extract], metadata={"day": day.isoformat(), "files": len(of_day), **counts}
            )


def _day_of(path: Path, settings: Settings) -> date:
    return arrival_day(path, root=settings.landing, time_zone=settings.reporting_time_zone)


@dg.job(
    partitions_def=DAYS,
    executor_def=dg.in_process_executor,
    description="Take in the landing folder's files a day at a time: by the day in their name, else by their clock.",
)
def backfill() -> None:
    """One day of the raw layer."""
    take_in_day()
