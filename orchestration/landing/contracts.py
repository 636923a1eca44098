"""What one row of each extract must look like: one dataframely schema per extract (DOMAIN section 1).

What belongs here: columns, types, rules about a single row. What does not: how text becomes a typed value
(`coercion`), what a broken rule is called (`reasons`), rules across rows (`duplicates`).

Technical columns travel with each row: `_position` (row in its batch), `_latest` (the last moment that a
timestamp may name), `_reporting_currency` and `_unreadable` (one bit per typed column whose text could not
be read).
"""

from __future__ import annotations

import dataframely as dy
import polars as pl

from orchestration.landing.columns import (
    LIMITS,
    birth_day,
    count,
    flag,
    key,
    known,
    moment,
    money,
    text,
    unreadable,
)

TECHNICAL_COLUMNS = ("_position", "_latest", "_reporting_currency", "_unreadable")


class Landed(dy.Schema):
    """What every row carries while it is checked."""

    _position = dy.UInt32()
    _latest = dy.Datetime(time_unit="us")
    _reporting_currency = dy.String()


class Registrations(Landed):
    """One account on one platform."""

    platform = key()
    account_id = key()
    registered_at = moment(required=True)
    updated_at = moment()
    name = text()
    email = text()
    phone = text()
    gender = text()
    birth_date = birth_day()
    country = text()
    province = text()
    city = text()
    occupation = text()
    acquisition_channel = text()
    email_consent = flag()
    sms_consent = flag()
    status = known("registrations", "status")
    anonymous_id = text()
    referred_by = text()
    _unreadable = unreadable(vars())


class Orders(Landed):
    """One order."""

    platform = key()
    order_id = key()
    account_id = text()
    ordered_at = moment(required=True)
    updated_at = moment()
    status = known("orders", "status", required=True)
    payment_method = text()
    currency = text()
    gross_amount = money()
    discount_amount = money()
    shipping_amount = money()
    paid_amount = money(required=True)
    refunded_amount = money()
    coupon_code = text()
    campaign_id = text()
    device = text()
    _unreadable = unreadable(vars())

    @dy.rule()
    def refund_exceeds_payment(cls) -> pl.Expr:  # noqa: N805 - dataframely passes the schema
        """A credit note belongs to no payment; everything else gives back at most what was paid."""
        has_no_payment = (pl.col("status") == "credit_note") | (pl.col("paid_amount") < 0)
        return (pl.col("refunded_amount") <= pl.col("paid_amount")) | has_no_payment

    @dy.rule()
    def other_currency(cls) -> pl.Expr:  # noqa: N805 - dataframely passes the schema
        """A shop reports in one currency; an order that names none is in that currency."""
        return pl.col("currency").str.to_uppercase() == pl.col("_reporting_currency")


class OrderItems(Landed):
    """One line of an order."""

    platform = key()
    order_id = key()
    line_no = count(LIMITS.min_line_no, required=True)
    product_id = text()
    quantity = count(LIMITS.min_quantity, LIMITS.max_quantity, required=True)
    unit_price = money(required=True)
    discount_amount = money()
    refunded_quantity = count(0)
    _unreadable = unreadable(vars())

    @dy.rule()
    def refund_exceeds_quantity(cls) -> pl.Expr:  # noqa: N805 - dataframely passes the schema
        """At most as many pieces come back as were sold."""
        return pl.col("refunded_quantity") <= pl.col("quantity")


class BrowseEvents(Landed):
    """One event of a visit."""

    platform = key()
    event_id = key()
    event_at = moment(required=True)
    anonymous_id = text()
    account_id = text()
    event_type = known("browse_events", "event_type")
    product_id = text()
    search_term = text()
    device = text()
    source = text()
    campaign_id = text()
    session_id = text()
    _unreadable = unreadable(vars())


class Tickets(Landed):
    """One customer-service ticket."""

    platform = key()
    ticket_id = key()
    account_id = text()
    created_at = moment(required=True)
    updated_at = moment()
    first_response_at = moment()
    resolved_at = moment()
    channel = text()
    category = text()
    topic = text()
    priority = text()
    escalation_level = count(LIMITS.min_escalation_level, LIMITS.max_escalation_level)
    handled_by = text()
    status = known("tickets", "status")
    satisfaction = count(LIMITS.min_satisfaction, LIMITS.max_satisfaction)
    message = text()
    _unreadable = unreadable(vars())

    @dy.rule()
    def answered_before_created(cls) -> pl.Expr:  # noqa: N805 - dataframely passes the schema
        """Nobody answers what was not asked yet."""
        return pl.col("first_response_at") >= pl.col("created_at")

    @dy.rule()
    def resolved_before_created(cls) -> pl.Expr:  # noqa: N805 - dataframely passes the schema
        """Nobody solves what was not asked yet."""
        return pl.col("resolved_at") >= pl.col("created_at")


