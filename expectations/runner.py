"""Great Expectations on DuckDB: the only file that knows the library.

Each measure of a suite is a query that DuckDB runs once, into a temporary table of a few rows (the
library alone would run it again for each of its own steps); each of its gates becomes one expectation
on a column of that table. All work happens in the connection that the caller opened with the run's
limits. The context is ephemeral: no project files, no telemetry, no progress bars. The import takes
seconds, so it happens on the first evaluation.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import warnings
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import duckdb

from expectations.limits import GateLimit, Severity
from expectations.measures import Measure, Suite

if TYPE_CHECKING:
    from great_expectations.datasource.fluent.sql_datasource import SQLDatasource

NAMED_SUBJECTS = 3
"""How many files, months or tables a failed gate names; the rest is counted."""


@dataclass(frozen=True, kw_only=True)
class GateResult:
    """What one gate of one batch found.

    Attributes:
        gate: name of the check.
        layer: schema that it looked at.
        table_name: table that it speaks of.
        severity: a check that could not be measured is critical, whatever its row says.
        is_passed: whether the observed value is within the threshold.
        observed: the worst value, with its file, month or table where it failed.
        threshold: the limit as people read it.
        checked_at: UTC.
    """

    gate: str
    layer: str
    table_name: str
    severity: Severity
    is_passed: bool
    observed: str
    threshold: str
    checked_at: datetime


def evaluate(
    *,
    connection_or_path: duckdb.DuckDBPyConnection | Path | str,
    suite: Suite,
    batch_id: str,
    checked_at: datetime,
) -> list[GateResult]:
    """Measure a suite and judge each of its gates.

    Args:
        connection_or_path: the open warehouse (it stays open), or the file of one (opened read-only).
        suite: from `arrival.suite` or `publication.suite`.
        batch_id: names the run in Great Expectations' own records.
        checked_at: UTC, written into every result.

    Returns:
        One result per gate of the suite, also for those whose query failed.
    """
    with _borrowed(connection_or_path) as connection:
        # All is measured before the library begins its transaction, which would take the tables back.
        errors = [_measure(connection, measure) for measure in suite.measures]
        results: list[GateResult] = []
        with _library().attached(connection=connection, name=f"{suite.name}-{batch_id}") as datasource:
            for measure, error in zip(suite.measures, errors, strict=True):
                if error is None:
                    results += _judge(connection, datasource, measure, checked_at)
                else:
                    results += [_unmeasured(limit, error, checked_at) for limit in measure.gates]
    return results


@contextlib.contextmanager
def _borrowed(
    connection_or_path: duckdb.DuckDBPyConnection | Path | str,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a cursor of its own, so that temporary tables vanish with it."""
    if isinstance(connection_or_path, duckdb.DuckDBPyConnection):
        with connection_or_path.cursor() as cursor:
            yield cursor
        return
    with duckdb.connect(str(connection_or_path), read_only=True) as connection:
        yield connection


def _measure(connection: duckdb.DuckDBPyConnection, measure: Measure) -> duckdb.Error | None:
    """Run the query into a temporary table; return DuckDB's error instead where it cannot be run.

    Raises:
        duckdb.OutOfMemoryException, duckdb.IOException: memory or disk failed, which says nothing about the data.
    """
    try:
        connection.execute(f"create or replace temporary table {_table(measure)} as {_completed(measure)}")
    except (duckdb.OutOfMemoryException, duckdb.IOException):
        raise
    except duckdb.Error as error:
        return error
    return None


def _table(measure: Measure) -> str:
    return f"measured_{measure.name}"


def _judge(
    connection: duckdb.DuckDBPyConnection, datasource: SQLDatasource, measure: Measure, checked_at: datetime
) -> list[GateResult]:
    table = _table(measure)
    found = _library().judge(datasource=datasource, table=table, limits=measure.gates)
    return [
        GateResult(
            gate=limit.gate,
            layer=limit.layer,
            table_name=limit.table_name,
            severity=limit.severity,
            is_passed=is_passed,
            observed=_number(worst) if is_passed else _offenders(connection, table=table, limit=limit),
            threshold=limit.bound,
            checked_at=checked_at,
        )
        for limit, (is_passed, worst) in zip(measure.gates, found, strict=True)
    ]


def _completed(measure: Measure) -> str:
    """Add a row of zeros, so that a measure without rows is a pass and not a gap."""
    columns = ", ".join(f"cast({limit.gate} as double) as {limit.gate}" for limit in measure.gates)
    zeros = ", ".join("0" for _ in measure.gates)
    return f"select subject, {columns} from (\n{measure.query}\n) union all select null, {zeros}"  # noqa: S608


def _number(value: float) -> str:
    return f"{value:.12g}" if value == int(value) else f"{value:.6g}"


