"""Orders: status, money to the cent, refunds, payment; the extracts `orders` and `order_items`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from simulator.accounts import Accounts
from simulator.assumptions import DEVICES, ORDER_SOURCES, PAYMENT_METHODS, SHOP
from simulator.baskets import Baskets
from simulator.campaigns import Campaign
from simulator.columns import (
    DAY_SECONDS,
    EXTRACT_COLUMNS,
    Bools,
    Ints,
    ids,
    money,
    pick,
    pick_word,
    timestamps,
)
from simulator.draws import Chances, happens
from simulator.purchases import Purchases
from simulator.timeline import Timeline
from simulator.words import COUPONS

STATUSES = ("pending", "paid", "shipped", "completed", "cancelled", "refunded")
PENDING, PAID, SHIPPED, COMPLETED, CANCELLED, REFUNDED = range(6)
SOURCES = tuple(ORDER_SOURCES)
FREE_SHIPPING_FROM_CENTS = 9_900
SHIPPING_CENTS = (800, 1_000, 1_200)


@dataclass(frozen=True)
class Orders:
    """Orders of one chunk, sorted by time; arrays have shape (n,), `returned` (lines,).

    Attributes:
        account: position of the account.
        ordered_second: local second of ordering.
        updated_second: local second of the last change.
        status: index into STATUSES.
        gross, discount, shipping, refunded: cents; paid = gross - discount + shipping.
        returned: pieces given back per line.
        coupon: index into COUPONS or -1.
        campaign: position of the campaign or -1.
        source: index into SOURCES: where the visit came from.
        device: index into DEVICES.
        payment: index into PAYMENT_METHODS.
        order_id: string series of length n.
    """

    account: Ints
    ordered_second: Ints
    updated_second: Ints
    status: Ints
    gross: Ints
    discount: Ints
    shipping: Ints
    refunded: Ints
    returned: Ints
    coupon: Ints
    campaign: Ints
    source: Ints
    device: Ints
    payment: Ints
    order_id: pl.Series

    @property
    def paid(self) -> Ints:
        """Cents that the customer owes or has paid."""
        return self.gross - self.discount + self.shipping


def draw_orders(
    rng: np.random.Generator,
    *,
    purchases: Purchases,
    baskets: Baskets,
    accounts: Accounts,
    campaigns: list[Campaign],
    timeline: Timeline,
    chunk: int,
) -> Orders:
    """Turn purchases and baskets into orders with status, money and refunds."""
    count = purchases.count
    account = accounts.used_at(person=purchases.person, second=purchases.second, choice=rng.random(count))
    gross = baskets.per_order(baskets.unit_cents * baskets.quantity)
    discount = baskets.per_order(baskets.unit_discount_cents * baskets.quantity)
    fee = np.array(SHIPPING_CENTS)[rng.integers(0, len(SHIPPING_CENTS), count)]
    shipping = np.where(gross - discount >= FREE_SHIPPING_FROM_CENTS, 0, fee)
    status, updated, some_back = _course(rng, ordered=purchases.second, end=timeline.end_second)
    returned = _returned_pieces(rng, baskets=baskets, status=status, some_back=some_back)
    worth = (baskets.unit_cents - baskets.unit_discount_cents) * returned
    refunded = baskets.per_order(worth) + np.where(status == REFUNDED, shipping, 0)
    campaign, source = _credit(rng, purchases=purchases, campaigns=campaigns)
    return Orders(
        account=account,
        ordered_second=purchases.second,
        updated_second=updated,
        status=status,
        gross=gross,
        discount=discount,
        shipping=shipping,
        refunded=refunded,
        returned=returned,
        coupon=np.where(
            baskets.is_discounted & happens(rng, 0.6, count), rng.integers(0, len(COUPONS), count), -1
        ),
        campaign=campaign,
        source=source,
        device=Chances(list(DEVICES.values())).draw(rng, count).astype(np.int64),
        payment=Chances(list(PAYMENT_METHODS.values())).draw(rng, count).astype(np.int64),
        order_id=ids(np.arange(count) + 1, prefix=f"O{chunk:03d}", width=7),
    )


def _course(rng: np.random.Generator, *, ordered: Ints, end: int) -> tuple[Ints, Ints, Bools]:
    """Status and last change of each order, and which completed ones give some pieces back.

    What would happen behind the end has not happened yet: such orders are still pending, paid or shipped.
    """
    count = ordered.size
    u = rng.random(count)
    edges = np.cumsum([SHOP.cancelled_share, SHOP.refunded_share, SHOP.partly_refunded_share])
    status = np.where(u < edges[0], CANCELLED, np.where(u < edges[1], REFUNDED, COMPLETED))
    some_back = (u >= edges[1]) & (u < edges[2])
    days = np.where(status == COMPLETED, rng.uniform(4, 10, count), rng.uniform(0.05, 1.5, count))
    days = np.where((status == REFUNDED) | some_back, rng.uniform(3, 21, count), days)
    updated = ordered + (days * DAY_SECONDS).astype(np.int64)
    open_still = updated > end
    age_days = (end - ordered) / DAY_SECONDS
    reached = np.where(age_days < 0.15, PENDING, np.where(age_days < 1.5, PAID, SHIPPED))
    abandoned = (status == COMPLETED) & ~some_back & happens(rng, 0.004, count)
    status = np.where(open_still, reached, np.where(abandoned, PENDING, status))
    step = np.array([60, 300, 129_600])[np.minimum(status, SHIPPED)]
    updated = np.where(open_still | abandoned, np.minimum(ordered + step, end), updated)
    return status.astype(np.int64), updated, some_back & ~open_still


def _returned_pieces(rng: np.random.Generator, *, baskets: Baskets, status: Ints, some_back: Bools) -> Ints:
    """Pieces given back per line: all of a refunded order, some of the first line of others."""
    count = baskets.quantity
    some = 1 + (rng.random(count.size) * (count - 1) * 0.999).astype(np.int64)
    returned = np.where(some_back[baskets.order] & (baskets.line_no == 1), some, 0)
    return np.where(status[baskets.order] == REFUNDED, count, returned)


def _credit(
    rng: np.random.Generator, *, purchases: Purchases, campaigns: list[Campaign]
) -> tuple[Ints, Ints]:
    """Campaign and source of each order: a visit from an e-mail or SMS carries the last campaign sent so."""
    source = Chances(list(ORDER_SOURCES.values())).draw(rng, purchases.count).astype(np.int64)
    source = np.where(purchases.campaign >= 0, SOURCES.index("email"), source)
    sent = last_campaigns(source=source, day=purchases.second // DAY_SECONDS, campaigns=campaigns)
    return np.where(purchases.campaign >= 0, purchases.campaign, sent), source


def last_campaigns(*, source: Ints, day: Ints, campaigns: list[Campaign]) -> Ints:
    """Position of the last campaign sent before each day over the visit's channel, or -1."""
    found = np.full(source.size, -1, dtype=np.int64)
    for channel in ("email", "sms"):
        numbers = np.array([c.number for c in campaigns if c.channel == channel], dtype=np.int64)
        sent = np.array([c.sent_day for c in campaigns if c.channel == channel], dtype=np.int64)
        mine = np.flatnonzero(source == SOURCES.index(channel))
        rank = np.searchsorted(sent, day[mine]) - 1
        if numbers.size:
            found[mine] = np.where(rank >= 0, numbers[np.maximum(rank, 0)], -1)
    return found


