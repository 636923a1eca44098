"""The next order of a warehouse: waits between orders are laid out once, and read as they were known on two days.

Belongs here: the order of reading and computing. Does not belong here: arithmetic (in `models/`) and SQL (in
`queries/`).
"""

from __future__ import annotations

from datetime import date

import duckdb
import polars as pl

from models.next_order.next_order_settings import NextOrderSettings
from models.next_order.next_orders import KnownWaits, compute_next_orders, next_order_cut
from orchestration.kpi.computation import Computation
from orchestration.kpi.prediction import Prediction
from orchestration.kpi.query import read_query, statement_of


def foretell_next_orders(run: Computation) -> Prediction:
    """Foretell when each buyer orders next, and what is due to be bought again."""
    settings = run.settings(NextOrderSettings)
    run.read(prepare_order_waits)
    cut_date = next_order_cut(as_of=run.as_of, settings=settings)
    result = compute_next_orders(
        cut=read_known_waits(connection=run.connection, day=cut_date, settings=settings),
        outcomes=read_wait_outcomes(connection=run.connection, cut_date=cut_date, settings=settings),
        today=read_known_waits(connection=run.connection, day=run.as_of, settings=settings),
        repurchases=run.read(read_repurchases, settings=settings),
        settings=settings,
    )
    return Prediction({"next_orders": result.next_orders}, result.card)


def prepare_order_waits(*, connection: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Lay out the waits that the next three queries read; the temporary table `order_waits` is replaced."""
    connection.execute(statement_of("order_waits"), {"as_of": as_of})


def read_known_waits(
    *, connection: duckdb.DuckDBPyConnection, day: date, settings: NextOrderSettings
) -> KnownWaits:
    """Read the waits as they were known at the end of a day. They must have been prepared up to that day or later."""
    return KnownWaits(
        day=day,
        waits=read_query(
            connection, "waits_until", cut_date=day, max_customers=settings.next_order_max_training_customers
        ),
        open_waits=read_query(connection, "open_waits", cut_date=day),
    )


def read_wait_outcomes(
    *, connection: duckdb.DuckDBPyConnection, cut_date: date, settings: NextOrderSettings
) -> pl.DataFrame:
    """Read `customer_id`, `days_until_order` of those who ordered within the horizon after the cut."""
    return read_query(
        connection, "wait_outcomes", cut_date=cut_date, horizon_days=settings.next_order_horizon_days
    )


def read_repurchases(
    *, connection: duckdb.DuckDBPyConnection, as_of: date, settings: NextOrderSettings
) -> pl.DataFrame:
    """Read what is due to be bought again: columns of `models.next_order.next_order_table.REPURCHASE_SCHEMA`.

    The temporary table `category_purchases` is replaced.
    """
    connection.execute(
        statement_of("category_purchases"),
        {
            "as_of": as_of,
            "min_own_gaps": settings.repurchase_min_own_gaps,
            "min_category_gaps": settings.repurchase_min_category_gaps,
            "min_category_share": settings.repurchase_min_category_share,
        },
    )
    return read_query(connection, "repurchases", as_of=as_of, max_gaps=settings.repurchase_max_gaps)
