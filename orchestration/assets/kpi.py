"""Stage kpi: customer value, churn, recommendations, retention, cohorts and the scorecard, computed in Python from the marts.

What belongs here: reading the few counted rows a figure needs, calling `models/`, writing its table.
What does not: arithmetic (in `models/`) and SQL (in `orchestration/kpi/queries/`).
"""

from collections.abc import Iterator
from functools import partial

import dagster as dg
import polars as pl

from models.cohorts import STEPS, build_cohort_means, build_cohort_retention
from models.festivals import build_festival_comparison
from models.model_cards import build_unbuilt_cards
from models.scorecard import build_scorecard, measurement_periods
from orchestration.kpi import inputs
from orchestration.kpi.churn import foretell_churn
from orchestration.kpi.computation import computation
from orchestration.kpi.outputs import declared_tables, ensure_kpi_tables
from orchestration.kpi.recommendations import foretell_recommendations
from orchestration.kpi.retention import measure_retention
from orchestration.kpi.value import foretell_value
from orchestration.resources import RunSettings

KPI_KEYS = [dg.AssetKey(["kpi", table]) for table in declared_tables()]
MARTS = [
    dg.AssetKey(["marts", table])
    for table in ("orders", "order_items", "sessions", "tickets", "rfm_scores", "identity_map")
]
PREDICTIONS = (foretell_value, foretell_churn, foretell_recommendations)
PREDICTED = ("cltv_scores", "cltv_segments", "churn_scores", "recommendations")


@dg.multi_asset(
    name="kpi__predictions",
    specs=[
        dg.AssetSpec(["kpi", table], deps=MARTS, description=declared_tables()[table].description)
        for table in (*PREDICTED, "model_cards")
    ],
    group_name="kpi",
)
def predictions(run_settings: RunSettings) -> Iterator[dg.MaterializeResult[None]]:
    """Foretell what customers will do; the cards say how far to trust it."""
    cards = [build_unbuilt_cards()]
    with computation(run_settings) as run:
        # dbt's serving call waits for these tables alone, and tests every declared one: all must stand, typed.
        ensure_kpi_tables(connection=run.connection)
        for foretell in PREDICTIONS:
            prediction = foretell(run)
            cards.append(prediction.card)
            for table, frame in prediction.tables.items():
                yield run.write(table, frame)
        yield run.write("model_cards", pl.concat(cards))


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
    predictions,
    cohort_retention,
    retention,
    festival_comparison,
    kpi_scorecard,
]
