"""Stage kpi: customer value, churn, retention, cohorts and the scorecard, computed in Python from the marts.

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

from models.churn import ChurnResult, compute_churn
from models.churn_cuts import churn_cuts
from models.cltv import CltvResult, choose_holdout_days, compute_cltv
from models.cohorts import STEPS, build_cohort_means, build_cohort_retention
from models.festivals import build_festival_comparison
from models.model_cards import build_unbuilt_cards
from models.scorecard import build_scorecard, measurement_periods
from models.settings import ModelSettings
from orchestration import kpi_inputs as inputs
from orchestration.batch import resolve_as_of
from orchestration.kpi_outputs import declared_tables, ensure_kpi_tables, write_kpi_table
from orchestration.kpi_retention import measure_retention
from orchestration.resources import RunSettings
from orchestration.table_metadata import table_metadata
from orchestration.warehouse import open_warehouse

KPI_KEYS = [dg.AssetKey(["kpi", table]) for table in declared_tables()]
MARTS = [
    dg.AssetKey(["marts", table])
    for table in ("orders", "order_items", "sessions", "tickets", "rfm_scores", "identity_map")
]
Read = TypeVar("Read")
UNFILLED = ("recommendations",)
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
    name="kpi__predictions",
    specs=[
        dg.AssetSpec(["kpi", table], deps=MARTS, description=declared_tables()[table].description)
        for table in ("cltv_scores", "cltv_segments", "churn_scores", "model_cards")
    ],
    group_name="kpi",
)
def predictions(run_settings: RunSettings) -> Iterator[dg.MaterializeResult[None]]:
    """Score what customers will spend and who will leave; the cards say how far to trust it."""
    with computation(run_settings) as run:
        cltv = _foretell_value(run)
        yield run.write("cltv_scores", cltv.scores)
        yield run.write("cltv_segments", cltv.segments)
        churn = _foretell_churn(run)
        yield run.write("churn_scores", churn.scores)
        yield run.write("model_cards", pl.concat([cltv.card, churn.card, build_unbuilt_cards()]))


def _foretell_value(run: Computation) -> CltvResult:
    return compute_cltv(
        histories=inputs.read_purchase_histories(connection=run.connection, as_of=run.as_of),
        calibration=inputs.read_calibration_histories(
            connection=run.connection, as_of=run.as_of, holdout_days=run.model.cltv_holdout_days
        ),
        as_of=run.as_of,
        settings=run.model,
    )


def _foretell_churn(run: Computation) -> ChurnResult:
    settings = inputs.read_churn_settings(connection=run.connection, as_of=run.as_of)
    earlier, later = churn_cuts(as_of=run.as_of, settings=settings)
    read = partial(
        inputs.read_churn_cut,
        connection=run.connection,
        reporting_time_zone=run.reporting_time_zone,
        settings=settings,
    )
    return compute_churn(
        earlier=read(cut_date=earlier),
        later=read(cut_date=later),
        current=inputs.read_churn_customers(
            connection=run.connection,
            cut_date=run.as_of,
            reporting_time_zone=run.reporting_time_zone,
            settings=settings,
        ),
        as_of=run.as_of,
        settings=settings,
        purchase_settings=run.model,
    )


@dg.multi_asset(
    name="kpi__cohort_retention",
    specs=[
        dg.AssetSpec(["kpi", table], deps=MARTS, description=declared_tables()[table].description)
        for table in ("cohort_retention", "cohort_retention_weekly", "cohort_means")
    ],
    group_name="kpi",
)
def cohort_retention(run_settings: RunSettings) -> Iterator[dg.MaterializeResult[None]]:
    """Follow each month's and each week's new buyers; a period that is not over is NULL, not zero."""
    with computation(run_settings) as run:
        confidence = run.model.confidence_level
        cohorts = {
            grain: build_cohort_retention(
                activity=run.read(inputs.read_cohort_activity, grain=grain),
                as_of=run.as_of,
                confidence=confidence,
                grain=grain,
            )
            for grain in STEPS
        }
        yield run.write("cohort_retention", cohorts["month"])
        yield run.write("cohort_retention_weekly", cohorts["week"])
        yield run.write("cohort_means", build_cohort_means(cohorts=cohorts, confidence=confidence))


@dg.multi_asset(
    name="kpi__retention",
    specs=[
        dg.AssetSpec(["kpi", table], deps=MARTS, description=declared_tables()[table].description)
        for table in ("retention", "retention_before_after")
    ],
    group_name="kpi",
)
def retention(run_settings: RunSettings) -> Iterator[dg.MaterializeResult[None]]:
    """Measure repeat purchase and retention, also around the day on which the CRM began."""
    with computation(run_settings) as run:
        measured = measure_retention(connection=run.connection, as_of=run.as_of, settings=run.model)
        yield run.write("retention", measured.retention)
        yield run.write("retention_before_after", measured.before_after)


@dg.asset(key=["kpi", "festival_comparison"], deps=MARTS, group_name="kpi")
def festival_comparison(run_settings: RunSettings) -> dg.MaterializeResult[None]:
    """Set each day of a festival beside the same day of the year before, counted from the anchor day."""
    with computation(run_settings) as run:
        frame = build_festival_comparison(
            daily_sales=run.read(inputs.read_daily_sales),
            festivals=run.read(inputs.read_festivals),
            as_of=run.as_of,
            days_after=run.model.festival_days_after,
        )
        return run.write("festival_comparison", frame)


@dg.asset(key=["kpi", "kpi_scorecard"], deps=[predictions, retention, *MARTS], group_name="kpi")
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


KPI_ASSETS = [
    unfilled_tables,
    predictions,
    cohort_retention,
    retention,
    festival_comparison,
    kpi_scorecard,
]
