"""Stage gate: what arrived is judged before anything is built on it, what was built before it is released.

What belongs here: running the suites of `expectations/` and reporting them to Dagster.
What does not: what is expected (in `expectations/`) and how much of it (in `seeds/gate_limits.csv`).
"""

from collections.abc import Callable, Iterable, Iterator

import dagster as dg

from expectations import arrival, publication, verdict
from expectations.limits import GateLimit, load_limits
from expectations.runner import GateResult, evaluate
from orchestration.batch import resolve_as_of, utc_now
from orchestration.dbt_manifest import dbt_manifest
from orchestration.dbt_translator import dbt_table_keys, kpi_table_keys
from orchestration.landing.views import create_raw_views
from orchestration.release.registry import current_row_counts
from orchestration.resources import RunSettings
from orchestration.settings import EXTRACTS, SEEDS_DIR
from orchestration.warehouse import open_warehouse

LIMITS = {limit.gate: limit for limit in load_limits(SEEDS_DIR / "gate_limits.csv")}
PUBLICATION_GATE = dg.AssetKey(["gate", "publication"])


def _specs(gates: Iterable[str], key_of: Callable[[GateLimit], dg.AssetKey]) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            name=gate,
            asset=key_of(LIMITS[gate]),
            description=LIMITS[gate].reason,
            blocking=LIMITS[gate].severity == "critical",
        )
        for gate in gates
    ]


def _raw_key(limit: GateLimit) -> dg.AssetKey:
    """Return the raw asset that a gate speaks of; gates over all files stand at the orders."""
    extract = limit.table_name.removeprefix("raw.")
    return dg.AssetKey(["raw", extract if extract in EXTRACTS else "orders"])


def _check_result(result: GateResult, key: dg.AssetKey) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=result.gate,
        asset_key=key,
        passed=result.is_passed,
        severity=dg.AssetCheckSeverity.ERROR if result.severity == "critical" else dg.AssetCheckSeverity.WARN,
        metadata={"observed": result.observed, "threshold": result.threshold, "table": result.table_name},
    )


@dg.multi_asset_check(
    name="arrival_gate",
    specs=_specs(arrival.GATES, _raw_key),
    description="Is what arrived worth building on?",
)
def arrival_gate(
    context: dg.AssetCheckExecutionContext, run_settings: RunSettings
) -> Iterator[dg.AssetCheckResult]:
    """Measure the arrival suite; a critical failure keeps the warehouse as it was."""
    settings = run_settings.settings()
    with open_warehouse(settings) as connection:
        create_raw_views(connection, settings)
        resolve_as_of(connection=connection, settings=settings)
        expected = [*arrival.GATES, *publication.GATES, *verdict.dbt_gates(nodes=dbt_manifest()["nodes"])]
        verdict.expect(connection=connection, batch_id=context.run.run_id, gates=expected)
        results = evaluate(
            connection_or_path=connection,
            suite=arrival.suite(),
            batch_id=context.run.run_id,
            checked_at=utc_now(),
        )
        verdict.record(connection=connection, batch_id=context.run.run_id, results=results)
    for result in results:
        yield _check_result(result, _raw_key(LIMITS[result.gate]))


@dg.asset(
    key=PUBLICATION_GATE,
    deps=[*dbt_table_keys(), *kpi_table_keys(dbt_manifest())],
    group_name="gate",
    kinds={"duckdb"},
    check_specs=_specs(publication.GATES, lambda _: PUBLICATION_GATE),
)
def publication_gate(
    context: dg.AssetExecutionContext, run_settings: RunSettings
) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
    """Measure the publication suite on all that is about to be released."""
    settings = run_settings.settings()
    with open_warehouse(settings) as connection:
        as_of = resolve_as_of(connection=connection, settings=settings)
        suite = publication.suite(
            connection=connection,
            as_of_date=as_of,
            reporting_time_zone=settings.reporting_time_zone,
            previous_row_counts=current_row_counts(settings=settings, as_of_date=as_of),
        )
        results = evaluate(
            connection_or_path=connection, suite=suite, batch_id=context.run_id, checked_at=utc_now()
        )
        verdict.record(connection=connection, batch_id=context.run_id, results=results)
    yield dg.MaterializeResult(metadata={"gates": len(results), "passed": sum(r.is_passed for r in results)})
    for result in results:
        yield _check_result(result, PUBLICATION_GATE)
