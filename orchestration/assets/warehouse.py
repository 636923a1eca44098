"""Stages seeds, staging, intermediate, marts, governance: dbt, in two calls.

The first call builds all but the models tagged `serving`; these join what Python computes between
the two calls (customer_360 shows the customer value, segments counts by it) and follow in the second.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets

from expectations import verdict
from orchestration import continuation, dbt_build
from orchestration.batch import dbt_vars, export_for_dbt, resolve_as_of, utc_now
from orchestration.dbt_manifest import dbt_manifest, ensure_manifest
from orchestration.dbt_translator import SERVING, StageTranslator
from orchestration.release import history
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
def warehouse(context: dg.AssetExecutionContext, run_settings: RunSettings) -> Iterator[Any]:
    """Build and test staging, intermediate, marts and governance.

    Events, sessions and orders go on from the last finished build; see `orchestration.continuation`.
    """
    settings = run_settings.settings()
    history.settle(settings)
    with open_warehouse(settings) as connection:
        history.create_views(connection, settings)
        as_of = resolve_as_of(connection=connection, settings=settings)
        found = continuation.begin(connection=connection, settings=settings, as_of=as_of)
    context.log.info(f"goes on from the last build: {', '.join(found.models) or 'nothing'}")
    yield from _build(
        context,
        settings,
        ["--exclude", SERVING],
        dbt_vars(settings=settings, as_of=as_of, continuation=found),
    )
    with open_warehouse(settings) as connection:
        continuation.finish(connection=connection, settings=settings, as_of=as_of)


@dbt_assets(
    manifest=ensure_manifest(), name="serving", select=SERVING, dagster_dbt_translator=StageTranslator()
)
def serving(context: dg.AssetExecutionContext, run_settings: RunSettings) -> Iterator[Any]:
    """Build and test the tables that show customers with their computed figures."""
    settings = run_settings.settings()
    with open_warehouse(settings) as connection:
        as_of = resolve_as_of(connection=connection, settings=settings)
    yield from _build(context, settings, ["--select", SERVING], dbt_vars(settings=settings, as_of=as_of))


def _build(
    context: dg.AssetExecutionContext, settings: Settings, selection: list[str], variables: str
) -> Iterator[Any]:
    """Run one dbt build and record every test of it, also when it fails."""
    export_for_dbt(settings=settings)
    done = dbt_build.build(
        selection=[*selection, *NO_UNIT_TESTS], variables=variables, target=settings.dbt_target_dir
    )
    if done.error:
        raise dg.Failure(done.error)
    events = done.dagster_events(context=context, translator=StageTranslator())
    nodes = dbt_manifest()["nodes"]
    with open_warehouse(settings) as connection:
        verdict.record_dbt_results(
            connection=connection,
            batch_id=context.run_id,
            results=done.results,
            nodes=nodes,
            checked_at=utc_now(),
        )
        yield from describe_outputs(connection=connection, events=events, nodes=nodes)
    if not done.is_successful:
        raise dg.Failure(f"dbt: {_first_failures(done.results)}")


def _first_failures(results: list[dict[str, Any]]) -> str:
    failed = [result for result in results if result["status"] in {"error", "fail"}]
    return "; ".join(f"{result['unique_id'].split('.')[2]}: {result['message']}" for result in failed[:3])
