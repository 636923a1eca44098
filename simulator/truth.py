"""What only the simulator knows: planted effects and the parameters of the processes."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from simulator.assumptions import SHOP
from simulator.campaigns import Campaign
from simulator.timeline import Timeline

EFFECT_SCHEMA = {
    "name": pl.String,
    "kind": pl.String,
    "true_value": pl.Float64,
    "starts_on": pl.Date,
    "ends_on": pl.Date,
    "definition": pl.String,
}

FESTIVAL_DEFINITION = (
    "repeat orders per active buyer and day between starts_on and ends_on (local days, both in), "
    "divided by the same on ordinary days of equal weekday"
)
CAMPAIGN_DEFINITION = (
    "orders per active buyer and day of variant B between starts_on and ends_on (local days, both in), "
    "divided by the same of variant A or of the holdout; groups in campaign_groups.parquet"
)
PROCESS_DEFINITIONS = {
    "rate_shape": "shape r of the gamma purchase rates",
    "rate_mean": "mean of the gamma purchase rates, repeat orders per ordinary day while active",
    "dropout_shape": "shape s of the gamma drop-out rates (Pareto/NBD)",
    "dropout_mean": "mean of the gamma drop-out rates, per day after the first order",
    "order_value_shape": "shape p of order values around the person's level (Gamma-Gamma)",
    "level_shape": "shape q of the persons' inverse levels (Gamma-Gamma)",
    "level_scale": "scale gamma of the persons' inverse levels (Gamma-Gamma), CNY",
    "never_buys_share": "share of registered persons who never order",
}


def effects_frame(*, timeline: Timeline, campaigns: list[Campaign]) -> pl.DataFrame:
    """Rows of `_truth/effects.parquet`: festivals, experiments, process parameters."""
    rows: list[tuple[object, ...]] = [
        (f.name, "festival_lift", f.lift, f.first_day, f.last_day, FESTIVAL_DEFINITION)
        for f in timeline.festivals
    ]
    for campaign in campaigns:
        if campaign.is_experiment:
            first = timeline.start + timedelta(campaign.sent_day + 1)
            last = timeline.start + timedelta(campaign.sent_day + SHOP.experiment_window_days)
            rows.append(
                (campaign.campaign_id, "campaign_effect", campaign.lift, first, last, CAMPAIGN_DEFINITION)
            )
    for name, definition in PROCESS_DEFINITIONS.items():
        rows.append((name, "process_parameter", float(getattr(SHOP, name)), None, None, definition))
    return pl.DataFrame(rows, schema=EFFECT_SCHEMA, orient="row")
