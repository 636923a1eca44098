"""What the assets are handed: the run's settings and the dbt command line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import dagster as dg
from dagster_dbt import DbtCliResource

from orchestration.home import private_home
from orchestration.run_lock import hold_run_lock
from orchestration.settings import DBT_PROJECT_DIR, LOCK_NAME, Settings


class RunSettings(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The settings of one run in a form that Dagster can show and store.

    Attributes mirror `orchestration.settings.Settings`; an empty string means "not given".
    """

    home: str
    landing: str
    profile: str = ""
    as_of: str = ""
    full_refresh: bool = False

    @classmethod
    def of(cls, settings: Settings) -> RunSettings:
        """Wrap settings for a run."""
        return cls(
            home=str(settings.home),
            landing=str(settings.landing),
            profile=settings.profile or "",
            as_of=settings.as_of.isoformat() if settings.as_of else "",
            full_refresh=settings.full_refresh,
        )

    @contextmanager
    def yield_for_execution(
        self,
        context: dg.InitResourceContext,  # noqa: ARG002 - Dagster's signature
    ) -> Iterator[RunSettings]:
        """Hold the home's lock while a run works, and keep what it writes private, whoever launched it.

        Raises:
            RunInProgressError: another process runs in this home.
        """
        home = Path(self.home)
        with private_home(home), hold_run_lock(home / LOCK_NAME):
            yield self

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
        )
        if settings.profile is None:
            return settings
        profile = load_profile(settings.profile)
        return replace(
            settings,
            reporting_time_zone=profile.reporting_time_zone,
            reporting_currency=profile.reporting_currency,
        )


def dbt_resource() -> DbtCliResource:
    """Return the dbt command line of this project."""
    return DbtCliResource(
        project_dir=str(DBT_PROJECT_DIR),
        profiles_dir=str(DBT_PROJECT_DIR),
        dbt_executable=str(Path(sys.executable).with_name("dbt")),
        global_config_flags=["--no-use-colors", "--no-send-anonymous-usage-stats", "--no-version-check"],
    )
