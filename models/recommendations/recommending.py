"""What each customer is recommended: neighbours of the newest tastes first, then what is popular now.

Belongs here: scores, exclusions, ranks and reasons of a group of customers. Does not belong here: learning
(`models/recommendations/product_neighbours.py`), or judging (`models/recommendations/recommendation_quality.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy import sparse

from models.arrays import Bools, Floats, Ints
from models.frames import require_columns
from models.recommendations.product_neighbours import TASTES, Recommender, base_weights, taste_matrix
from models.recommendations.recommendation_settings import RecommendationSettings

CUSTOMER_BITS, GRADE_BITS, PRODUCT_BITS = 15, 27, 22
"""How customer, grade of the score and product share the 64 bits of a sort key."""
MOST_CUSTOMERS = 2**CUSTOMER_BITS - 1
MOST_PRODUCTS = 2**PRODUCT_BITS - 1
REFUSED = 2**GRADE_BITS - 1
"""Grade of what must not be recommended; a score above 0 lacks at most half of it."""
MOST_POPULAR = 1_000
"""Length of the list of popular products; whoever has bought nearly all of them is recommended fewer."""

CHOICES = pl.Schema(
    {
        "customer_number": pl.Int64,
        "rank": pl.Int32,
        "product_number": pl.Int64,
        "score": pl.Float64,
        "because": pl.Int64,
        "is_because_ordered": pl.Boolean,
    }
)
"""`because` is the taste that says most for the product, null where it is only popular; `is_because_ordered` whether that
taste is an order, else a look. The score of what is only popular is 0."""

RECOMMENDATION_SCHEMA = pl.Schema(
    {
        "customer_id": pl.String,
        "rank": pl.Int32,
        "product_id": pl.String,
        "score": pl.Float64,
        "reason": pl.String,
    }
)


@dataclass(frozen=True)
class _Picks:
    """Picked products; arrays of one length, sorted by row and rank. Rows count the customers from 0, ranks from 0."""

    row: Ints
    rank: Ints
    product: Ints


@dataclass(frozen=True)
class _Newest:
    """The newest tastes of each customer, shape (customers, tastes); weight 0 where there is none."""

    product: Ints
    weight: Floats
    is_ordered: Bools


def recommend(
    *, customers: Ints, tastes: pl.DataFrame, recommender: Recommender, settings: RecommendationSettings
) -> pl.DataFrame:
    """Recommend products to a group of customers.

    Args:
        customers: customer numbers, ascending, each once, at most `MOST_CUSTOMERS`.
        tastes: all tastes of these customers, columns of `TASTES`; a product that was ordered is never recommended.
        recommender: what was learned.
        settings: how many products, which tastes count and how fast they fade.

    Returns:
        Columns of `CHOICES`, sorted by customer and rank; fewer ranks where the shop has no more to offer.

    Raises:
        ValueError: a column is missing, too many customers or products, or a taste of somebody else.
    """
    require_columns(frame=tastes, columns=TASTES, name="tastes")
    if len(customers) > MOST_CUSTOMERS or recommender.goods.height > MOST_PRODUCTS:
        raise ValueError(f"at most {MOST_CUSTOMERS} customers and {MOST_PRODUCTS} products at once")
    rows = np.searchsorted(customers, tastes["customer_number"].to_numpy())
    if not np.array_equal(
        customers[np.minimum(rows, len(customers) - 1)], tastes["customer_number"].to_numpy()
    ):
        raise ValueError("tastes hold a customer who is not asked for")
    placed = tastes.with_columns(row=pl.Series(rows, dtype=pl.Int64)).sort("row", "place")
    newest = _newest(placed, count=len(customers), settings=settings)
    bought = placed.filter("is_ordered").select("row", "product_number").to_numpy().astype(np.int64)
    near = _near(newest, bought=bought, recommender=recommender, most=settings.recommendation_count)
    chosen = _popular_beside(
        near, bought=bought, count=len(customers), recommender=recommender, most=settings.recommendation_count
    )
    return _explained(chosen, newest=newest, customers=customers, recommender=recommender)


def name_choices(*, choices: pl.DataFrame, customer_ids: pl.Series, goods: pl.DataFrame) -> pl.DataFrame:
    """Give choices their names and reasons.

    Args:
        choices: columns of `CHOICES`.
        customer_ids: ids by customer number.
        goods: columns of `models.recommendations.product_neighbours.GOODS`, sorted by product number.

    Returns:
        Columns of `RECOMMENDATION_SCHEMA`; the reason is `bought with <product>`, `viewed with <product>` or
        `popular now`.
    """
    products = goods["product_id"]
    words = pl.concat(["viewed with " + products, "bought with " + products, pl.Series(["popular now"])])
    reason = pl.col("is_because_ordered").cast(pl.Int64) * goods.height + pl.col("because")
    codes = choices.select(reason.fill_null(2 * goods.height)).to_series()
    return pl.DataFrame(
        {
            "customer_id": customer_ids.gather(choices["customer_number"]),
            "rank": choices["rank"],
            "product_id": products.gather(choices["product_number"]),
            "score": choices["score"],
            "reason": words.gather(codes),
        },
        schema=RECOMMENDATION_SCHEMA,
    )


def _newest(placed: pl.DataFrame, *, count: int, settings: RecommendationSettings) -> _Newest:
    """Weigh the newest tastes: what they are, halved with each half-life."""
    most = settings.recommendation_recent_products
    newest = placed.filter(pl.col("place") <= most)
    faded = 0.5 ** (newest["age_days"].to_numpy() / settings.recommendation_half_life_days)
    at = (newest["row"].to_numpy(), newest["place"].to_numpy() - 1)
    product = np.zeros((count, most), dtype=np.int64)
    weight = np.zeros((count, most))
    is_ordered = np.zeros((count, most), dtype=np.bool_)
    product[at] = newest["product_number"].to_numpy()
    weight[at] = base_weights(newest, settings=settings) * faded
    is_ordered[at] = newest["is_ordered"].to_numpy()
    return _Newest(product, weight, is_ordered)


def _near(newest: _Newest, *, bought: Ints, recommender: Recommender, most: int) -> _Picks:
    """Pick the nearest products of each customer: the highest sums of weight · likeness, nothing bought."""
    customers, width = newest.product.shape
    products = recommender.goods.height
    wanted = taste_matrix(
        rows=np.repeat(np.arange(customers), width),
        products=newest.product.ravel(),
        weights=newest.weight.ravel(),
        shape=(customers, products),
    )
    # One product of matrices: a bought product is its own neighbour at minus infinity.
    taken = sparse.csr_array(
        (np.ones(len(bought)), (bought[:, 0], bought[:, 1])), shape=(customers, products)
    )
    refused = sparse.diags_array(np.full(products, -np.inf), format="csr")
    scores = sparse.csr_array(
        sparse.hstack([wanted, taken], format="csr")
        @ sparse.vstack([recommender.neighbours, refused], format="csr")
    )
    return _best(scores, by_popularity=recommender.by_popularity, most=most)


def _best(scores: sparse.csr_array, *, by_popularity: Ints, most: int) -> _Picks:
    """Pick the highest scores above 0 of each row; scores equal to the eighth digit go by popularity.

    One sort of whole numbers, because sorting by several columns takes ten times as long: customer, then what the score
    lacks to the customer's highest, then the product's place in popularity.
    """
    sizes = np.diff(scores.indptr)
    filled = np.flatnonzero(sizes)
    begins, sizes = scores.indptr[filled].astype(np.int64), sizes[filled]
    if not len(filled):
        return _Picks(filled, filled, filled)
    highest = np.maximum(np.maximum.reduceat(scores.data, begins), np.finfo(np.float64).tiny)
    lacking = scores.data / np.repeat(highest, sizes)
    np.subtract(1, lacking, out=lacking)
    lacking *= 2 ** (GRADE_BITS - 1)
    np.minimum(np.rint(lacking, out=lacking), REFUSED, out=lacking)
    popularity = np.empty(len(by_popularity), dtype=np.uint64)
    popularity[by_popularity] = np.arange(len(by_popularity), dtype=np.uint64)
    keys = lacking.astype(np.uint64)
    keys <<= np.uint64(PRODUCT_BITS)
    keys |= popularity[scores.indices]
    keys |= np.repeat(filled.astype(np.uint64) << np.uint64(GRADE_BITS + PRODUCT_BITS), sizes)
    keys.sort()
    # Rows stand where they stood before the sort, so each customer's first keys are the best.
    rank = np.arange(most)
    which, rank = np.nonzero(rank < sizes[:, None])
    keys = keys[begins[which] + rank]
    is_wanted = (keys >> np.uint64(PRODUCT_BITS)) & np.uint64(2**GRADE_BITS - 1) < REFUSED
    place = (keys[is_wanted] & np.uint64(2**PRODUCT_BITS - 1)).astype(np.int64)
    return _Picks(filled[which[is_wanted]], rank[is_wanted], by_popularity[place])


def _popular_beside(near: _Picks, *, bought: Ints, count: int, recommender: Recommender, most: int) -> _Picks:
    """Fill the ranks that neighbours leave empty with popular products, neither bought nor picked."""
    picked = np.bincount(near.row, minlength=count)
    short = np.flatnonzero(picked < most)
    popular = recommender.popular[:MOST_POPULAR]
    if not len(short) or not len(popular):
        return near
    number = np.full(count, -1)
    number[short] = np.arange(len(short))
    place = np.full(recommender.goods.height, -1)
    place[popular] = np.arange(len(popular))
    row = number[np.concatenate([bought[:, 0], near.row])]
    column = place[np.concatenate([bought[:, 1], near.product])]
    is_told = (row >= 0) & (column >= 0)
    is_free = np.ones((len(short), len(popular)), dtype=np.bool_)
    is_free[row[is_told], column[is_told]] = False
    rank = np.cumsum(is_free, axis=1, dtype=np.int16) - 1 + picked[short, None]
    more, where = np.nonzero(is_free & (rank < most))
    rows = np.concatenate([near.row, short[more]])
    ranks = np.concatenate([near.rank, rank[more, where]])
    order = np.argsort(rows * most + ranks)
    products = np.concatenate([near.product, popular[where]])
    return _Picks(rows[order], ranks[order], products[order])


def _explained(chosen: _Picks, *, newest: _Newest, customers: Ints, recommender: Recommender) -> pl.DataFrame:
    """Score each pick and name the taste that says most for it; of equal ones the newest."""
    score = np.zeros(len(chosen.row))
    strongest = np.zeros(len(chosen.row))
    because = np.full(len(chosen.row), -1)
    for taste in range(newest.product.shape[1]):
        weight = newest.weight[chosen.row, taste]
        asked = np.flatnonzero(weight > 0)
        source = newest.product[chosen.row[asked], taste]
        says = weight[asked] * recommender.likeness(source=source, product=chosen.product[asked])
        score[asked] += says
        is_stronger = says > strongest[asked]
        strongest[asked[is_stronger]] = says[is_stronger]
        because[asked[is_stronger]] = taste
    is_near = pl.Series(because >= 0)
    at = (chosen.row, np.maximum(because, 0))
    return (
        pl.DataFrame(
            {
                "customer_number": customers[chosen.row],
                "rank": chosen.rank + 1,
                "product_number": chosen.product,
                "score": score,
                "because": newest.product[at],
                "is_because_ordered": newest.is_ordered[at],
            }
        )
        .with_columns(pl.when(is_near).then(pl.col("because", "is_because_ordered")))
        .cast(CHOICES)
    )
