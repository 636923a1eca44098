"""Stage release: one file that BI tools open, swapped in as a whole.

What belongs here: asking for the release and showing it. How it is made is `orchestration/release/`.
"""

from datetime import UTC, datetime

import dagster as dg
import duckdb

from orchestration.assets.gate import PUBLICATION_GATE
from orchestration.batch import resolve_as_of
from orchestration.dbt_manifest import ensure_manifest
from orchestration.release.publisher import publish
from orchestration.resources import RunSettings
from orchestration.settings import Settings
from orchestration.vacuum import UnfaithfulCopyError, vacuum_warehouse
from orchestration.warehouse import open_warehouse


@dg.asset(key=["release", "current"], deps=[PUBLICATION_GATE], group_name="release", kinds={"duckdb"})
def current_release(
    context: dg.AssetExecutionContext, run_settings: RunSettings
) -> dg.MaterializeResult[None]:
    """Write the release, swap it in, and prune what is older than the last few.

    Asks for a passing verdict of its own batch, because a run that holds only this asset would
    otherwise go ahead although the gates of an earlier run refused.
    """
    settings = run_settings.settings()
    with open_warehouse(settings) as connection:
        as_of = resolve_as_of(connection=connection, settings=settings)
    release = publish(
        settings=settings,
        batch_id=context.run_id,
        as_of_date=as_of,
        manifest_path=ensure_manifest(),
        built_at=datetime.now(UTC),
        warn=context.log.warning,
    )
    return dg.MaterializeResult(
        metadata={
            "release": release.release_id,
            "as_of": as_of.isoformat(),
            "path": dg.MetadataValue.path(release.path / "marts.duckdb"),
            "review": dg.MetadataValue.path(release.path / "review.html"),
            "warehouse": _vacuum(context, settings),
        }
    )


def _vacuum(context: dg.AssetExecutionContext, settings: Settings) -> str:
    """Give back what is free in the warehouse's file; the release stands whether that works or not."""
    try:
        done = vacuum_warehouse(settings=settings)
    except (duckdb.Error, OSError, UnfaithfulCopyError) as error:
        context.log.warning(f"the warehouse was not written anew: {error}")
        return f"not written anew: {error}"
    if done.skipped:
        context.log.warning(f"the warehouse was not written anew: {done.skipped}")
    sizes = f"{done.bytes_before >> 20:,} MB before, {done.bytes_after >> 20:,} MB after"
    return f"{sizes}; {done.free_share:.0%} was free" + (f"; {done.skipped}" if done.skipped else "")
