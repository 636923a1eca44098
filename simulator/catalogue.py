"""The goods: products with prices that span every purse, and draws of products."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from simulator.columns import Array, Floats, Ints, ids, money, pick_word
from simulator.draws import Chances
from simulator.words import BRANDS, CATEGORIES, PRODUCTS_PER_CATEGORY, STYLES


@dataclass(frozen=True)
class Catalogue:
    """All products; product k belongs to category k // PRODUCTS_PER_CATEGORY, prices rise within it.

    Attributes:
        product_id: id per product, string series of length n.
        price_cents: list price in cents, shape (n,).
        cost_cents: unit cost in cents, shape (n,).
        brand: index into BRANDS, shape (n,).
        noun: index into the category's nouns, shape (n,).
        style: index into STYLES, shape (n,).
        popularity: chances of each product to be looked at.
        categories: chances of each category to be bought.
    """

    product_id: pl.Series
    price_cents: Ints
    cost_cents: Ints
    brand: Ints
    noun: Ints
    style: Ints
    popularity: Chances
    categories: Chances

    def near_price(self, rng: np.random.Generator, *, category: Array, target_cents: Floats) -> Ints:
        """Products of the given categories whose price is near the target, a few ranks off, shape (n,)."""
        prices = self.price_cents.reshape(len(CATEGORIES), PRODUCTS_PER_CATEGORY)
        rank = np.empty(category.size, dtype=np.int64)
        for number, row in enumerate(prices):
            mine = np.flatnonzero(category == number)
            middle = np.sqrt(row[1:].astype(np.float64) * row[:-1])
            rank[mine] = np.searchsorted(middle, target_cents[mine])
        off = np.rint(rng.standard_normal(category.size, dtype=np.float32) * 1.5).astype(np.int64)
        rank = np.clip(rank + off, 0, PRODUCTS_PER_CATEGORY - 1)
        return np.asarray(category * PRODUCTS_PER_CATEGORY + rank, dtype=np.int64)

    def frame(self) -> pl.DataFrame:
        """The extract `products`."""
        category = np.arange(self.price_cents.size) // PRODUCTS_PER_CATEGORY
        nouns = [noun for _, _, words in CATEGORIES.values() for noun in words]
        nouns_each = len(nouns) // len(CATEGORIES)
        brand = pick_word(BRANDS, self.brand)
        name = brand + " " + pick_word(nouns, category * nouns_each + self.noun) + " "
        return pl.DataFrame(
            {
                "product_id": self.product_id,
                "name": name + pick_word(STYLES, self.style),
                "category": pick_word(list(CATEGORIES), category),
                "brand": brand,
                "list_price": money(self.price_cents),
                "unit_cost": money(self.cost_cents),
            }
        )


def draw_catalogue(rng: np.random.Generator) -> Catalogue:
    """Make the shop's products: log-uniform prices from 6 to 9,000 CNY, more of them near the median."""
    count = len(CATEGORIES) * PRODUCTS_PER_CATEGORY
    log_price = np.linspace(np.log(6.0), np.log(9_000.0), PRODUCTS_PER_CATEGORY)
    jitter = rng.uniform(-0.02, 0.02, (len(CATEGORIES), PRODUCTS_PER_CATEGORY))
    yuan = np.exp(np.tile(log_price, (len(CATEGORIES), 1)) + jitter)
    ending = np.where(yuan < 60, 0, 90)
    cents = np.where(yuan < 60, np.rint(yuan * 10) * 10, np.floor(yuan) * 100 + ending).astype(np.int64)
    cents = np.sort(cents, axis=1).reshape(count)
    medians = np.repeat([median for median, _, _ in CATEGORIES.values()], PRODUCTS_PER_CATEGORY)
    weights = np.repeat([weight for _, weight, _ in CATEGORIES.values()], PRODUCTS_PER_CATEGORY)
    distance = np.log(cents / 100 / medians)
    taste = rng.gamma(1.2, 1.0, count)
    return Catalogue(
        product_id=ids(np.arange(1, count + 1), prefix="G", width=5),
        price_cents=cents,
        cost_cents=np.rint(cents * rng.uniform(0.45, 0.75, count)).astype(np.int64),
        brand=rng.integers(0, len(BRANDS), count),
        noun=rng.integers(0, 6, count),
        style=rng.integers(0, len(STYLES), count),
        popularity=Chances(weights * taste * np.exp(-0.5 * (distance / 1.2) ** 2)),
        categories=Chances([weight for _, weight, _ in CATEGORIES.values()]),
    )