def orders_frame(
    orders: Orders, *, rows: slice, accounts: Accounts, campaigns: list[Campaign], timeline: Timeline
) -> pl.DataFrame:
    """The extract `orders` for a range of orders."""
    account = orders.account[rows]
    return pl.DataFrame(
        {
            "order_id": orders.order_id[rows],
            "platform": accounts.platforms(account),
            "account_id": pick(accounts.account_id, account),
            "ordered_at": timestamps(orders.ordered_second[rows], start=timeline.start),
            "updated_at": timestamps(orders.updated_second[rows], start=timeline.start),
            "status": pick_word(STATUSES, orders.status[rows]),
            "payment_method": pick_word(list(PAYMENT_METHODS), orders.payment[rows]),
            "currency": pl.repeat("CNY", account.size, eager=True),
            "gross_amount": money(orders.gross[rows]),
            "discount_amount": money(orders.discount[rows]),
            "shipping_amount": money(orders.shipping[rows]),
            "paid_amount": money(orders.paid[rows]),
            "refunded_amount": money(orders.refunded[rows]),
            "coupon_code": pick_word(COUPONS, orders.coupon[rows]),
            "campaign_id": pick_word([c.campaign_id for c in campaigns], orders.campaign[rows]),
            "device": pick_word(list(DEVICES), orders.device[rows]),
        }
    ).select(EXTRACT_COLUMNS["orders"])
