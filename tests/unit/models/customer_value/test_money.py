"""Margin where enough costs are known, else net revenue that says why."""

from __future__ import annotations

import pytest

from models.customer_value.money import margin_or_revenue


@pytest.mark.parametrize(
    ("item_revenue", "known_revenue", "known_cost", "cost_share", "said"),
    [
        (100.0, 80.0, 20.0, 0.25, "margin"),
        (100.0, 79.0, 20.0, 0.0, "net revenue, because the cost of 21% of what is sold is not known"),
        (0.0, 0.0, 0.0, 0.0, "net revenue, because the cost of 100% of what is sold is not known"),
    ],
)
def test_margin_needs_the_cost_of_most_of_what_is_sold(
    item_revenue, known_revenue, known_cost, cost_share, said
):
    money = margin_or_revenue(
        item_revenue=item_revenue,
        known_revenue=known_revenue,
        known_cost=known_cost,
        least_coverage=0.8,
    )
    assert (money.is_margin, money.cost_share, money.said) == (said == "margin", cost_share, said)
