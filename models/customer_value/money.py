"""What the money of customer value is: net revenue, or margin where enough costs are known.

Belongs here: that decision. Does not belong here: the money of a purchase day
(`orchestration/kpi/queries/purchase_days.sql`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Money:
    """What money is.

    Attributes:
        is_margin: whether costs are taken off.
        cost_share: cost ÷ net revenue of the products whose cost is known, for those whose cost is not.
        said: what it is, for the card.
    """

    is_margin: bool
    cost_share: float
    said: str


NET_REVENUE = Money(is_margin=False, cost_share=0.0, said="net revenue")


def margin_or_revenue(
    *, item_revenue: float, known_revenue: float, known_cost: float, least_coverage: float
) -> Money:
    """Take margin where the cost of most of what is sold is known, else net revenue.

    Args:
        item_revenue: net revenue of all that was sold.
        known_revenue: net revenue of products whose cost is known, in the same currency.
        known_cost: their cost.
        least_coverage: share of the revenue whose cost must be known, 0–1.
    """
    coverage = known_revenue / item_revenue if item_revenue > 0 else 0.0
    if known_revenue > 0 and coverage >= least_coverage:
        return Money(is_margin=True, cost_share=known_cost / known_revenue, said="margin")
    said = f"net revenue, because the cost of {1 - coverage:.0%} of what is sold is not known"
    return Money(is_margin=False, cost_share=0.0, said=said)
