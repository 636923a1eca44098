"""What the assets are handed: the run's settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import dagster as dg

from orchestration.endings import failures_of, judge, reason_of
from orchestration.exit_codes import ending_of
from orchestration.home import clear_scratch, private_home
from orchestration.last_run import LastRun, read_last_run, remember
from orchestration.release.registry import current_release
from orchestration.run_lock import hold_run_lock
from orchestration.settings import Settings


class RunSettings(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The settings of one run in a form that Dagster can show and store.

    Attributes mirror `orchestration.settings.Settings`; an empty string means "not given".
    """

    home: str
    landing: str
    profile: str = ""
    as_of: str = ""
    full_refresh: bool = False
    from_raw: bool = False

    @classmethod
    def of(cls, settings: Settings) -> RunSettings:
        """Wrap settings for a run."""
        return cls(
            home=str(settings.home),
            landing=str(settings.landing),
            profile=settings.profile or "",
            as_of=settings.as_of.isoformat() if settings.as_of else "",
            full_refresh=settings.full_refresh,
            from_raw=settings.from_raw,
        )

    @contextmanager
    def yield_for_execution(
        self,
        context: dg.InitResourceContext,
    ) -> Iterator[RunSettings]:
        """Hold the home's lock while a run works, keep what it writes private, and remember how it ended.

        Scratch is cleared here for the runs that Dagster launches; the command line has done it. Should each step have
        a process, each clears when no other works: the lock shuts them out, and no step leaves scratch to the next.

        Raises:
            RunInProgressError: another process runs in this home.
        """
        place = Settings(home=Path(self.home), landing=Path(self.landing))
        home = place.home
        with private_home(home), hold_run_lock(place.lock_path):
            clear_scratch(place.temp_dir)
            batch_id, last = context.run.run_id if context.run else None, read_last_run(home)
            if batch_id is None or (last and last.batch_id == batch_id):
                yield self  # the command line remembers its own runs
                return
            with remember(home=home, batch_id=batch_id) as ending:
                yield self
                self._conclude(context, ending)

    def _conclude(self, context: dg.InitResourceContext, ending: LastRun) -> None:
        """Note the gates of a run that Dagster launched, and its release or its failure."""
        settings = Settings.from_environment(home=Path(self.home), landing=Path(self.landing))
        records = context.instance.all_logs(ending.batch_id) if context.instance else []
        failures = failures_of(record.dagster_event for record in records if record.dagster_event)
        found = judge(settings=settings, ending=ending, failures=failures)
        if failures:
            reason = reason_of(found=found, failures=failures, home=settings.home)
            ending.sentence, ending.exit_code = ending_of(reason)
            return
        release = current_release(settings=settings)
        if release and release.batch_id == ending.batch_id:
            ending.release_id = release.release_id

    def settings(self) -> Settings:
        """Unwrap; limits, currency and time zone come from the environment and the source profile.

        Raises:
            SourceProfileError: the profile is unknown or its file is not valid.
        """
        from dataclasses import replace

        from orchestration.landing.profiles import load_profile

        settings = replace(
            Settings.from_environment(home=Path(self.home), landing=Path(self.landing)),
            profile=self.profile or None,
            as_of=date.fromisoformat(self.as_of) if self.as_of else None,
            full_refresh=self.full_refresh,
            from_raw=self.from_raw,
        )
        if settings.profile is None:
            return settings
        profile = load_profile(settings.profile)
        return replace(
            settings,
            reporting_time_zone=profile.reporting_time_zone,
            reporting_currency=profile.reporting_currency,
        )
