"""The numbers of the recommender, read from the rows of `seeds/model_settings.csv`.

Belongs here: names, types and bounds of settings. Does not belong here: any value of a setting.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import polars as pl

from models.frames import require_columns


@dataclass(frozen=True, kw_only=True)
class RecommendationSettings:
    """Settings of the recommender; each attribute is the row of the same name.

    Attributes:
        recommendation_count: products that a customer is recommended.
        recommendation_horizon_days: days after the cut in which the next order counts.
        recommendation_view_days: days of looks that tell a taste.
        recommendation_view_weight: what a look weighs beside an order, 0–1.
        recommendation_half_life_days: days after which a taste weighs half.
        recommendation_recent_products: newest tastes of a customer that are asked for neighbours.
        recommendation_learned_products: newest tastes of a customer that neighbours are learned from, ≥2.
        recommendation_neighbours: neighbours that are kept of a product.
        recommendation_shrinkage: customers by whom the likeness of two products is pulled towards 0.
        recommendation_popular_days: days of orders that make a product popular.
        recommendation_available_days: days without an order or a cart after which a product counts as unavailable.
        recommendation_max_training_customers: size of the sample that neighbours are learned from.
        recommendation_max_judged_customers: size of the sample that is judged.
        recommendation_min_judged_orders: least number of next orders that allow a judgement.
        recommendation_min_hit_rate_gain: gain in hit rate over popularity that the interval's lower bound must exceed.
        recommendation_seed: seed of both samples.
        confidence_level: two-sided level of the interval, 0–1.
        drift_groups: groups in which two days are compared, ≥2.
        drift_min_share: share that an empty group counts as.
        drift_max_stability_index: index above which inputs have drifted.
    """

    recommendation_count: int
    recommendation_horizon_days: int
    recommendation_view_days: int
    recommendation_view_weight: float
    recommendation_half_life_days: float
    recommendation_recent_products: int
    recommendation_learned_products: int
    recommendation_neighbours: int
    recommendation_shrinkage: float
    recommendation_popular_days: int
    recommendation_available_days: int
    recommendation_max_training_customers: int
    recommendation_max_judged_customers: int
    recommendation_min_judged_orders: int
    recommendation_min_hit_rate_gain: float
    recommendation_seed: int
    confidence_level: float
    drift_groups: int
    drift_min_share: float
    drift_max_stability_index: float


AT_LEAST_TWO = ("recommendation_learned_products", "drift_groups")
MAY_BE_ZERO = (
    "recommendation_view_weight",
    "recommendation_shrinkage",
    "recommendation_min_hit_rate_gain",
    "recommendation_seed",
)
BELOW_ONE = ("confidence_level", "drift_min_share")
AT_MOST_ONE = (*BELOW_ONE, "recommendation_view_weight")


def parse_recommendation_settings(*, rows: pl.DataFrame) -> RecommendationSettings:
    """Turn the seed's rows into typed settings; rows of other models are passed over.

    Args:
        rows: columns `setting`, `value`; at most one row per setting (the one valid at the as-of date).

    Returns:
        The settings.

    Raises:
        ValueError: a setting is missing, stands twice, is no whole number where one is needed, or lies
            outside its bounds.
    """
    require_columns(frame=rows, columns=("setting", "value"), name="model_settings")
    kinds = {field.name: field.type for field in fields(RecommendationSettings)}
    own = rows.filter(pl.col("setting").is_in(list(kinds)) & pl.col("value").is_not_null())
    if own["setting"].is_duplicated().any():
        raise ValueError("model_settings holds a setting twice")
    values = dict(own.select("setting", pl.col("value").cast(pl.Float64)).iter_rows())
    missing = [name for name in kinds if name not in values]
    if missing:
        raise ValueError(f"model_settings lacks the row {missing[0]}")
    wrong = sorted(name for name in kinds if not _is_within_bounds(name, values[name], kinds[name] == "int"))
    if wrong:
        raise ValueError(f"model_settings out of bounds: {', '.join(wrong)}")
    return RecommendationSettings(
        **{name: int(values[name]) if kind == "int" else values[name] for name, kind in kinds.items()}
    )


def _is_within_bounds(name: str, value: float, must_be_whole: bool) -> bool:
    least_is_met = value >= 2 if name in AT_LEAST_TWO else value >= 0 if name in MAY_BE_ZERO else value > 0
    most_is_met = value < 1 if name in BELOW_ONE else value <= 1 if name in AT_MOST_ONE else True
    return least_is_met and most_is_met and (not must_be_whole or value % 1 == 0)
