"""Rows of every extract that break no rule, each with a key that says which row it is."""

from __future__ import annotations

from typing import Any

KEY_COLUMNS = {
    "registrations": "account_id",
    "orders": "order_id",
    "order_items": "order_id",
    "browse_events": "event_id",
    "tickets": "ticket_id",
    "products": "product_id",
    "campaigns": "campaign_id",
    "campaign_events": "account_id",
    "feedback": "feedback_id",
    "identity_overrides": "account_id",
}


def good_rows(*, extract: str, rows: int, start: int = 0) -> list[dict[str, Any]]:
    """Return rows whose values are text, as a CSV holds them; row n has the key `k<n>`."""
    return [_row(extract, number) for number in range(start, start + rows)]


def _row(extract: str, number: int) -> dict[str, Any]:
    key, day = f"k{number}", f"2026-05-{number % 28 + 1:02d} 10:{number % 60:02d}:00"
    money, platform = f"{number % 900 + 10}.50", ("web", "天猫", "app")[number % 3]
    rows: dict[str, dict[str, Any]] = {
        "registrations": {
            "platform": platform,
            "account_id": key,
            "registered_at": day,
            "name": f"王小{number}",
            "email": f"p{number}@shop.cn",
            "birth_date": "1990-02-03",
            "city": "上海, 浦东" if number % 5 == 0 else "北京",
            "email_consent": "true",
            "status": "active",
        },
        "orders": {
            "platform": platform,
            "order_id": key,
            "account_id": f"a{number % 50}",
            "ordered_at": day,
            "status": "paid",
            "currency": "CNY",
            "paid_amount": money,
            "refunded_amount": "0",
        },
        "order_items": {
            "platform": platform,
            "order_id": key,
            "line_no": "1",
            "product_id": f"p{number % 20}",
            "quantity": str(number % 9 + 1),
            "unit_price": money,
        },
        "browse_events": {
            "platform": platform,
            "event_id": key,
            "event_at": day,
            "anonymous_id": f"browser{number % 30}",
            "event_type": "page_view",
            "search_term": '红色 "连衣裙"' if number % 7 == 0 else "",
        },
        "tickets": {
            "platform": platform,
            "ticket_id": key,
            "created_at": day,
            "satisfaction": str(number % 5 + 1),
            "message": f"第一行, 问题{number}",
        },
        "products": {"product_id": key, "name": f"商品{number}", "category": "鞋", "list_price": money},
        "campaigns": {"campaign_id": key, "variant": "A", "name": "618", "sent_at": day, "cost": money},
        "campaign_events": {
            "campaign_id": "c1",
            "variant": "A",
            "platform": platform,
            "account_id": key,
            "event_type": "sent",
            "event_at": day,
        },
        "feedback": {
            "platform": platform,
            "feedback_id": key,
            "created_at": day,
            "kind": "csat",
            "score": str(number % 5 + 1),
            "text": f"很好 {number}",
        },
        "identity_overrides": {
            "decision": ("must_link", "cannot_link")[number % 2],
            "platform": platform,
            "account_id": key,
            "other_platform": platform,
            "other_account_id": f"other{number}",
            "reason": f"客服确认, {number}",
            "author": "li.na",
            "decided_at": day,
        },
    }
    return rows[extract]
