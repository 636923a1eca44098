"""Minutes of service by the calendar and in business hours, and the days from a return ticket to its refund."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.integration.models.conftest import measure

TICKET = """
insert into marts.tickets (
    platform, ticket_id, customer_id, category, created_date, created_at, first_response_at, first_response_minutes
) values ('p', ?, 'a', 'inquiry', ?, ?, ?, ?)
"""
TO_UTC = timedelta(hours=-8)


def answer(warehouse, ticket: str, asked: datetime, answered: datetime | None) -> None:
    """A ticket on the clock of Shanghai."""
    minutes = (answered - asked) / timedelta(minutes=1) if answered else None
    instants = [asked + TO_UTC, answered + TO_UTC if answered else None]
    warehouse.execute(TICKET, [ticket, asked.date(), *instants, minutes])


# 9:00 to 18:00, Monday to Friday; 2 June 2025 is a Monday.
@pytest.mark.parametrize(
    ("asked", "answered", "minutes"),
    [
        ((6, 17, 30), (9, 9, 15), 45),
        ((7, 10, 0), (8, 12, 0), 0),
        ((2, 8, 0), (2, 20, 0), 540),
        ((4, 12, 0), (11, 12, 0), 2700),
        ((2, 9, 10), (2, 9, 20), 10),
        ((2, 18, 0), (3, 9, 0), 0),
        ((1, 23, 59), (2, 9, 1), 1),
    ],
)
def test_business_minutes_run_in_business_hours(warehouse, asked, answered, minutes):
    start, end = (datetime(2025, 6, *parts) for parts in (asked, answered))
    answer(warehouse, "k", start, end)
    found = measure(warehouse, "first_response_minutes")
    assert found["business_p50"] == (minutes, 1)
    assert found["p50"] == ((end - start) / timedelta(minutes=1), 1)


def test_percentiles_are_of_the_answered_tickets_of_the_period(warehouse):
    nine = datetime(2025, 6, 2, 9)
    for number, minutes in enumerate((10, 20, 30, 40, None)):
        answer(warehouse, str(number), nine, nine + timedelta(minutes=minutes) if minutes else None)
    answer(warehouse, "too early", datetime(2024, 6, 30, 9), datetime(2024, 6, 30, 10))
    found = measure(warehouse, "first_response_minutes")
    assert found == {
        "p50": (25, 4),
        "p90": (pytest.approx(37), 4),
        "business_p50": (25, 4),
        "business_p90": (pytest.approx(37), 4),
    }
    assert measure(warehouse, "resolution_minutes") == {}


# The last day with 60 days behind it in the year is 1 May 2025. `a` asks twice for one refund; `b` is paid back for an
# order that came later, and too late; `c` is paid back on the last moment of the sixty days.
RETURNS = """
insert into marts.tickets (platform, ticket_id, customer_id, category, created_at, created_date) values
    ('p', '1', 'a', 'return', '2025-03-01 10:00', '2025-03-01'),
    ('p', '2', 'a', 'return', '2025-03-02 10:00', '2025-03-02'),
    ('p', '3', 'b', 'return', '2025-03-01 10:00', '2025-03-01'),
    ('p', '4', 'c', 'return', '2025-05-01 10:00', '2025-05-01'),
    ('p', '5', 'd', 'return', '2025-05-02 10:00', '2025-05-02'),
    ('p', '6', 'e', 'inquiry', '2025-03-01 10:00', '2025-03-01'),
    ('p', '7', null, 'return', '2025-03-01 10:00', '2025-03-01'),
    ('p', '8', 'f', 'return', '2025-03-01 10:00', '2025-03-01');
insert into marts.orders (platform, order_id, customer_id, ordered_at) values
    ('p', 'A', 'a', '2025-02-01'), ('p', 'B', 'b', '2025-03-01 10:01'), ('p', 'B2', 'b', '2025-02-01'),
    ('p', 'C', 'c', '2025-02-01'), ('p', 'D', 'd', '2025-02-01'), ('p', 'E', 'e', '2025-02-01'),
    ('p', 'G', null, '2025-02-01'), ('p', 'F', 'f', '2025-02-01');
insert into staging.stg_order_refunds values
    ('p', 'A', '2025-03-04 22:00'), ('p', 'B', '2025-03-05'), ('p', 'B2', '2025-04-30 10:01'),
    ('p', 'C', '2025-06-30 10:00'), ('p', 'D', '2025-05-03'), ('p', 'E', '2025-03-05'), ('p', 'G', '2025-03-05'),
    ('p', 'F', '2025-03-01 09:59');
"""


def test_each_edge_of_the_return_cycle(warehouse):
    warehouse.execute(RETURNS)
    assert measure(warehouse, "return_cycle_days") == {
        "p50": ((3.5 + 60) / 2, 2),
        "p90": (pytest.approx(3.5 + 0.9 * 56.5), 2),
    }


def test_a_source_that_never_dates_a_refund_has_no_return_cycle(warehouse):
    warehouse.execute(RETURNS)
    warehouse.execute("update staging.stg_order_refunds set refunded_at = null")
    assert measure(warehouse, "return_cycle_days") == {}
