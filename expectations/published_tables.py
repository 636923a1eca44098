"""What readers rely on: the published tables and their keys, as INTERFACE promises them."""

from __future__ import annotations

KEYS: dict[str, tuple[str, ...]] = {
    "marts.customer_360": ("customer_id",),
    "marts.identity_map": ("platform", "account_id"),
    "marts.rfm_scores": ("customer_id",),
    "marts.rfm_tier_history": ("customer_id", "valid_from"),
    "marts.customer_history": ("customer_id", "valid_from"),
    "marts.customer_restatements": ("customer_id", "told_on"),
    "marts.tier_migrations": ("month", "from_tier", "to_tier"),
    "marts.segments": ("value_level", "activity_level", "lifecycle_stage"),
    "marts.customer_profile": ("customer_id",),
    "marts.customer_tags": ("customer_id", "tag"),
    "marts.orders": ("platform", "order_id"),
    "marts.order_items": ("platform", "order_id", "line_no"),
    "marts.sessions": ("session_id",),
    "marts.tickets": ("platform", "ticket_id"),
    "marts.cohort_retention": ("cohort_month", "period_number"),
    "marts.cohort_retention_weekly": ("cohort_week", "period_number"),
    "marts.cohort_means": ("cohort_grain", "period_number"),
    "marts.retention": ("metric", "period_start", "segment"),
    "marts.retention_before_after": ("metric", "segment"),
    "marts.festival_comparison": ("festival", "festival_year", "day_offset"),
    "marts.festival_effects": ("festival", "festival_year"),
    "marts.campaign_effects": ("campaign_id", "variant"),
    "marts.cltv_scores": ("customer_id",),
    "marts.cltv_segments": ("segment",),
    "marts.churn_scores": ("customer_id",),
    "marts.next_orders": ("customer_id",),
    "marts.recommendations": ("customer_id", "rank"),
    "marts.model_cards": ("model",),
    "marts.prediction_deciles": ("model", "figure", "decile"),
    "marts.kpi_scorecard": ("kpi", "period_start", "segment"),
    "marts.kpi_monthly": ("kpi", "month", "segment"),
    "governance.identity_events": ("happened_on", "change_number", "former_customer_id", "customer_id"),
    "governance.identity_restatements": (
        *("happened_on", "change_number", "former_customer_id", "customer_id"),
        "order_month",
    ),
    "governance.ingested_files": ("file_hash", "extract"),
    "governance.quarantine_summary": ("extract", "reason"),
    "governance.money_ledger": ("extract", "stage", "reason"),
}
"""Published table → columns of its key. The release itself adds gate_results, data_dictionary, release."""

COMPUTED = frozenset(
    {
        "marts.cohort_retention",
        "marts.cohort_retention_weekly",
        "marts.cohort_means",
        "marts.retention",
        "marts.retention_before_after",
        "marts.festival_comparison",
        "marts.festival_effects",
        "marts.campaign_effects",
        "marts.cltv_scores",
        "marts.cltv_segments",
        "marts.churn_scores",
        "marts.next_orders",
        "marts.recommendations",
        "marts.model_cards",
        "marts.prediction_deciles",
        "marts.kpi_scorecard",
        "marts.kpi_monthly",
    }
)
"""Computed in Python: these stand in the warehouse's schema `kpi`, and are published empty when absent."""


def warehouse_name(published: str) -> str:
    """Return where a published table stands in the private warehouse."""
    return published.replace("marts.", "kpi.", 1) if published in COMPUTED else published
