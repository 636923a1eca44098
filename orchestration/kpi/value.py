"""Customer value of a warehouse: purchase days are laid out once, counted per buyer, and valued.

Belongs here: the order of reading and computing. Does not belong here: arithmetic (in `models/`) and SQL (in
`queries/`).
"""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import polars as pl

from models.customer_value.cltv import compute_cltv
from models.customer_value.cltv_trial import choose_holdout_days
from models.customer_value.holdout import DAYS_PER_YEAR
from models.customer_value.money import NET_REVENUE, margin_or_revenue
from models.settings import ModelSettings
from orchestration.kpi.computation import Computation
from orchestration.kpi.prediction import Prediction
from orchestration.kpi.query import read_query, statement_of


def foretell_value(run: Computation) -> Prediction:
    """Foretell what every buyer will spend in the next twelve months."""
    money = run.read(prepare_purchase_days, settings=run.model)
    holdout_days = choose_holdout_days(known_days=run.read(read_known_days), settings=run.model)
    result = compute_cltv(
        histories=run.read(read_purchase_histories),
        calibration=run.read(read_calibration_histories, holdout_days=holdout_days),
        members=run.read(read_segment_members),
        as_of=run.as_of,
        holdout_days=holdout_days,
        settings=run.model,
        money=money,
    )
    tables = {"cltv_scores": result.scores, "cltv_segments": result.segments}
    return Prediction(tables, result.card, result.deciles)


def prepare_purchase_days(
    *, connection: duckdb.DuckDBPyConnection, as_of: date, settings: ModelSettings
) -> str:
    """Lay out the purchase days that the next two queries count, with net revenue or margin as money.

    Args:
        connection: the warehouse; its temporary table `purchase_days` is replaced.
        as_of: last day that is known.
        settings: whether margin is wanted, and how much of what is sold must have a known cost for it.

    Returns:
        What money is: `margin`, `net revenue`, or the latter with the reason why it is not margin.
    """
    money = NET_REVENUE
    if settings.cltv_money_is_margin:
        (costs,) = read_query(connection, "item_costs", as_of=as_of).to_dicts()
        money = margin_or_revenue(**costs, least_coverage=settings.cltv_min_cost_coverage)
    connection.execute(
        statement_of("purchase_days"),
        {"as_of": as_of, "is_margin": money.is_margin, "cost_share": money.cost_share},
    )
    return money.said


def read_purchase_histories(*, connection: duckdb.DuckDBPyConnection, as_of: date) -> pl.DataFrame:
    """Read one row per buyer: `customer_id, frequency, recency_days, age_days, first_money, repeat_money`.

    The purchase days must have been prepared.
    """
    return read_query(connection, "purchase_histories", as_of=as_of)


def read_calibration_histories(
    *, connection: duckdb.DuckDBPyConnection, as_of: date, holdout_days: int
) -> pl.DataFrame:
    """Read one row per buyer before the cut, the columns of `models.customer_value.holdout.CALIBRATION`.

    The purchase days must have been prepared.
    """
    cut_date = as_of - timedelta(days=holdout_days)
    year_before = cut_date - timedelta(days=DAYS_PER_YEAR)
    return read_query(
        connection, "calibration_histories", as_of=as_of, cut_date=cut_date, year_before=year_before
    )


def read_segment_members(*, connection: duckdb.DuckDBPyConnection, as_of: date) -> pl.DataFrame:
    """Read one row per buyer: the segments and the last 12 months' orders, `models.customer_value.cltv_segments.MEMBERS`."""
    return read_query(connection, "segment_members", as_of=as_of)


def read_known_days(*, connection: duckdb.DuckDBPyConnection, as_of: date) -> int:
    """Count the days from the first prepared purchase day to the as-of date; 0 without any."""
    days: int = read_query(connection, "known_days", as_of=as_of).item()
    return days
