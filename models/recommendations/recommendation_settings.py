"""The numbers of the recommender, read from the rows of `seeds/model_settings.csv`.

Belongs here: names, types and bounds of settings. Does not belong here: any value of a setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from models.drift import DriftSettings
from models.setting_rows import Bounds


@dataclass(frozen=True, kw_only=True)
class RecommendationSettings(DriftSettings):
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
    """

    recommendation_count: int
    recommendation_horizon_days: int
    recommendation_view_days: int
    recommendation_view_weight: Annotated[float, Bounds(least=0, most=1)]
    recommendation_half_life_days: float
    recommendation_recent_products: int
    recommendation_learned_products: Annotated[int, Bounds(least=2)]
    recommendation_neighbours: int
    recommendation_shrinkage: Annotated[float, Bounds(least=0)]
    recommendation_popular_days: int
    recommendation_available_days: int
    recommendation_max_training_customers: int
    recommendation_max_judged_customers: int
    recommendation_min_judged_orders: int
    recommendation_min_hit_rate_gain: Annotated[float, Bounds(least=0)]
    recommendation_seed: Annotated[int, Bounds(least=0)]
    confidence_level: Annotated[float, Bounds(below=1)]
