"""Stage kpi: customer value, retention, cohorts and the scorecard, computed in Python from the marts.

What belongs here: reading the few counted rows a figure needs, calling `models/`, writing its table.
What does not: arithmetic (in `models/`) and SQL (in `orchestration/kpi_queries/`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TypeVar

import dagster as dg
import duckdb
import polars as pl

from models.cltv import choose_holdout_days, compute_cltv
from models.cohorts import build_cohort_retention
from models.model_cards import build_unbuilt_cards
from models.retention import build_repeat_purchase, build_rolling_retention
from models.scorecard import build_scorecard, measurement_periods
from models.settings import ModelSettings
from orchestration import kpi_inputs as inputs
from orchestration.batch import resolve_as_of
from orchestration.kpi_outputs import declared_tables, ensure_kpi_tables, write_kpi_table
from orchestration.resources import RunSettings
from orchestration.table_metadata import table_metadata
from orchestration.warehouse import open_warehouse

KPI_KEYS = [dg.AssetKey(["kpi", table]) for table in declared_tables()]
MARTS = [
    dg.AssetKey(["marts", table])
    for table in ("orders", "order_items", "sessions", "tickets", "rfm_scores", "identity_map")
]
Read = TypeVar("Read")
UNFILLED = ("churn_scores", "recommendations")
"""Declared for readers, empty until a model beats its baseline."""


@dataclass(frozen=True)
class Computation:
    """What every figure needs: the warehouse, the last day, the settings in force."""

    connection: duckdb.DuckDBPyConnection
    as_of: date
    model: ModelSettings
    reporting_time_zone: str

    def read(self, query: Callable[..., Read], **parameters: object) -> Read:
        """Read from this warehouse as of this day."""
        return query(connection=self.connection, as_of=self.as_of, **parameters)

    def write(self, table: str, frame: pl.DataFrame) -> dg.MaterializeResult[None]:
        """Replace a table of schema `kpi` and say what stands in it."""
        write_kpi_table(connection=self.connection, table=table, frame=frame)
        shown = table_metadata(connection=self.connection, schema="kpi", table=table)
        return dg.MaterializeResult(asset_key=["kpi", table], metadata=shown)


@contextmanager
def computation(run_settings: RunSettings) -> Iterator[Computation]:
    """Open the warehouse for one figure."""
    settings = run_settings.settings()
    with open_warehouse(settings) as connection:
        as_of = resolve_as_of(connection=connection, settings=settings)
        model = inputs.read_model_settings(connection=connection, as_of=as_of)
        yield Computation(connection, as_of, model, settings.reporting_time_zone)


@dg.multi_asset(
    name="kpi__unfilled_tables",
    specs=[
        dg.AssetSpec(["kpi", t], deps=MARTS, description=declared_tables()[t].description) for t in UNFILLED
    ],
    group_name="kpi",
)
def unfilled_tables(run_settings: RunSettings) -> Iterator[dg.MaterializeResult[None]]:
    """Let the promised tables stand, typed and empty, whose models are not built yet."""
    with open_warehouse(run_settings.settings()) as connection:
        ensure_kpi_tables(connection=connection)
        for table in UNFILLED:
            yield dg.MaterializeResult(
                asset_key=["kpi", table],
                metadata=table_metadata(connection=connection, schema="kpi", table=table),
            )


@dg.multi_asset(
    name="kpi__cltv_scores",
    specs=[
        dg.AssetSpec(["kpi", table], deps=MARTS, description=declared_tables()[table].description)
        for table in ("cltv_scores", "cltv_segments", "model_cards")
    ],
    group_name="kpi",
)
def cltv_scores(run_settings: RunSettings) -> Iterator[dg.MaterializeResult[None]]:
    """Score every buyer's next twelve months; the cards say how far to trust it, and what is not predicted."""
    with computation(run_settings) as run:
        money = run.read(inputs.prepare_purchase_days, settings=run.model)
        known_days = run.read(inputs.read_known_days)
        holdout_days = choose_holdout_days(known_days=known_days, settings=run.model)
        result = compute_cltv(
            histories=run.read(inputs.read_purchase_histories),
            calibration=run.read(inputs.read_calibration_histories, holdout_days=holdout_days),
            members=run.read(inputs.read_segment_members),
            as_of=run.as_of,
            holdout_days=holdout_days,
            settings=run.model,
            money=money,
        )
        yield run.write("cltv_scores", result.scores)
        yield run.write("cltv_segments", result.segments)
        yield run.write("model_cards", pl.concat([result.card, build_unbuilt_cards()]))


@dg.asset(key=["kpi", "cohort_retention"], deps=MARTS, group_name="kpi")
def cohort_retention(run_settings: RunSettings) -> dg.MaterializeResult[None]:
    """Follow each month's new buyers; a month that is not over is NULL, not zero."""
    with computation(run_settings) as run:
        activity = inputs.read_cohort_activity(connection=run.connection, as_of=run.as_of)
        frame = build_cohort_retention(
            activity=activity, as_of=run.as_of, confidence=run.model.confidence_level
        )
        return run.write("cohort_retention", frame)


@dg.asset(key=["kpi", "retention"], deps=MARTS, group_name="kpi")
def retention(run_settings: RunSettings) -> dg.MaterializeResult[None]:
    """Measure repeat purchase and rolling retention, each with its n and interval."""
    with computation(run_settings) as run:
        windows = run.model.repeat_windows_days
        repeats = build_repeat_purchase(
            first_purchases=inputs.read_first_purchases(
                connection=run.connection, as_of=run.as_of, longest_window_days=max(windows)
            ),
            as_of=run.as_of,
            windows_days=windows,
            confidence=run.model.confidence_level,
        )
        rolling = build_rolling_retention(
            activity_gaps=inputs.read_activity_gaps(
                connection=run.connection, as_of=run.as_of, longest_window_days=max(windows)
            ),
            as_of=run.as_of,
            windows_days=windows,
            history_months=run.model.retention_history_months,
            confidence=run.model.confidence_level,
        )
        return run.write("retention", pl.concat([repeats, rolling]))


@dg.asset(key=["kpi", "kpi_scorecard"], deps=[cltv_scores, retention, *MARTS], group_name="kpi")
def kpi_scorecard(run_settings: RunSettings) -> dg.MaterializeResult[None]:
    """Set every target beside its measured value; what the data cannot give is `not measurable`."""
    with computation(run_settings) as run:
        targets = inputs.read_kpi_targets(connection=run.connection, as_of=run.as_of)
        read = partial(
            run.read,
            periods=measurement_periods(targets=targets, as_of=run.as_of),
            reporting_time_zone=run.reporting_time_zone,
        )
        frame = build_scorecard(
            targets=targets,
            measures=read(inputs.read_measures),
            previous_measures=read(inputs.read_previous_measures),
            retention=run.connection.table("kpi.retention").pl(),
            as_of=run.as_of,
        )
        return run.write("kpi_scorecard", frame)


KPI_ASSETS = [unfilled_tables, cltv_scores, cohort_retention, retention, kpi_scorecard]
