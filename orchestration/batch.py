"""What every stage of one run agrees on: its clock, its last day and what dbt is told."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime

import duckdb

from orchestration.continuation import Continuation
from orchestration.settings import Settings


class UnusableInputError(Exception):
    """The run cannot start or go on with what it was given; the message says what to do."""


def utc_now() -> datetime:
    """Return the moment in UTC, without a zone, as the warehouse keeps it."""
    return datetime.now(UTC).replace(tzinfo=None)


def resolve_as_of(*, connection: duckdb.DuckDBPyConnection, settings: Settings) -> date:
    """Return the last day that this run may know: the one asked for, else the last day with an order.

    The clock is not asked, so that the same input gives the same release on any day.

    Raises:
        UnusableInputError: no order was ever accepted, or none by the day asked for.
    """
    first_day, last_day = _order_days(connection=connection, time_zone=settings.reporting_time_zone)
    if first_day is None or last_day is None:
        raise UnusableInputError(
            f"No order was accepted from {settings.landing}. Put order files below "
            f"{settings.landing / 'orders'}, or look into `rapport quarantine orders`."
        )
    if settings.as_of and settings.as_of < first_day:
        raise UnusableInputError(
            f"--as-of {settings.as_of} lies before the first order; orders are known from {first_day} "
            f"to {last_day}."
        )
    return settings.as_of or last_day


def _order_days(
    *, connection: duckdb.DuckDBPyConnection, time_zone: str
) -> tuple[date, date] | tuple[None, None]:
    """Return the first and the last day with an order, in the reporting time zone."""
    found = connection.execute(
        "select (min(ordered_at) at time zone 'UTC' at time zone $1)::date, "
        "(max(ordered_at) at time zone 'UTC' at time zone $1)::date from raw.orders",
        [time_zone],
    ).fetchone()
    return (found[0], found[1]) if found and found[0] else (None, None)


def dbt_vars(*, settings: Settings, as_of: date, continuation: Continuation | None = None) -> str:
    """Return dbt's `--vars` as JSON."""
    found = continuation or Continuation()
    variables: dict[str, object] = {
        "as_of_date": as_of.isoformat(),
        "reporting_time_zone": settings.reporting_time_zone,
        "reporting_currency": settings.reporting_currency,
        "continued": found.models,
    }
    if found.previous_as_of:
        variables["previous_as_of_date"] = found.previous_as_of.isoformat()
    return json.dumps(variables)


def export_for_dbt(*, settings: Settings) -> None:
    """Put the warehouse's place and limits where dbt's `profiles.yml` looks for them."""
    settings.temp_dir.mkdir(parents=True, exist_ok=True)
    os.environ.update(
        RAPPORT_WAREHOUSE=str(settings.warehouse_path),
        RAPPORT_MEMORY_LIMIT=settings.memory_limit,
        RAPPORT_THREADS=str(settings.threads),
        RAPPORT_TEMP=str(settings.temp_dir),
        DBT_SEND_ANONYMOUS_USAGE_STATS="false",
    )