class Products(Landed):
    """One product."""

    product_id = key()
    name = text()
    category = text()
    brand = text()
    list_price = money()
    unit_cost = money()
    _unreadable = unreadable(vars())


class Campaigns(Landed):
    """One campaign variant."""

    campaign_id = key()
    name = text()
    channel = text()
    purpose = text()
    variant = key()
    sent_at = moment()
    cost = money()
    _unreadable = unreadable(vars())


class CampaignEvents(Landed):
    """One delivery event."""

    campaign_id = key()
    variant = text()
    platform = key()
    account_id = key()
    event_type = known("campaign_events", "event_type", required=True)
    event_at = moment(required=True)
    is_machine = flag()
    _unreadable = unreadable(vars())


class Feedback(Landed):
    """One review or survey answer."""

    platform = key()
    feedback_id = key()
    account_id = text()
    order_id = text()
    created_at = moment(required=True)
    kind = known("feedback", "kind")
    score = count(LIMITS.min_score, LIMITS.max_score)
    text = text()
    _unreadable = unreadable(vars())

    @dy.rule()
    def score_outside_kind(cls) -> pl.Expr:  # noqa: N805 - dataframely passes the schema
        """Each kind has its own scale; a score whose kind is not said must only be on the widest."""
        return pl.col("kind").is_null() | pl.any_horizontal(
            (pl.col("kind") == kind) & pl.col("score").is_between(low, high)
            for kind, (low, high) in LIMITS.score_scales.items()
        )


class IdentityOverrides(Landed):
    """One decision of a steward: two accounts are one customer, or never are."""

    decision = known("identity_overrides", "decision", required=True)
    platform = key()
    account_id = key()
    other_platform = key()
    other_account_id = key()
    reason = key()
    author = key()
    decided_at = moment()
    _unreadable = unreadable(vars())

    @dy.rule()
    def same_account(cls) -> pl.Expr:  # noqa: N805 - dataframely passes the schema
        """An account is neither joined with itself nor kept apart from itself."""
        return (pl.col("platform") != pl.col("other_platform")) | (
            pl.col("account_id") != pl.col("other_account_id")
        )


SCHEMAS: dict[str, type[Landed]] = {
    "registrations": Registrations,
    "orders": Orders,
    "order_items": OrderItems,
    "browse_events": BrowseEvents,
    "tickets": Tickets,
    "products": Products,
    "campaigns": Campaigns,
    "campaign_events": CampaignEvents,
    "feedback": Feedback,
    "identity_overrides": IdentityOverrides,
}
# Of an append-only extract the event's identifier alone says whether two rows are the same event.
UNIQUE_KEYS = {"browse_events": ("platform", "event_id")}
# Their file says which of two versions is the newer one; rows are repeated within it alone.
DATED_BY_FILE = ("products", "campaigns", "identity_overrides")


def content_columns(extract: str) -> list[str]:
    """Columns that an extract has by contract, in order, without the technical ones."""
    return [name for name in SCHEMAS[extract].column_names() if name not in TECHNICAL_COLUMNS]


def required_columns(extract: str) -> list[str]:
    """Columns without which a file is refused."""
    columns = SCHEMAS[extract].columns()
    return [name for name, column in columns.items() if (column.metadata or {}).get("required")]


def hashed_columns(extract: str) -> list[str]:
    """Columns that `_row_hash` covers: the unique key of an append-only extract, else all content."""
    return list(UNIQUE_KEYS.get(extract, content_columns(extract)))


def amount(extract: str) -> pl.Expr:
    """Money that a row carries for the money ledger, DECIMAL(18,2); NULL where an extract carries none."""
    if extract == "orders":
        return pl.col("paid_amount")
    if extract == "order_items":
        gross = pl.col("unit_price").cast(pl.Decimal(38, 2)) * pl.col("quantity").cast(pl.Decimal(38, 0))
        return (gross - pl.col("discount_amount").fill_null(0)).cast(pl.Decimal(18, 2), strict=False)
    return pl.lit(None, dtype=pl.Decimal(18, 2))
