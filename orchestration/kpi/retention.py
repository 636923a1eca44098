"""Repeat purchase and retention of a warehouse: all windows are counted in one scan, then set side by side.

Belongs here: the order of reading and computing. Does not belong here: arithmetic (in `models/`) and SQL (in
`queries/`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
import polars as pl

from models.retention.before_after import (
    BEFORE_AFTER_SCHEMA,
    compare_repeat_purchase,
    compare_retention,
    retention_comparisons,
)
from models.retention.retention import (
    COMPARISONS_SCHEMA,
    RETENTION_SCHEMA,
    build_repeat_purchase,
    build_rolling_retention,
    rolling_comparisons,
)
from models.settings import ModelSettings
from orchestration.kpi import inputs


@dataclass(frozen=True, kw_only=True)
class MeasuredRetention:
    """Both tables of retention.

    Attributes:
        retention: columns of `models.retention.retention.RETENTION_SCHEMA`.
        before_after: columns of `models.retention.before_after.BEFORE_AFTER_SCHEMA`; empty where the shop has not said
            when its CRM began.
    """

    retention: pl.DataFrame
    before_after: pl.DataFrame


def measure_retention(
    *, connection: duckdb.DuckDBPyConnection, as_of: date, settings: ModelSettings
) -> MeasuredRetention:
    """Measure repeat purchase and retention of a warehouse.

    Args:
        connection: the warehouse, marts built.
        as_of: last day that is known.
        settings: windows, months, level of the intervals, and the day on which the CRM began.
    """
    repeats, repeat_gains = _repeat_purchase(connection, as_of=as_of, settings=settings)
    rolling, rolling_gains = _rolling_retention(connection, as_of=as_of, settings=settings)
    return MeasuredRetention(
        retention=pl.concat([repeats, rolling]), before_after=pl.concat([repeat_gains, rolling_gains])
    )


def _repeat_purchase(
    connection: duckdb.DuckDBPyConnection, *, as_of: date, settings: ModelSettings
) -> tuple[pl.DataFrame, pl.DataFrame]:
    firsts = inputs.read_first_purchases(
        connection=connection, as_of=as_of, windows_days=settings.repeat_windows_days
    )
    level = settings.confidence_level
    repeats = build_repeat_purchase(first_purchases=firsts, as_of=as_of, confidence=level)
    gains = pl.DataFrame(schema=BEFORE_AFTER_SCHEMA)
    if settings.crm_start_date:
        gains = compare_repeat_purchase(
            first_purchases=firsts, crm_start=settings.crm_start_date, as_of=as_of, confidence=level
        )
    return repeats, gains


def _rolling_retention(
    connection: duckdb.DuckDBPyConnection, *, as_of: date, settings: ModelSettings
) -> tuple[pl.DataFrame, pl.DataFrame]:
    first_day = inputs.read_first_active_date(connection=connection, as_of=as_of)
    if first_day is None:
        return pl.DataFrame(schema=RETENTION_SCHEMA), pl.DataFrame(schema=BEFORE_AFTER_SCHEMA)
    windows, crm_start = settings.repeat_windows_days, settings.crm_start_date
    months = rolling_comparisons(
        first_day=first_day,
        as_of=as_of,
        windows_days=windows,
        history_months=settings.retention_history_months,
    )
    around = pl.DataFrame(schema=COMPARISONS_SCHEMA)
    if crm_start:
        around = retention_comparisons(crm_start=crm_start, windows_days=windows)
    counted = inputs.read_window_activity(
        connection=connection, as_of=as_of, comparisons=pl.concat([months, around])
    )
    level = settings.confidence_level
    rolling = build_rolling_retention(
        comparisons=months, counted=counted, first_day=first_day, confidence=level
    )
    gains = pl.DataFrame(schema=BEFORE_AFTER_SCHEMA)
    if crm_start:
        gains = compare_retention(
            comparisons=around,
            counted=counted,
            crm_start=crm_start,
            first_day=first_day,
            as_of=as_of,
            confidence=level,
        )
    return rolling, gains
