"""Counts by month and by the tier of the month's first day, in a shop small enough to check by eye."""

from __future__ import annotations

from datetime import date

import pytest

from orchestration.kpi.measures import read_monthly_counts

MAY, JUNE = date(2025, 5, 1), date(2025, 6, 1)

# `up` is Silver until the end of May and Gold from June on; `won` has the first order, and so the tier, on 2 May; `gone`
# had a tier that ended; a guest has none.
SHOP = """
insert into marts.rfm_tier_history values
    ('up', '2024-01-01', '2025-05-31', 'Silver'), ('up', '2025-06-01', null, 'Gold'), ('won', '2025-05-02', null, 'Bronze'),
    ('gone', '2024-01-01', '2025-04-30', 'Gold');
insert into marts.orders (customer_id, order_date, is_sale, net_revenue) values
    ('up', '2024-01-01', true, 1), ('up', '2025-05-01', true, 10), ('up', '2025-05-31', true, 20), ('up', '2025-06-01', true, 5),
    ('won', '2025-05-02', true, 7), ('won', '2025-05-03', true, 8), ('won', '2025-06-30', true, 9),
    ('gone', '2025-05-04', true, 4), (null, '2025-06-05', true, 3), ('up', '2025-06-06', false, -2);
insert into intermediate.int_customers (customer_id, first_registered_at) values
    ('up', '2024-01-01'), ('won', '2025-04-30 16:00'), ('gone', '2025-05-31 15:59'), ('june', '2025-06-10'),
    ('last', '2025-06-30 16:00');
insert into staging.stg_campaigns values
    ('E', null, 'email', 6.00, '2025-05-31 15:59'), ('F', null, 'email', 2.00, '2025-05-31 16:00');
insert into marts.identity_map values ('p', '1', 'up'), ('p', '2', 'won'), ('p', '3', 'nobody');
insert into staging.stg_campaign_events (campaign_id, platform, account_id, event_type, event_at)
select unnest(['E', 'F']), 'p', account_id, 'delivered', '2025-06-01' from marts.identity_map;
"""


@pytest.fixture
def counts(warehouse) -> dict[tuple[str, date, str], tuple[float, float]]:
    warehouse.execute(SHOP)
    counted = read_monthly_counts(
        connection=warehouse, first_month=MAY, as_of=date(2025, 6, 30), reporting_time_zone="Asia/Shanghai"
    )
    return {(kpi, month, segment): (top, bottom) for kpi, month, segment, top, bottom in counted.iter_rows()}


def of(counts, kpi: str) -> dict[tuple[date, str], tuple[float, float]]:
    return {(month, segment): figures for (name, month, segment), figures in counts.items() if name == kpi}


def test_revenue_and_orders_of_the_tiers_add_up_to_the_month(counts):
    assert of(counts, "average_order_value") == {
        (MAY, "all"): (49, 5),
        (MAY, "tier:Silver"): (30, 2),
        (MAY, "tier:none"): (19, 3),
        (JUNE, "all"): (17, 3),
        (JUNE, "tier:Gold"): (5, 1),
        (JUNE, "tier:Bronze"): (9, 1),
        (JUNE, "tier:none"): (3, 1),
    }


def test_whoever_bought_on_an_earlier_day_has_returned(counts):
    assert of(counts, "returning_customer_rate") == {
        (MAY, "all"): (2, 3),
        (MAY, "tier:Silver"): (1, 1),
        (MAY, "tier:none"): (1, 2),
        (JUNE, "all"): (2, 2),
        (JUNE, "tier:Gold"): (1, 1),
        (JUNE, "tier:Bronze"): (1, 1),
    }


def test_members_of_the_month_stand_over_those_of_before(counts):
    assert of(counts, "member_growth") == {(MAY, "all"): (2, 1), (JUNE, "all"): (1, 3)}


def test_a_campaign_belongs_to_the_month_in_which_it_was_sent(counts):
    assert of(counts, "old_customer_cost") == {
        (MAY, "all"): (4, 2),
        (MAY, "tier:Silver"): (2, 1),
        (MAY, "tier:none"): (2, 1),
        (JUNE, "all"): (pytest.approx(4 / 3), 2),
        (JUNE, "tier:Gold"): (pytest.approx(2 / 3), 1),
        (JUNE, "tier:Bronze"): (pytest.approx(2 / 3), 1),
    }
