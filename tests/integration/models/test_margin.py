"""Value in margin: costs of what was kept, a mean share where a cost is not known, revenue where too few are."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from models.settings import ModelSettings
from orchestration.kpi.inputs import read_settings
from orchestration.kpi.value import prepare_purchase_days

AS_OF = date(2025, 6, 30)
# Order 1: 100 of a product that costs 30 a piece, two bought, one given back. Order 2: 50, cost not known.
SHOP = """
insert into marts.orders by name select * from (values
    ('shop', '1', 'A', date '2025-01-01', true, 100.00), ('shop', '2', 'A', date '2025-02-01', true, 50.00)
) as orders (platform, order_id, customer_id, order_date, is_sale, net_revenue);
insert into marts.order_items by name select * from (values
    ('shop', '1', date '2025-01-01', true, 'known', 2, 1, 100.00), ('shop', '2', date '2025-02-01', true, 'other', 1, 0, 50.00)
) as items (platform, order_id, order_date, is_sale, product_id, quantity, refunded_quantity, net_revenue);
insert into staging.stg_products values ('known', 30.00), ('other', null);
"""


@pytest.mark.parametrize(
    ("is_margin", "coverage", "first", "second", "said"),
    [
        (False, 0.5, 100, 50, "net revenue"),
        (True, 0.5, 70, 35, "margin"),
        (True, 0.8, 100, 50, "net revenue, because the cost of 33% of what is sold is not known"),
    ],
)
def test_money_is_what_the_setting_and_the_known_costs_make_it(
    warehouse, is_margin, coverage, first, second, said
):
    warehouse.execute(SHOP)
    shipped = read_settings(ModelSettings, connection=warehouse, as_of=AS_OF)
    settings = replace(shipped, cltv_money_is_margin=is_margin, cltv_min_cost_coverage=coverage)
    assert prepare_purchase_days(connection=warehouse, as_of=AS_OF, settings=settings) == said
    days = warehouse.sql("select money from purchase_days order by order_date").fetchall()
    assert [float(money) for (money,) in days] == [first, second]
