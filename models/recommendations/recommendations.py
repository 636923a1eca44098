"""Recommendations: judged on the next orders after a cut, learned anew on the as-of date if they beat popularity.

Belongs here: what the card says, what a customer looks like for drift. Does not belong here: learning, choosing, judging
(`models/recommendations/product_neighbours.py`, `recommending.py`, `recommendation_quality.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

import polars as pl

from models.drift import stability_indexes
from models.model_cards import Findings
from models.recommendations.product_neighbours import Recommender
from models.recommendations.recommendation_quality import Judgement
from models.recommendations.recommendation_settings import RecommendationSettings

PRAISE = "Hits more of the next orders after the cut than what is popular."
LOOKED_AT = ("tastes", "ordered_products", "days_since_newest_taste")


@dataclass(kw_only=True)
class RecommenderFindings(Findings):
    """What is found on the way to the card: of the recommender that was judged, and of the one learned anew."""

    def note_learned(
        self, *, recommender: Recommender, tastes: pl.DataFrame, day: date, settings: RecommendationSettings
    ) -> None:
        """Note what a recommender was learned from; the one of the as-of date stands under `relearned`."""
        learned = {
            "training_customers": tastes["customer_number"].n_unique(),
            "training_tastes": tastes.height,
            "products": recommender.goods.height,
            "available_products": int(recommender.goods["is_available"].sum()),
            "neighbours": int(recommender.neighbours.nnz),
        }
        if self.trained_on is None:
            own = {
                name: value for name, value in asdict(settings).items() if name.startswith("recommendation_")
            }
            self.parameters = {**own, **learned}
        else:
            self.parameters["relearned"] = learned
        self.trained_on = day

    def note_judgement(self, *, judgement: Judgement, cut_date: date) -> None:
        """Note how the recommender did on the holdout."""
        self.cut_date = cut_date
        self.metrics["test"] = {"orders": judgement.orders, **judgement.recommender}
        self.metrics["reachable_share"] = judgement.reachable_orders / judgement.orders
        self.metrics["hit_rate_gain"] = judgement.gain
        self.metrics["hit_rate_gain_low"] = judgement.gain_low
        self.metrics["hit_rate_gain_high"] = judgement.gain_high
        self.baselines["popularity"] = dict(judgement.popularity)


def taste_drift(
    *, before: pl.DataFrame, after: pl.DataFrame, settings: RecommendationSettings
) -> Mapping[str, float]:
    """Compare the customers who taught on two days.

    Args:
        before: their tastes at the cut, columns of `models.recommendations.product_neighbours.TASTES`.
        after: the same on the as-of date.
        settings: groups and shares of the index.

    Returns:
        Population stability index of tastes, ordered products and days since the newest taste per customer.
    """
    described = [
        tastes.group_by("customer_number").agg(
            tastes=pl.len(),
            ordered_products=pl.col("is_ordered").sum(),
            days_since_newest_taste=pl.col("age_days").min(),
        )
        for tastes in (before, after)
    ]
    return stability_indexes(
        before=described[0],
        after=described[1],
        columns=LOOKED_AT,
        settings=settings,
    )
