"""Each edge of the KPIs that follow customers: cross-selling, stages, the path, coverage, members, campaign cost."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.integration.models.conftest import measure

FIRST = date(2025, 1, 1)
ITEMS = "insert into marts.order_items (customer_id, category, order_date, is_sale) values (?, ?, ?, ?)"
ORDERS = "insert into marts.orders (customer_id, order_number, order_date, is_sale) values (?, ?, ?, true)"
CUSTOMERS = "insert into intermediate.int_customers (customer_id, first_registered_at) values (?, ?)"
VISITS = "insert into intermediate.int_session_customers values (?, ?, ?)"
FIRST_VISITS = """
insert into intermediate.int_customer_activity
select customer_id, '2025-06-30', timezone('Asia/Shanghai', timezone('UTC', min(started_at)))::date
from intermediate.int_session_customers where customer_id is not null group by customer_id
union all
select 'day 30', '2025-05-30', date '2020-01-01'
"""

# The year begins on 1 July 2024; the last day with 90 days behind it in the year is 1 April 2025.
BASKETS = {
    "same day": [("A", FIRST), ("B", FIRST)],
    "day 1": [("A", FIRST), ("B", FIRST + timedelta(1))],
    "day 90": [("A", FIRST), ("B", date(2025, 4, 1))],
    "day 91": [("A", FIRST), ("B", date(2025, 4, 2))],
    "its own again": [("A", FIRST), ("A", FIRST + timedelta(5))],
    "first of the year": [("A", date(2024, 6, 30)), ("B", date(2024, 7, 1))],
    "long a buyer": [("A", date(2024, 1, 1)), ("A", FIRST), ("B", FIRST + timedelta(1))],
    "after the last day": [("A", date(2025, 4, 1)), ("B", date(2025, 7, 1))],
    None: [("A", FIRST), ("B", FIRST + timedelta(1))],
}


def test_each_edge_of_cross_selling(warehouse):
    rows = [(who, category, day, True) for who, bought in BASKETS.items() for category, day in bought]
    warehouse.executemany(ITEMS, [*rows, ("its own again", "B", FIRST + timedelta(9), False)])
    assert measure(warehouse, "cross_sell_category_rate") == {
        "all": (2, 11),
        "category:A": (2, 6),
        "category:B": (0, 5),
    }


def test_a_shop_of_one_category_has_nothing_to_cross_sell(warehouse):
    warehouse.executemany(ITEMS, [("a", "A", FIRST, True), ("b", None, FIRST, True)])
    assert measure(warehouse, "cross_sell_category_rate") == {}


# The month runs from 31 May to 30 June; stages are those of the evening of 30 May. Orders are their customer's nth.
STAGES = {
    "new": {"second on the first day": [(2, "2025-05-31")], "second on the last": [(2, "2025-06-30")],
            "second on the eve": [(2, "2025-05-30")], "second too late": [(2, "2025-07-01")]},
    "growing": {"third": [(3, "2025-06-01")], "fourth": [(4, "2025-06-01")], "both": [(3, "2025-06-01"), (4, "2025-06-02")]},
    "mature": {"buys": [(9, "2025-06-01")], "rests": []},
    "declining": {"won back": [(3, "2025-06-30")]},
    "lost": {"without a goal": [(2, "2025-06-01")]},
}  # fmt: skip


def test_each_stage_has_a_goal_of_its_own(warehouse):
    stage = "insert into intermediate.int_customer_segments values (?, 'low', ?, ?, ?)"
    for name, customers in STAGES.items():
        for customer, orders in customers.items():
            warehouse.execute(stage, [customer, False, date(2025, 5, 30), name])
            warehouse.execute(stage, [customer, True, date(2025, 6, 30), "mature"])
            warehouse.execute(stage, [customer, False, date(2025, 5, 31), "new"])
            if orders:
                warehouse.executemany(ORDERS, [(customer, number, day) for number, day in orders])
    warehouse.execute(
        "insert into marts.orders (customer_id, order_date, is_sale) values ('rests', '2025-06-05', false)"
    )
    assert measure(warehouse, "stage_conversion") == {
        "new": (2, 4),
        "growing": (2, 3),
        "mature": (1, 2),
        "declining": (1, 1),
    }


def test_a_goal_counts_from_the_day_it_is_valid(warehouse):
    warehouse.execute(
        "insert into intermediate.int_customer_segments values ('a', 'low', false, '2025-05-30', 'mature')"
    )
    warehouse.executemany(ORDERS, [("a", 5, "2025-06-01")])
    for valid_from, reached in (("2025-07-01", 1), ("2025-06-30", 0)):
        warehouse.execute(
            "insert into seeds.stage_goals values ('mature', 2, 1, 'orders', '', ?)", [valid_from]
        )
        assert measure(warehouse, "stage_conversion") == {"mature": (reached, 1)}


# Steps of 30, 90, 90 and 180 days. Registered on a day in Shanghai, ordered as the days say.
def test_each_edge_of_the_customer_path(warehouse):
    registered = {
        "at once": "2025-01-01 03:00", "day 30": "2025-01-31 15:59", "day 31": "2025-01-31 16:00",
        "known before": "2024-12-31 15:59", "too young to tell": "2025-06-30", "dateless": None,
    }  # fmt: skip
    warehouse.executemany(CUSTOMERS, list(registered.items()))
    visits = [(n, who, "2025-01-01 04:00") for n, who in enumerate(registered) if who != "too young to tell"]
    visits += [
        (7, "too young to tell", "2025-06-01 04:00"),
        (8, None, "2025-05-30 16:00"),
        (9, None, "2025-05-31 15:59"),
    ]
    visits += [(9, None, "2025-06-20"), (10, None, "2025-05-31 16:00"), (11, "day 30", "2025-01-10")]
    warehouse.executemany(VISITS, visits)
    warehouse.execute(FIRST_VISITS)
    assert measure(warehouse, "customer_path_rate")["visitor_to_registered"] == (2, 5)
    assert measure(warehouse, "customer_path_days")["visitor_to_registered"] == (15.0, 2)
    firsts = {
        "at once": FIRST + timedelta(90),
        "day 30": date(2025, 5, 2),
        "known before": date(2024, 12, 30),
    }
    warehouse.executemany(ORDERS, [(who, 1, day) for who, day in firsts.items()])
    assert measure(warehouse, "customer_path_rate")["registered_to_first"] == (1, 3)
    assert measure(warehouse, "customer_path_days")["registered_to_first"] == (90.0, 1)


def test_each_edge_of_the_path_between_orders(warehouse):
    seconds = {"day 90": 90, "day 91": 91, "same day": 0}
    for who, days in seconds.items():
        warehouse.executemany(ORDERS, [(who, 1, FIRST), (who, 2, FIRST + timedelta(days))])
    warehouse.executemany(ORDERS, [("only first", 1, FIRST), ("too young", 1, date(2025, 4, 2))])
    # Loyal with the fourth order, 180 days after the second; of these seconds only one lies half a year back.
    warehouse.executemany(ORDERS, [("same day", 3, "2025-06-29"), ("same day", 4, "2025-06-30")])
    assert measure(warehouse, "customer_path_rate") == {"first_to_second": (2, 4), "second_to_loyal": (1, 1)}
    assert measure(warehouse, "customer_path_days") == {
        "first_to_second": (45.0, 2),
        "second_to_loyal": (180.0, 1),
    }
    warehouse.execute("update marts.orders set order_date = '2025-07-01' where order_number = 4")
    assert measure(warehouse, "customer_path_rate")["second_to_loyal"] == (0, 1)


# Without registrations nobody can have registered; that is not nobody.
def test_a_shop_without_registrations_has_no_visitors_who_register(warehouse):
    warehouse.executemany(VISITS, [(1, None, "2025-01-01"), (2, "a", "2025-01-01")])
    warehouse.execute(FIRST_VISITS)
    warehouse.execute("insert into intermediate.int_customers (customer_id) values ('a')")
    assert measure(warehouse, "customer_path_rate") == {}
    assert measure(warehouse, "registration_coverage_30") == {}
    assert measure(warehouse, "member_growth") == {}


def test_an_account_is_covered_when_it_registered_within_thirty_days_of_its_first_order(warehouse):
    accounts = {
        ("jd", "before"): (FIRST, "2020-01-01"),
        ("jd", "day 30"): (FIRST, "2025-01-31 15:59"),
        ("jd", "day 31"): (FIRST, "2025-01-31 16:00"),
        ("web", "never"): (date(2025, 5, 31), "no row"),
        ("web", "dateless"): (FIRST, None),
        ("web", "too young to tell"): (date(2025, 6, 1), "no row"),
    }
    for (platform, account), (first, registered) in accounts.items():
        orders = [(platform, account, day) for day in (first, first + timedelta(300))]
        warehouse.executemany(
            "insert into marts.orders (platform, account_id, order_date) values (?, ?, ?)", orders
        )
        if registered != "no row":
            warehouse.execute(
                "insert into staging.stg_registrations (platform, account_id, registered_at) values (?, ?, ?)",
                [platform, account, registered],
            )
    assert measure(warehouse, "registration_coverage_30") == {
        "all": (2, 4),
        "platform:jd": (2, 3),
        "platform:web": (0, 1),
    }


# In Shanghai the year begins at 16:00 UTC of 30 June and ends there.
def test_members_grow_by_those_of_the_year_over_those_of_before(warehouse):
    days = [
        "2020-01-01",
        "2024-06-30 15:59",
        "2024-06-30 16:00",
        "2025-06-30 15:59",
        "2025-06-30 16:00",
        None,
    ]
    warehouse.executemany(CUSTOMERS, [(str(n), day) for n, day in enumerate(days)])
    assert measure(warehouse, "member_growth") == {"all": (2, 2)}


# 12.00 for three customers, one with two accounts: 4.00 each. Two had bought before the day of the campaign.
CAMPAIGN = """
insert into staging.stg_campaigns values
    ('E', 'A', 'email', 12.00, '2025-06-01'), ('E', 'B', 'email', null, '2025-06-01'),
    ('F', null, 'sms', 3.00, '2024-06-30 15:59'), ('G', null, 'sms', 1.50, '2025-06-15');
