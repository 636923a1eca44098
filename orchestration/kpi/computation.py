"""One computation of the KPI stage: the open warehouse, the last day, the settings in force."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import dagster as dg
import duckdb
import polars as pl

from models.setting_rows import Settings
from models.settings import ModelSettings
from orchestration.batch import resolve_as_of
from orchestration.kpi.inputs import read_settings
from orchestration.kpi.outputs import write_kpi_table
from orchestration.resources import RunSettings
from orchestration.table_metadata import table_metadata
from orchestration.warehouse import open_warehouse

Read = TypeVar("Read")


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

    def settings(self, kind: type[Settings]) -> Settings:
        """Read one kind of settings in force on this day."""
        return read_settings(kind, connection=self.connection, as_of=self.as_of)

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
        model = read_settings(ModelSettings, connection=connection, as_of=as_of)
        yield Computation(connection, as_of, model, settings.reporting_time_zone)
