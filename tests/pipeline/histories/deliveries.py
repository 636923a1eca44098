"""What a small, unruly shop may drop: few people, few orders, everything in any order.

Small pools make the same things meet often: accounts that share an e-mail or a browser, several versions of one
order, events of one visit in several files.
"""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

Row = dict[str, Any]

FIRST_DAY = datetime(2025, 1, 1)
PLATFORMS = st.sampled_from(["web", "wechat"])
ACCOUNTS = st.sampled_from(["a1", "a2", "a3", "a4", "a5"])
ORDERS = st.sampled_from([f"o{number}" for number in range(8)])
PRODUCTS = st.sampled_from(["tea", "cup", "pot"])
BROWSERS = st.sampled_from(["browser-1", "browser-2", "browser-3"])
EMAILS = st.sampled_from(["one@mail.cn", "two@mail.cn", "three@mail.cn", ""])
PHONES = st.sampled_from(["13912345678", "13987654321", ""])
STATUSES = st.sampled_from(["pending", "paid", "shipped", "delivered", "cancelled", "refunded"])
CENTS = st.integers(min_value=0, max_value=300_000).map(lambda cents: f"{cents / 100:.2f}")


def moments(*, days: int = 500) -> st.SearchStrategy[datetime]:
    """Moments on a coarse grid, so that many coincide."""
    return st.integers(min_value=0, max_value=days * 144).map(lambda n: FIRST_DAY + timedelta(minutes=10 * n))


def minutes_of_few_days() -> st.SearchStrategy[datetime]:
    """Moments that lie close together: visits touch and cross midnight."""
    return st.builds(
        lambda day, step: FIRST_DAY + timedelta(days=day * 120, minutes=5 * step),
        st.integers(min_value=0, max_value=3),
        st.integers(min_value=0, max_value=400),
    )


@st.composite
def orders(draw: st.DrawFn) -> Row:
    ordered_at = draw(moments())
    paid = draw(CENTS)
    is_refunded = draw(st.booleans())
    return {
        "order_id": draw(ORDERS),
        "platform": draw(PLATFORMS),
        "account_id": draw(st.one_of(ACCOUNTS, st.just(""))),
        "ordered_at": ordered_at.isoformat(),
        "updated_at": (ordered_at + timedelta(days=draw(st.integers(0, 40)))).isoformat(),
        "status": draw(STATUSES),
        "paid_amount": paid,
        "refunded_amount": paid if is_refunded else "0.00",
    }


@st.composite
def order_items(draw: st.DrawFn) -> Row:
    quantity = draw(st.integers(1, 6))
    return {
        "order_id": draw(ORDERS),
        "platform": draw(PLATFORMS),
        "line_no": draw(st.integers(1, 2)),
        "product_id": draw(PRODUCTS),
        "quantity": quantity,
        "unit_price": draw(CENTS),
        "refunded_quantity": draw(st.integers(0, quantity)),
    }


@st.composite
def registrations(draw: st.DrawFn) -> Row:
    registered_at = draw(moments(days=200))
    return {
        "account_id": draw(ACCOUNTS),
        "platform": draw(PLATFORMS),
        "registered_at": registered_at.isoformat(),
        "updated_at": (registered_at + timedelta(days=draw(st.integers(0, 300)))).isoformat(),
        "name": draw(st.sampled_from(["张伟", "李娜", ""])),
        "email": draw(EMAILS),
        "phone": draw(PHONES),
        "birth_date": draw(st.sampled_from(["1980-01-01", "1995-05-05", ""])),
        "status": draw(st.sampled_from(["active", "active", "blocked"])),
        "anonymous_id": draw(st.one_of(BROWSERS, st.just(""))),
    }


@st.composite
def browse_events(draw: st.DrawFn) -> Row:
    event_at = draw(minutes_of_few_days())
    row = {
        "event_at": event_at.isoformat(),
        "anonymous_id": draw(st.one_of(BROWSERS, st.just(""))),
        "account_id": draw(st.one_of(st.just(""), ACCOUNTS)),
        "platform": draw(PLATFORMS),
        "event_type": draw(
            st.sampled_from(["page_view", "product_view", "login", "add_to_cart", "checkout"])
        ),
        "device": draw(st.sampled_from(["mobile", "pc", ""])),
        "source": draw(st.sampled_from(["direct", "email", "onsite_recommendation", ""])),
        "product_id": draw(st.one_of(st.just(""), PRODUCTS)),
    }
    return {"event_id": "|".join(row.values())} | row


@st.composite
def tickets(draw: st.DrawFn) -> Row:
    created_at = draw(moments())
    return {
        "ticket_id": draw(st.sampled_from(["t1", "t2", "t3"])),
        "platform": draw(PLATFORMS),
        "account_id": draw(ACCOUNTS),
        "created_at": created_at.isoformat(),
        "updated_at": (created_at + timedelta(days=draw(st.integers(0, 9)))).isoformat(),
        "category": draw(st.sampled_from(["inquiry", "complaint", "return"])),
        "status": draw(st.sampled_from(["open", "pending", "resolved"])),
    }


@st.composite
def products(draw: st.DrawFn) -> Row:
    return {
        "product_id": draw(PRODUCTS),
        "name": "thing",
        "category": draw(st.sampled_from(["Tea", "Ware", ""])),
        "brand": draw(st.sampled_from(["A", "B"])),
    }


@st.composite
def identity_overrides(draw: st.DrawFn) -> Row:
    return {
        "decision": draw(st.sampled_from(["must_link", "cannot_link"])),
        "platform": draw(PLATFORMS),
        "account_id": draw(ACCOUNTS),
        "other_platform": draw(PLATFORMS),
        "other_account_id": draw(ACCOUNTS),
        "reason": draw(st.sampled_from(["called in", ""])),
        "author": "steward",
    }


ROWS: dict[str, st.SearchStrategy[Row]] = {
    "orders": orders(),
    "order_items": order_items(),
    "registrations": registrations(),
    "browse_events": browse_events(),
    "tickets": tickets(),
    "products": products(),
    "identity_overrides": identity_overrides(),
}


@st.composite
def files(draw: st.DrawFn) -> tuple[str, str]:
    """An extract and the content of one of its files."""
    extract = draw(st.sampled_from(sorted(ROWS)))
    rows = draw(st.lists(ROWS[extract], min_size=1, max_size=12))
    return extract, as_csv(rows)


def as_csv(rows: list[Row]) -> str:
    """Rows of one extract as the text of a file."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