insert into marts.identity_map values
    ('p', '1', 'old'), ('p', '2', 'old'), ('p', '3', 'old too'), ('p', '4', 'new'), ('p', '5', 'bounced');
insert into staging.stg_campaign_events (campaign_id, variant, platform, account_id, event_type, event_at)
select 'E', 'A', 'p', account_id, if(account_id = '5', 'bounced', 'delivered'), '2025-06-01' from marts.identity_map;
insert into staging.stg_campaign_events (campaign_id, variant, platform, account_id, event_type, event_at) values
    ('E', 'B', 'p', '3', 'delivered', '2025-06-01'), ('F', null, 'p', '3', 'delivered', '2024-07-01'),
    ('G', null, 'p', '1', 'delivered', '2025-06-15'), ('G', null, 'p', '1', 'opened', '2025-06-15');
insert into marts.orders (customer_id, order_date, is_sale) values
    ('old', '2025-05-31', true), ('old too', '2024-01-01', true), ('new', '2025-06-01', true), ('bounced', '2024-01-01', true);
"""


def test_a_campaign_costs_the_same_for_each_customer_it_reached(warehouse):
    warehouse.execute(CAMPAIGN)
    assert measure(warehouse, "old_customer_cost") == {"all": (pytest.approx(4 + 4 + 1.5), 2)}


def test_without_a_cost_nothing_is_known_of_cost(warehouse):
    warehouse.execute(CAMPAIGN)
    warehouse.execute("update staging.stg_campaigns set cost = null")
    assert measure(warehouse, "old_customer_cost") == {}


def test_customer_value_is_told_by_tier(warehouse):
    warehouse.execute(
        "insert into kpi.cltv_scores (customer_id, cltv_12m) values ('a', 9), ('b', 5), ('c', 1)"
    )
    warehouse.execute("insert into marts.rfm_scores values ('a', 'Gold'), ('b', 'Gold'), ('c', null)")
    assert measure(warehouse, "cltv") == {"all": (15, 3), "tier:Gold": (14, 2)}
