"""The only place where assets, checks, jobs and resources are put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from orchestration.assets import ASSETS, CHECKS
from orchestration.backfill import backfill
from orchestration.jobs import daily, landing_sensor, nightly
from orchestration.resources import RunSettings
from orchestration.settings import Settings


def build_defs(
    *, settings: Settings | None = None, loggers: Mapping[str, dg.LoggerDefinition] | None = None
) -> dg.Definitions:
    """Assemble Rapport for Dagster.

    Args:
        settings: of the run; by default from the environment.
        loggers: where the run's log goes; by default to Dagster's own console.
    """
    resources: dict[str, Any] = {"run_settings": RunSettings.of(settings or Settings.from_environment())}
    return dg.Definitions(
        assets=ASSETS,
        asset_checks=CHECKS,
        jobs=[nightly, backfill],
        schedules=[daily],
        sensors=[landing_sensor],
        resources=resources,
        loggers=dict(loggers or {}),
        # A process per step, Dagster's default, would collide with its own run on the home's lock.
        executor=dg.in_process_executor,
    )


defs = build_defs()
