"""Stage kpi: predictions, retention, cohorts, effects and the scorecard, computed in Python from the marts.

What belongs here: reading the few counted rows a figure needs, calling `models/`, writing its table.
What does not: arithmetic (in `models/`) and SQL (in `orchestration/kpi/queries/`).
"""

from collections.abc import Iterator
from functools import partial

import dagster as dg
import polars as pl

from models.effects.campaign_effects import build_campaign_effects
from models.effects.festival_effects import build_festival_effects
from models.effects.festivals import build_festival_comparison
from models.retention.cohorts import STEPS, build_cohort_means, build_cohort_retention
from models.scorecard.kpi_months import build_kpi_monthly, history_start
from models.scorecard.kpi_settings import KpiSettings
from models.scorecard.scorecard import build_scorecard, measurement_periods
from orchestration.kpi import inputs, measures
from orchestration.kpi.churn import foretell_churn
from orchestration.kpi.computation import computation
from orchestration.kpi.next_orders import foretell_next_orders
from orchestration.kpi.outputs import declared_tables
from orchestration.kpi.recommendations import foretell_recommendations
from orchestration.kpi.retention import measure_retention
from orchestration.kpi.value import foretell_value
from orchestration.resources import RunSettings

MARTS = [
    dg.AssetKey(["marts", table])
    for table in (
        "orders",
        "order_items",
        "sessions",
        "tickets",
        "rfm_scores",
        "rfm_tier_history",
        "identity_map",
    )
]
PREDICTIONS = (foretell_value, foretell_churn, foretell_next_orders, foretell_recommendations)
PREDICTED = (
    "cltv_scores",
    "cltv_segments",
    "churn_scores",
    "next_orders",
    "recommendations",
)


@dg.multi_asset(
    name="kpi__predictions",
    specs=[
        dg.AssetSpec(["kpi", table], deps=MARTS, description=declared_tables()[table].description)
        for table in (*PREDICTED, "prediction_deciles", "model_cards")
    ],
    group_name="kpi",
)
def predictions(run_settings: RunSettings) -> Iterator[dg.MaterializeResult[None]]:
    """Foretell what customers will do; the cards say how far to trust it."""
    cards, deciles = [], []
    with computation(run_settings) as run:
        for foretell in PREDICTIONS:
            prediction = foretell(run)
            cards.append(prediction.card)
            deciles.append(prediction.deciles)
            for table, frame in prediction.tables.items():
                yield run.write(table, frame)
        yield run.write("prediction_deciles", pl.concat(deciles))
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


@dg.multi_asset(
    name="kpi__festivals",
    specs=[
        dg.AssetSpec(["kpi", table], deps=MARTS, description=declared_tables()[table].description)
        for table in ("festival_comparison", "festival_effects")
    ],
    group_name="kpi",
)
def festivals(run_settings: RunSettings) -> Iterator[dg.MaterializeResult[None]]:
    """Set each day of a festival beside the same day of the year before, and beside ordinary days."""
    with computation(run_settings) as run:
        daily_sales, calendar = run.read(inputs.read_daily_sales), run.read(inputs.read_festivals)
        comparison = build_festival_comparison(
            daily_sales=daily_sales,
            festivals=calendar,
            as_of=run.as_of,
            days_after=run.model.festival_days_after,
        )
        yield run.write("festival_comparison", comparison)
        effects = build_festival_effects(
            daily_sales=daily_sales, festivals=calendar, as_of=run.as_of, settings=run.model
        )
        yield run.write("festival_effects", effects)


@dg.asset(key=["kpi", "campaign_effects"], deps=MARTS, group_name="kpi")
def campaign_effects(run_settings: RunSettings) -> dg.MaterializeResult[None]:
    """Compare what receivers of a campaign's variants ordered after it."""
    with computation(run_settings) as run:
        groups = run.read(
            inputs.read_campaign_groups,
            reporting_time_zone=run.reporting_time_zone,
            effect_days=run.model.campaign_effect_days,
        )
        effects = build_campaign_effects(groups=groups, confidence=run.model.confidence_level)
        return run.write("campaign_effects", effects)


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
            measures=read(measures.read_measures),
            previous_measures=read(measures.read_previous_measures),
            retention=run.connection.table("kpi.retention").pl(),
            model_cards=run.connection.table("kpi.model_cards").pl(),
            as_of=run.as_of,
        )
        return run.write("kpi_scorecard", frame)


@dg.asset(key=["kpi", "kpi_monthly"], deps=MARTS, group_name="kpi")
def kpi_monthly(run_settings: RunSettings) -> dg.MaterializeResult[None]:
    """Follow the trends month by month and tier; a month that is not over is NULL."""
    with computation(run_settings) as run:
        first_month = history_start(
            observed_from=inputs.read_first_order_date(connection=run.connection),
            as_of=run.as_of,
            months=run.settings(KpiSettings).kpi_history_months,
        )
        frame = build_kpi_monthly(
            counted=run.read(
                measures.read_monthly_counts,
                first_month=first_month or run.as_of,
                reporting_time_zone=run.reporting_time_zone,
            ),
            kpis=measures.MONTHLY,
            first_month=first_month,
            as_of=run.as_of,
        )
        return run.write("kpi_monthly", frame)


KPI_ASSETS = [
    predictions,
    cohort_retention,
    retention,
    festivals,
    campaign_effects,
    kpi_scorecard,
    kpi_monthly,
]
