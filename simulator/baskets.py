"""What lies in the baskets: lines with product, quantity, price, discount and returned pieces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from simulator.assumptions import SHOP
from simulator.catalogue import Catalogue
from simulator.columns import EXTRACT_COLUMNS, Bools, Ints, money
from simulator.draws import happens, positions_within
from simulator.persons import Persons
from simulator.purchases import Purchases
from simulator.timeline import Timeline


@dataclass(frozen=True)
class Baskets:
    """Order lines, in the order of the orders; line arrays have shape (m,), `first_line` (n,).

    Discounts are a whole number of cents per piece, so that returning some pieces never splits a cent.

    Attributes:
        first_line: position of each order's first line.
        order: position of the order.
        line_no: counts from 1 within the order.
        product: position of the product.
        quantity: pieces.
        unit_cents: price of a piece.
        unit_discount_cents: discount on a piece.
        is_discounted: per order, shape (n,).
    """

    first_line: Ints
    order: Ints
    line_no: Ints
    product: Ints
    quantity: Ints
    unit_cents: Ints
    unit_discount_cents: Ints
    is_discounted: Bools

    def per_order(self, line_cents: Ints) -> Ints:
        """Sum of a line figure per order, shape (n,)."""
        if not self.first_line.size:
            return np.zeros(0, dtype=np.int64)
        return np.add.reduceat(line_cents, self.first_line)


def draw_baskets(
    rng: np.random.Generator,
    *,
    purchases: Purchases,
    persons: Persons,
    catalogue: Catalogue,
    timeline: Timeline,
) -> Baskets:
    """Fill the baskets so that an order is worth its person's level times Gamma(p)/p (Gamma-Gamma)."""
    count = purchases.count
    u = rng.random(count, dtype=np.float32)
    lines = 1 + (u < 0.42).astype(np.int64) + (u < 0.16) + (u < 0.06)
    order = np.repeat(np.arange(count, dtype=np.int64), lines)
    person = purchases.person[order]
    shape = SHOP.order_value_shape
    value = persons.spend_cents[purchases.person] * rng.standard_gamma(shape, count) / shape
    weight = rng.uniform(0.4, 1.6, order.size)
    first_line = np.cumsum(lines) - lines
    total = np.add.reduceat(weight, first_line) if count else weight
    v = rng.random(order.size, dtype=np.float32)
    quantity = 1 + (v < 0.28).astype(np.int64) + (v < 0.1) + (v < 0.03)
    target = value[order] * weight / total[order] / quantity
    favourite = happens(rng, 0.5, order.size)
    category = np.where(favourite, persons.category[person], catalogue.categories.draw(rng, order.size))
    product = catalogue.near_price(rng, category=category, target_cents=target)
    unit_cents = catalogue.price_cents[product]
    is_discounted = _discounted(rng, purchases=purchases, persons=persons, timeline=timeline)
    rate = np.where(is_discounted[order], rng.uniform(0.05, 0.30, order.size), 0.0)
    return Baskets(
        first_line=first_line,
        order=order,
        line_no=positions_within(lines) + 1,
        product=product,
        quantity=quantity,
        unit_cents=unit_cents,
        unit_discount_cents=np.floor(unit_cents * rate).astype(np.int64),
        is_discounted=is_discounted,
    )


def _discounted(
    rng: np.random.Generator, *, purchases: Purchases, persons: Persons, timeline: Timeline
) -> Bools:
    """Orders under discount: by the person's taste, more in festivals, always with a campaign."""
    lift = timeline.lifts[purchases.second // 86_400]
    share = persons.promotion_share[purchases.person] * np.where(lift > 1, 1.7, 1.0)
    return np.asarray(happens(rng, share, purchases.count) | (purchases.campaign >= 0))


def items_frame(
    baskets: Baskets,
    *,
    rows: slice,
    order_id: pl.Series,
    platform: pl.Series,
    catalogue: Catalogue,
    returned: Ints,
) -> pl.DataFrame:
    """The extract `order_items` for a range of lines.

    Args:
        baskets: all lines of the chunk.
        rows: which lines.
        order_id: ids of all orders of the chunk.
        platform: platforms of all orders of the chunk.
        catalogue: the products.
        returned: pieces given back per line, shape (m,).
    """
    order = baskets.order[rows].astype(np.uint32)
    quantity = baskets.quantity[rows]
    return pl.DataFrame(
        {
            "order_id": order_id.gather(order),
            "platform": platform.gather(order),
            "line_no": baskets.line_no[rows].astype(np.int32),
            "product_id": catalogue.product_id.gather(baskets.product[rows].astype(np.uint32)),
            "quantity": quantity.astype(np.int32),
            "unit_price": money(baskets.unit_cents[rows]),
            "discount_amount": money(baskets.unit_discount_cents[rows] * quantity),
            "refunded_quantity": returned[rows].astype(np.int32),
        }
    ).select(EXTRACT_COLUMNS["order_items"])
