"""Stage raw: one asset per extract, from the files of the landing folder to typed, accepted rows.

What belongs here: handing files to `orchestration.landing` and showing its counts.
What does not: reading, checking or changing rows.
"""

import dagster as dg

from orchestration.home_source import bind_home
from orchestration.landing.arrivals import landing_files
from orchestration.landing.compaction import Compaction, compact
from orchestration.landing.ingest import ingest_extract
from orchestration.landing.ledger import FileReceipt
from orchestration.landing.profiles import translate
from orchestration.progress import in_pauses
from orchestration.resources import RunSettings
from orchestration.settings import EXTRACTS

DESCRIPTIONS = {
    "registrations": "注册 · one row per version of an account on a platform.",
    "orders": "交易 · one row per version of an order.",
    "order_items": "One row per version of a line of an order.",
    "browse_events": "行为 · one row per browsing event; never changed.",
    "tickets": "客服 · one row per version of a service ticket.",
    "products": "One row per version of a product.",
    "campaigns": "One row per version of a campaign variant.",
    "campaign_events": "One row per delivery event of a campaign.",
    "feedback": "One row per version of a review or survey answer.",
    "identity_overrides": "One row per decision of a steward on two accounts, of every list that came.",
}


@dg.asset(key=["landing", "extract_files"], group_name="landing", kinds={"python"})
def extract_files(context: dg.AssetExecutionContext, run_settings: RunSettings) -> dg.MaterializeResult[None]:
    """Find the files of each extract; a source profile first turns a foreign export into extracts."""
    settings = run_settings.settings()
    if settings.from_raw:
        return dg.MaterializeResult(metadata={"landing": "not looked at: built from raw"})
    bind_home(settings)
    if settings.profile:
        translate(settings=settings, on_progress=in_pauses(context.log.info))
    found = landing_files(settings=settings)
    return dg.MaterializeResult(
        metadata={extract: len(found.get(extract, [])) for extract in EXTRACTS}
        | {"landing": dg.MetadataValue.path(settings.landing), "profile": settings.profile or "native"}
    )


def raw_asset(extract: str) -> dg.AssetsDefinition:
    """Return the asset that takes one extract in."""

    @dg.asset(
        key=["raw", extract],
        deps=[extract_files],
        group_name="raw",
        description=DESCRIPTIONS[extract],
        kinds={"polars", "parquet"},
        op_tags={"stage": "raw"},
    )
    def ingest(context: dg.AssetExecutionContext, run_settings: RunSettings) -> dg.MaterializeResult[None]:
        settings = run_settings.settings()
        if settings.from_raw:
            return dg.MaterializeResult(metadata=_receipt_metadata([]))
        files = landing_files(settings=settings).get(extract, [])
        receipts = ingest_extract(
            extract=extract, files=files, settings=settings, on_progress=in_pauses(context.log.info)
        )
        done = compact(extract=extract, settings=settings, fresh=receipts, on_progress=context.log.info)
        return dg.MaterializeResult(metadata=_receipt_metadata(receipts) | _compaction_metadata(done))

    return ingest


def _receipt_metadata(receipts: list[FileReceipt]) -> dict[str, dg.MetadataValue]:
    columns = ("rows_read", "rows_accepted", "rows_quarantined", "rows_duplicate")
    lines = ["| file | read | accepted | quarantined | duplicate | refused |", "|---|---|---|---|---|---|"]
    for receipt in receipts[:20]:
        counts = " | ".join(f"{getattr(receipt, column):,}" for column in columns)
        lines.append(f"| {receipt.file_name} | {counts} | {receipt.refused_reason or ''} |")
    return {
        "dagster/row_count": dg.MetadataValue.int(sum(receipt.rows_accepted for receipt in receipts)),
        "files": dg.MetadataValue.int(len(receipts)),
        **{column: dg.MetadataValue.int(sum(getattr(r, column) for r in receipts)) for column in columns},
        "receipts": dg.MetadataValue.md("\n".join(lines)),
    }


def _compaction_metadata(done: Compaction) -> dict[str, dg.MetadataValue]:
    if done.skipped:
        return {"compaction": dg.MetadataValue.text(done.skipped)}
    return {
        "small_files_merged": dg.MetadataValue.int(done.files_before),
        "merged_files": dg.MetadataValue.int(done.files_after),
        "merged_bytes": dg.MetadataValue.int(done.size_bytes),
    }


RAW_ASSETS = [raw_asset(extract) for extract in EXTRACTS]
