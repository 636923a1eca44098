"""Which products the same customers choose: the neighbours of each product, learned from customers' tastes.

Item-to-item likeness as of Sarwar, Karypis, Konstan, Riedl (2001), "Item-based collaborative filtering", WWW 10: the
cosine of two products over customers, here pulled towards 0 where few customers chose either.

Belongs here: products of a shop as arrays, tastes as a sparse matrix, likeness. Does not belong here: what a customer is
recommended (`models/recommendations/recommending.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from models.arrays import Floats, Ints
from models.frames import require_columns
from models.recommendations.recommendation_settings import RecommendationSettings

TASTES = ("customer_number", "product_number", "age_days", "is_ordered", "place")
"""One row per customer and product: days since the last order of it (or the last look, where it was never ordered),
whether it was ordered, and its place among the customer's tastes, 1 the newest."""

GOODS = ("product_number", "product_id", "recent_orders", "is_available")
"""One row per product, numbered from 0 in the order of the ids: order lines of late, and whether it can be had."""

PRODUCTS_AT_ONCE = 2_000
"""Rows of the likeness matrix in memory at a time; bounds memory for large catalogues."""


@dataclass(frozen=True, kw_only=True)
class Recommender:
    """What was learned up to a day.

    Attributes:
        goods: columns of `GOODS`, sorted by product number.
        neighbours: likeness above 0 of the products in the columns to those in the rows, only available ones and no
            more per row than the settings keep; shape (products, products), sorted indices.
    """

    goods: pl.DataFrame
    neighbours: sparse.csr_array

    @cached_property
    def pairs(self) -> Ints:
        """Row · products + column of each likeness, ascending."""
        count = self.neighbours.shape[0]
        rows = np.repeat(np.arange(count, dtype=np.int64), np.diff(self.neighbours.indptr))
        return np.asarray(rows * count + self.neighbours.indices, dtype=np.int64)

    @cached_property
    def by_popularity(self) -> Ints:
        """Product numbers, most popular first, unavailable ones last; ties by number."""
        return popularity_order(self.goods)

    @cached_property
    def popular(self) -> Ints:
        """Numbers of available products with orders of late, most popular first."""
        asked = self.goods.filter(pl.col("is_available") & (pl.col("recent_orders") > 0))
        return popularity_order(asked)

    @property
    def popularity_only(self) -> Recommender:
        """The same goods without a neighbour: what is popular is all that it can recommend."""
        nothing = sparse.csr_array(self.neighbours.shape, dtype=np.float64)
        return Recommender(goods=self.goods, neighbours=nothing)

    def likeness(self, *, source: Ints, product: Ints) -> Floats:
        """Likeness of each product to the source beside it, 0 where it is no neighbour; shape of both."""
        if not len(self.pairs):
            return np.zeros(source.shape)
        asked = source * self.neighbours.shape[0] + product
        found = np.minimum(np.searchsorted(self.pairs, asked), len(self.pairs) - 1)
        return np.where(self.pairs[found] == asked, self.neighbours.data[found], 0.0)


def learn(*, tastes: pl.DataFrame, goods: pl.DataFrame, settings: RecommendationSettings) -> Recommender:
    """Learn the neighbours of every product.

    Args:
        tastes: columns of `TASTES`, of the customers who teach.
        goods: columns of `GOODS`, every product that stands in `tastes`.
        settings: weights, shrinkage, how many tastes and neighbours count.

    Returns:
        The recommender; the order of the rows handed over does not matter.

    Raises:
        ValueError: a column is missing, or products are not numbered from 0 without a gap.
    """
    require_columns(frame=tastes, columns=TASTES, name="tastes")
    require_columns(frame=goods, columns=GOODS, name="goods")
    ordered = goods.sort("product_number")
    if ordered["product_number"].to_list() != list(range(goods.height)):
        raise ValueError("products must be numbered from 0 without a gap")
    counted = tastes.filter(pl.col("place") <= settings.recommendation_learned_products).sort(
        "customer_number", "product_number"
    )
    chosen = taste_matrix(
        rows=counted["customer_number"].rank("dense").to_numpy().astype(np.int64) - 1,
        products=counted["product_number"].to_numpy(),
        weights=base_weights(counted, settings=settings),
        shape=(counted["customer_number"].n_unique(), goods.height),
    )
    neighbours = _nearest(chosen, goods=ordered, settings=settings)
    return Recommender(goods=ordered, neighbours=neighbours)


def base_weights(tastes: pl.DataFrame, *, settings: RecommendationSettings) -> Floats:
    """Weigh each taste by what it is: 1 for an order, less for a look."""
    weights = pl.when(pl.col("is_ordered")).then(1.0).otherwise(settings.recommendation_view_weight)
    return tastes.select(weights.cast(pl.Float64)).to_series().to_numpy()


def taste_matrix(
    *, rows: Ints, products: npt.NDArray[np.integer], weights: Floats, shape: tuple[int, int]
) -> sparse.csr_array:
    """Lay tastes out as a sparse matrix, customers in rows; weights of 0 are left out."""
    counts = weights > 0
    return sparse.csr_array((weights[counts], (rows[counts], products[counts])), shape=shape)


def popularity_order(goods: pl.DataFrame) -> Ints:
    """Product numbers, available ones first, then by orders of late, then by number."""
    order = goods.sort("is_available", "recent_orders", "product_number", descending=[True, True, False])
    return order["product_number"].cast(pl.Int64).to_numpy()


def _nearest(
    chosen: sparse.csr_array, *, goods: pl.DataFrame, settings: RecommendationSettings
) -> sparse.csr_array:
    """Likeness = co-occurrence ÷ (geometric mean of both products' own + shrinkage), the nearest of each row."""
    by_product = sparse.csr_array(chosen.T)
    length = np.sqrt(by_product.power(2).sum(axis=1))
    is_available = goods["is_available"].to_numpy()
    blocks = []
    for first in range(0, goods.height, PRODUCTS_AT_ONCE):
        together = sparse.coo_array(by_product[first : first + PRODUCTS_AT_ONCE] @ chosen)
        row, column, weight = together.row, together.col, together.data
        is_other = (row + first != column) & is_available[column]
        row, column, weight = row[is_other], column[is_other], weight[is_other]
        likeness = weight / (length[row + first] * length[column] + settings.recommendation_shrinkage)
        # Equal likeness: the smaller product number, so that the order of rows cannot show.
        nearest = np.lexsort((column, -likeness, row))
        row, column, likeness = row[nearest], column[nearest], likeness[nearest]
        begins = np.flatnonzero(np.diff(row, prepend=-1))
        place = np.arange(len(row)) - np.repeat(begins, np.diff(begins, append=len(row)))
        kept = place < settings.recommendation_neighbours
        height = min(PRODUCTS_AT_ONCE, goods.height - first)
        blocks.append(
            sparse.csr_array((likeness[kept], (row[kept], column[kept])), shape=(height, goods.height))
        )
    if not blocks:
        return sparse.csr_array((0, 0))
    joined = sparse.csr_array(sparse.vstack(blocks))
    joined.sort_indices()
    return joined
