"""Churn of a warehouse: the customers at two cuts and today, each as they were known on that day.

Belongs here: the order of reading and computing. Does not belong here: arithmetic (in `models/`) and SQL (in
`queries/`).
"""

from __future__ import annotations

from datetime import date
from functools import partial

import duckdb
import polars as pl

from models.churn.churn import compute_churn
from models.churn.churn_cuts import Cut, churn_cuts
from models.churn.churn_settings import ChurnSettings
from orchestration.kpi.computation import Computation
from orchestration.kpi.day_ends import end_of_day
from orchestration.kpi.prediction import Prediction
from orchestration.kpi.query import read_query


def foretell_churn(run: Computation) -> Prediction:
    """Foretell who will not order within the horizon."""
    settings = run.settings(ChurnSettings)
    read_cut = partial(
        read_churn_cut,
        connection=run.connection,
        reporting_time_zone=run.reporting_time_zone,
        settings=settings,
    )
    earlier, later = churn_cuts(as_of=run.as_of, settings=settings)
    result = compute_churn(
        earlier=read_cut(cut_date=earlier),
        later=read_cut(cut_date=later),
        current=read_churn_customers(
            connection=run.connection,
            cut_date=run.as_of,
            reporting_time_zone=run.reporting_time_zone,
            settings=settings,
        ),
        as_of=run.as_of,
        settings=settings,
        purchase_settings=run.model,
    )
    return Prediction({"churn_scores": result.scores}, result.card, result.deciles)


def read_churn_customers(
    *,
    connection: duckdb.DuckDBPyConnection,
    cut_date: date,
    reporting_time_zone: str,
    settings: ChurnSettings,
) -> pl.DataFrame:
    """Read who had placed an order by the end of a day, and what was known of them then.

    Args:
        connection: the warehouse.
        cut_date: last day that is known.
        reporting_time_zone: IANA zone in which that day ends.
        settings: windows of habits.

    Returns:
        `customer_id` and the columns of `models.churn.churn_features.OBSERVED`, sorted by customer.
    """
    return read_query(
        connection,
        "churn_features",
        cut_date=cut_date,
        cut_at=end_of_day(cut_date, reporting_time_zone=reporting_time_zone),
        short_days=settings.churn_short_window_days,
        middle_days=settings.churn_middle_window_days,
        long_days=settings.churn_long_window_days,
    )


def read_churn_cut(
    *,
    connection: duckdb.DuckDBPyConnection,
    cut_date: date,
    reporting_time_zone: str,
    settings: ChurnSettings,
) -> Cut:
    """Read the customers at a cut (see `read_churn_customers`) and who of them came back within the horizon."""
    return Cut(
        cut_date=cut_date,
        customers=read_churn_customers(
            connection=connection,
            cut_date=cut_date,
            reporting_time_zone=reporting_time_zone,
            settings=settings,
        ),
        outcomes=read_query(
            connection, "churn_outcomes", cut_date=cut_date, horizon_days=settings.churn_horizon_days
        ),
    )