def _offenders(connection: duckdb.DuckDBPyConnection, *, table: str, limit: GateLimit) -> str:
    """Return the worst values with what they speak of, e.g. "1 (2026-03), 0.9 (2026-04)"."""
    rows = connection.execute(
        f"select subject, {limit.gate} from {table} "  # noqa: S608
        f"where {limit.gate} > ? order by {limit.gate} desc, subject",
        [limit.threshold],
    ).fetchall()
    named = [f"{_number(value)} ({subject})" if subject else _number(value) for subject, value in rows]
    rest = len(named) - NAMED_SUBJECTS
    return ", ".join(named[:NAMED_SUBJECTS]) + (f" and {rest} more" if rest > 0 else "")


def _unmeasured(limit: GateLimit, error: duckdb.Error, checked_at: datetime) -> GateResult:
    """Return a critical failure; only an error about names is quoted, others could quote data."""
    text = str(error)
    named = next((kind for kind in ("Catalog Error", "Binder Error") if kind in text), None)
    why = text[text.index(named) :].splitlines()[0] if named else type(error).__name__
    return GateResult(
        gate=limit.gate,
        layer=limit.layer,
        table_name=limit.table_name,
        severity="critical",
        is_passed=False,
        observed=f"not measured: {why}",
        threshold=limit.bound,
        checked_at=checked_at,
    )


class _GreatExpectations:
    """The library with DuckDB taught to it; made once per process by `_library`."""

    def __init__(self) -> None:
        import great_expectations as gx
        import sqlalchemy as sa
        from duckdb_engine import ConnectionWrapper
        from great_expectations.data_context.types.base import (
            DataContextConfig,
            InMemoryStoreBackendDefaults,
            ProgressBarsConfig,
        )
        from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
        from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
        from great_expectations.expectations.core.expect_column_max_to_be_between import (
            ExpectColumnMaxToBeBetween,
        )
        from great_expectations.expectations.metadata_types import FailureSeverity

        class OneConnectionEngine(SqlAlchemyExecutionEngine):
            """Keeps one connection: DuckDB's results and temporary tables die with theirs."""

            @contextlib.contextmanager
            def get_connection(self) -> Generator[sa.Connection, None, None]:
                if self._connection is None:
                    self._connection = self.engine.connect()
                yield self._connection

        class DuckDBDatasource(SQLDatasource):
            """A SQL datasource that runs on the engine above."""

            type: Literal["duckdb"] = "duckdb"  # type: ignore[assignment]

            @property
            def execution_engine_type(self) -> builtins.type[SqlAlchemyExecutionEngine]:
                return OneConnectionEngine

        self._gx, self._static_pool = gx, sa.pool.StaticPool
        self._config: Callable[[], Any] = functools.partial(
            DataContextConfig,
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
            analytics_enabled=False,
        )
        self._expect_max, self._severity = ExpectColumnMaxToBeBetween, FailureSeverity
        self._wrapper, self._datasource = ConnectionWrapper, DuckDBDatasource

    @contextlib.contextmanager
    def attached(self, *, connection: duckdb.DuckDBPyConnection, name: str) -> Iterator[SQLDatasource]:
        """Yield a datasource that works through the given connection only; closes the connection."""
        context = self._gx.get_context(mode="ephemeral", project_config=self._config())
        datasource = self._datasource(
            name=name,
            connection_string="duckdb://",
            create_temp_table=False,
            kwargs={"creator": lambda: self._wrapper(connection), "poolclass": self._static_pool},
        )
        context.add_datasource(datasource=datasource)
        try:
            yield datasource
        finally:
            engine = datasource.get_execution_engine()
            with engine.get_connection() as kept:
                kept.close()
            engine.engine.dispose()

    def judge(
        self, *, datasource: SQLDatasource, table: str, limits: tuple[GateLimit, ...]
    ) -> list[tuple[bool, float]]:
        """Expect each column to be at most its threshold; return verdict and worst value per limit."""
        asset = datasource.add_query_asset(name=table, query=f"select * from {table}")  # noqa: S608
        suite = self._gx.ExpectationSuite(name=table, expectations=[self._at_most(limit) for limit in limits])
        batch = asset.add_batch_definition_whole_table("all").get_batch()
        validation = batch.validate(suite, result_format="BASIC")
        found = {
            result.expectation_config.meta["gate"]: result
            for result in validation.results
            if result.expectation_config is not None
        }
        return [
            (bool(found[limit.gate].success), float(found[limit.gate].result["observed_value"]))
            for limit in limits
        ]

    def _at_most(self, limit: GateLimit) -> Any:
        return self._expect_max(
            column=limit.gate,
            max_value=limit.threshold,
            severity=self._severity(limit.severity),
            meta={"gate": limit.gate},
        )


@cache
def _library() -> _GreatExpectations:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _GreatExpectations()
