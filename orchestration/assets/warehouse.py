"""Stages seeds, staging, intermediate, marts, governance: dbt, in two calls.

The first call builds all but the models tagged `serving`; these join what Python computes between
the two calls (customer_360 shows the customer value, segments counts by it) and follow in the second.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource, dbt_assets

from expectations import verdict
from orchestration.batch import dbt_vars, export_for_dbt, resolve_as_of
from orchestration.dbt_translator import SERVING, StageTranslator, ensure_manifest
from orchestration.resources import RunSettings
from orchestration.settings import Settings
from orchestration.table_metadata import describe_outputs
from orchestration.warehouse import open_warehouse

NO_UNIT_TESTS = ["--exclude-resource-type", "unit_test"]
"""dbt's unit tests prove the rules once per change (in `make test`), not once per night."""


@dbt_assets(
    manifest=ensure_manifest(),
    name="warehouse",
    select="fqn:*",
    exclude=SERVING,
    dagster_dbt_translator=StageTranslator(),
)
def warehouse(
    context: dg.AssetExecutionContext, dbt: DbtCliResource, run_settings: RunSettings
) -> Iterator[Any]:
    """Build and test staging, intermediate, marts and governance."""
    yield from _build(context, dbt, run_settings.settings(), ["--exclude", SERVING])


@dbt_assets(
    manifest=ensure_manifest(), name="serving", select=SERVING, dagster_dbt_translator=StageTranslator()
)
def serving(
    context: dg.AssetExecutionContext, dbt: DbtCliResource, run_settings: RunSettings
) -> Iterator[Any]:
    """Build and test the tables that show customers with their computed figures."""
    yield from _build(context, dbt, run_settings.settings(), ["--select", SERVING])


def _build(
    context: dg.AssetExecutionContext, dbt: DbtCliResource, settings: Settings, selection: list[str]
) -> Iterator[Any]:
    """Run one dbt build and record every test of it, also when it fails."""
    export_for_dbt(settings=settings)
    with open_warehouse(settings) as connection:
        as_of = resolve_as_of(connection=connection, settings=settings)
    arguments = ["build", *selection, *NO_UNIT_TESTS, "--vars", dbt_vars(settings=settings, as_of=as_of)]
    target = settings.dbt_target_dir  # one for both calls, so that the second need not parse again
    results_path = target / "run_results.json"
    results_path.unlink(missing_ok=True)  # the last call's results must not be taken for this one's
    invocation = dbt.cli(arguments, context=context, target_path=target, raise_on_error=False)
    events = list(invocation.stream())
    if not results_path.exists():
        raise dg.Failure(f"dbt could not start: {invocation.get_error()}")
    with open_warehouse(settings) as connection:
        verdict.record_dbt_results(
            connection=connection,
            batch_id=context.run_id,
            run_results_path=results_path,
            manifest_path=target / "manifest.json",
        )
        yield from describe_outputs(connection=connection, events=events, nodes=invocation.manifest["nodes"])
    if not invocation.is_successful():
        raise dg.Failure(f"dbt: {_first_failures(results_path)}")


def _first_failures(results_path: Path) -> str:
    results: list[Mapping[str, Any]] = json.loads(results_path.read_text())["results"]
    failed = [result for result in results if result["status"] in {"error", "fail"}]
    return "; ".join(f"{result['unique_id'].split('.')[2]}: {result['message']}" for result in failed[:3])
