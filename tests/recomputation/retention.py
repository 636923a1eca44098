"""Retention, cohorts and festivals written a second time from the definitions, in plain SQL, table by table.

What belongs here: the definitions as people state them, customer by customer and day by day, with their numbers. What
does not: anything of `models/` or `orchestration/kpi/queries/` but the tables that are compared.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from models.effects.festivals import build_festival_comparison
from models.retention.cohorts import build_cohort_means, build_cohort_retention
from models.settings import ModelSettings
from orchestration.kpi import inputs
from orchestration.kpi.retention import measure_retention

FILES = {
    "retention": "expected_retention.sql",
    "retention_before_after": "expected_before_after.sql",
    "cohort_retention": "expected_cohorts.sql",
    "cohort_retention_weekly": "expected_cohorts.sql",
    "cohort_means": "expected_cohort_means.sql",
    "festival_comparison": "expected_festivals.sql",
}
GRAINS = {"cohort_retention": "month", "cohort_retention_weekly": "week"}
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Compared:
    """One table beside its recomputation.

    Attributes:
        compared: rows of the recomputation.
        differing: up to ten rows that only one of the two has, or that differ in a figure by more than 1e-9.
    """

    compared: int
    differing: list[tuple[Any, ...]]


def compare_home(home: Path, *, crm_start: date) -> dict[str, Compared]:
    """Compare the tables of the newest release of a home; `retention_before_after` around a day of its own.

    Args:
        home: a home with a release, whose last build is that release's.
        crm_start: day around which retention is compared, because a demo knows none.
    """
    manifest = json.loads((home / "current" / "manifest.json").read_text(encoding="utf-8"))
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        return differing_tables(
            connection=connection,
            as_of=date.fromisoformat(manifest["as_of"]),
            crm_start=crm_start,
            written=FILES.keys() - {"retention_before_after"},
        )


def differing_tables(
    *, connection: duckdb.DuckDBPyConnection, as_of: date, crm_start: date, written: Collection[str] = ()
) -> dict[str, Compared]:
    """Compare each table of a warehouse with its recomputation, row by row and figure by figure.

    Args:
        connection: the warehouse, with its marts; temporary objects are left in it.
        as_of: last day that is known.
        crm_start: the day around which retention is compared, whatever the seeds say.
        written: tables that are read as they stand in schema `kpi`; all others are built here.
    """
    connection.execute(f"create or replace temp macro as_of() as date '{as_of}'")
    connection.execute(f"create or replace temp macro crm_start() as date '{crm_start}'")
    connection.execute(_sql("retention_facts.sql"))
    ours = {
        **_build(connection, as_of=as_of, crm_start=crm_start),
        **{table: connection.table(f"kpi.{table}").pl() for table in written},
    }
    return {table: _compare(connection, table=table, ours=ours[table]) for table in FILES}


def _build(
    connection: duckdb.DuckDBPyConnection, *, as_of: date, crm_start: date
) -> Mapping[str, pl.DataFrame]:
    settings = replace(
        inputs.read_settings(ModelSettings, connection=connection, as_of=as_of), crm_start_date=crm_start
    )
    retention = measure_retention(connection=connection, as_of=as_of, settings=settings)
    cohorts = {
        grain: build_cohort_retention(
            activity=inputs.read_cohort_activity(connection=connection, as_of=as_of, grain=grain),
            as_of=as_of,
            confidence=0.95,
            grain=grain,
        )
        for grain in ("month", "week")
    }
    festivals = build_festival_comparison(
        daily_sales=inputs.read_daily_sales(connection=connection, as_of=as_of),
        festivals=inputs.read_festivals(connection=connection, as_of=as_of),
        as_of=as_of,
        days_after=14,
    )
    return {
        "retention": retention.retention,
        "retention_before_after": retention.before_after,
        "cohort_retention": cohorts["month"],
        "cohort_retention_weekly": cohorts["week"],
        "cohort_means": build_cohort_means(cohorts=cohorts, confidence=0.95),
        "festival_comparison": festivals,
    }


def _compare(connection: duckdb.DuckDBPyConnection, *, table: str, ours: pl.DataFrame) -> Compared:
    if table in GRAINS:
        connection.execute(f"create or replace temp macro grain() as '{GRAINS[table]}'")
    connection.execute(f"create or replace temp table theirs as {_sql(FILES[table])}")
    connection.register("ours", ours)
    keys = [name for name, kind in ours.schema.items() if not kind.is_numeric()]
    keys += [name for name in ("period_number", "festival_year", "day_offset") if name in ours.columns]
    figures = [name for name in ours.columns if name not in keys]
    same_key = " and ".join(f'ours."{name}" is not distinct from theirs."{name}"' for name in keys)
    off = " or ".join(
        f'(ours."{name}" is null) <> (theirs."{name}" is null)'
        f' or abs(ours."{name}"::double - theirs."{name}"::double) > {TOLERANCE}'
        for name in figures
    )
    differing = connection.execute(
        f"select * from ours full join theirs on {same_key} "
        f'where ours."{keys[0]}" is null or theirs."{keys[0]}" is null or {off} limit 10'
    ).fetchall()
    connection.unregister("ours")
    counted = connection.execute("select count(*) from theirs").fetchall()
    return Compared(compared=counted[0][0], differing=differing)


def _sql(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
