"""Recommendations judged on the next orders of customers, beside what is popular.

Belongs here: hits, recall, coverage, the gain with its interval, and whether it is enough. Does not belong here: what is
recommended (`models/recommendations/recommending.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import polars as pl

from models.frames import require_columns
from models.recommendations.recommendation_settings import RecommendationSettings
from models.withholding import WithheldError

PAIR = ("customer_number", "product_number")


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """How two lists of recommendations did on the same next orders.

    Attributes:
        orders: next orders that were judged, one per customer.
        reachable_orders: of these the ones with an available product that the customer had not ordered before: no list
            that leaves out what was bought can hit any other.
        recommender: `hits`, `hit_rate` (share of the orders), `recall` (share of their products), `coverage` (share of
            the available products that somebody was recommended).
        popularity: the same of the popular products.
        gain: difference of the two hit rates.
        gain_low: its lower bound.
        gain_high: its upper bound.
    """

    orders: int
    reachable_orders: int
    recommender: Mapping[str, float]
    popularity: Mapping[str, float]
    gain: float
    gain_low: float
    gain_high: float


def judge(
    *,
    recommended: pl.DataFrame,
    popular: pl.DataFrame,
    next_orders: pl.DataFrame,
    available_products: int,
    confidence: float,
) -> Judgement:
    """Judge recommendations and popular products on the same next orders.

    Args:
        recommended: `customer_number`, `product_number`, of the customers in `next_orders`.
        popular: the same, of what is popular, with the same exclusions.
        next_orders: `customer_number`, `product_number`, `is_reachable` (available and never ordered before); a row per
            product of each customer's next order.
        available_products: products that could have been recommended.
        confidence: two-sided level of the interval, 0–1.

    Returns:
        The judgement.

    Raises:
        ValueError: a column is missing, or no order is judged.
    """
    require_columns(frame=next_orders, columns=(*PAIR, "is_reachable"), name="next_orders")
    if next_orders.is_empty():
        raise ValueError("there is no next order to judge")
    (own, own_hits), (other, other_hits) = (
        _measure(choices, next_orders=next_orders, available_products=available_products, name=name)
        for name, choices in (("recommender", recommended), ("popularity", popular))
    )
    orders = next_orders["customer_number"].n_unique()
    gain, low, high = paired_difference(
        only_first=len(own_hits - other_hits),
        only_second=len(other_hits - own_hits),
        count=orders,
        confidence=confidence,
    )
    return Judgement(
        orders=orders,
        reachable_orders=next_orders.filter("is_reachable")["customer_number"].n_unique(),
        recommender=own,
        popularity=other,
        gain=gain,
        gain_low=low,
        gain_high=high,
    )


def _measure(
    choices: pl.DataFrame, *, next_orders: pl.DataFrame, available_products: int, name: str
) -> tuple[dict[str, float], set[int]]:
    """Give the figures of one list of products, and the customers whose next order it hit."""
    require_columns(frame=choices, columns=PAIR, name=name)
    hits = next_orders.join(choices.select(PAIR), on=PAIR, how="semi")
    customers = set(hits["customer_number"])
    figures = {
        "hits": len(customers),
        "hit_rate": len(customers) / next_orders["customer_number"].n_unique(),
        "recall": hits.height / next_orders.height,
        "coverage": choices["product_number"].n_unique() / max(available_products, 1),
    }
    return figures, customers


def paired_difference(
    *, only_first: int, only_second: int, count: int, confidence: float
) -> tuple[float, float, float]:
    """Give the difference of two shares of the same cases, with its interval.

    Bonett, Price (2012), "Adjusted Wald confidence interval for a difference of binomial proportions based on paired
    data", Journal of Educational and Behavioral Statistics 37: one case is added to each kind of disagreement.

    Args:
        only_first: cases that the first alone got right.
        only_second: cases that the second alone got right.
        count: all cases.
        confidence: two-sided level, 0–1.

    Returns:
        First minus second, lower bound, upper bound; -1 to 1.

    Raises:
        ValueError: there is no case, or the level is not strictly between 0 and 1.
    """
    if count < 1 or not 0 < confidence < 1:
        raise ValueError("a difference needs a case, and a level between 0 and 1")
    first, second = (only_first + 1) / (count + 2), (only_second + 1) / (count + 2)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    half_width = z * sqrt((first + second - (first - second) ** 2) / (count + 2))
    middle = first - second
    return (only_first - only_second) / count, max(middle - half_width, -1.0), min(middle + half_width, 1.0)


def demand_enough(*, orders: int, settings: RecommendationSettings) -> None:
    """Refuse a judgement on few orders.

    Raises:
        WithheldError: there are fewer than the settings ask for.
    """
    least = settings.recommendation_min_judged_orders
    if orders < least:
        raise WithheldError(
            f"Only {orders} customers with a known taste ordered within "
            f"{settings.recommendation_horizon_days} days after the cut; {least} are needed to judge."
        )


def demand_better(*, judgement: Judgement, settings: RecommendationSettings) -> None:
    """Refuse recommendations that what is popular hits as well as.

    Raises:
        WithheldError: the lower bound of the gain is not above what the settings ask for.
    """
    if judgement.gain_low <= settings.recommendation_min_hit_rate_gain:
        raise WithheldError(
            f"On the next orders after the cut {judgement.recommender['hit_rate']:.4f} were hit and "
            f"{judgement.popularity['hit_rate']:.4f} by what is popular; the gain of {judgement.gain:.4f} lies between "
            f"{judgement.gain_low:.4f} and {judgement.gain_high:.4f}, and its lower bound must be above "
            f"{settings.recommendation_min_hit_rate_gain:g}."
        )
