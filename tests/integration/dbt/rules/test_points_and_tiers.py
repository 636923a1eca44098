"""The whole 5 × 5 × 5 grid of points, read from the seeds: more of anything never leads downwards."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import duckdb
import pytest

SEEDS = Path(__file__).resolve().parents[4] / "seeds"
GRID = list(product(range(1, 6), repeat=3))


@pytest.fixture(scope="module")
def tiers() -> dict[tuple[int, int, int], int]:
    """Lowest score of the tier of each cell, by weights and tiers of the seeds."""
    newest = "qualify valid_from = max(valid_from) over ()"
    weights = dict(
        duckdb.sql(f"select rule, value from read_csv('{SEEDS / 'rfm_weights.csv'}') {newest}").fetchall()
    )
    bands = duckdb.sql(
        f"select min_score, max_score from read_csv('{SEEDS / 'rfm_tiers.csv'}') {newest}"
    ).fetchall()
    ranks = {}
    for cell in GRID:
        names = ("recency_weight", "frequency_weight", "monetary_weight")
        score = sum(weights[name] * points for name, points in zip(names, cell, strict=True))
        fitting = [low for low, high in bands if low <= score <= high]
        assert len(fitting) == 1, f"{cell} scores {score} and has {len(fitting)} tiers"
        ranks[cell] = fitting[0]
    return ranks


@pytest.mark.parametrize("measure", [0, 1, 2], ids=["recency", "frequency", "monetary"])
def test_one_more_point_never_lowers_a_tier(tiers: dict[tuple[int, int, int], int], measure: int) -> None:
    for cell in GRID:
        if cell[measure] < 5:
            higher = list(cell)
            higher[measure] += 1
            assert tiers[(higher[0], higher[1], higher[2])] >= tiers[cell]


def test_more_money_or_more_orders_never_lower_the_score_of_equals(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    pairs = warehouse.execute("""
        with scored as (
            select evaluated_on, last_order_date, frequency, net_revenue / frequency as average, rfm_score
            from intermediate.int_customer_rfm
        )
        select count(*), count(*) filter (more.rfm_score < less.rfm_score)
        from scored as less
        inner join scored as more
            on more.evaluated_on = less.evaluated_on
            and more.last_order_date >= less.last_order_date
            and more.frequency >= less.frequency
            and more.average >= less.average
    """).fetchone()
    assert pairs is not None
    assert pairs[0] > 10_000
    assert pairs[1] == 0
