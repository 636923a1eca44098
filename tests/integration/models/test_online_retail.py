"""UCI Online Retail: cohort matrix and repeat rates equal the figures of an independent author."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from models.retention.cohorts import build_cohort_retention
from models.retention.retention import build_repeat_purchase
from orchestration.kpi.inputs import read_cohort_activity, read_first_purchases

LAST_DAY = date(2011, 12, 9)

# The usual cleaning, as in the reference: customer known, not cancelled, quantity and price positive.
SALES = """
insert into marts.orders by name
select
    InvoiceNo as order_id, CustomerID as customer_id, min(InvoiceDate)::date as order_date, true as is_sale,
    sum(Quantity * UnitPrice)::decimal(18, 2) as net_revenue
from read_csv(?, types = {'InvoiceNo': 'varchar', 'CustomerID': 'varchar'})
where CustomerID is not null and InvoiceNo not like 'C%' and Quantity > 0 and UnitPrice > 0
group by all
"""


@pytest.fixture(scope="module")
def online_retail(new_warehouse, shared_data: Path):
    with new_warehouse() as connection:
        connection.execute(SALES, [str(shared_data / "online_retail" / "by-day" / "*.csv")])
        yield connection


# The reference counts the running month, ours shows it once it is complete: compared as of month end.
def test_the_cohort_matrix_equals_the_reference(online_retail, shared_data: Path):
    reference = json.loads((shared_data / "online_retail" / "reference_extra.json").read_text())
    month_end = date(2011, 12, 31)
    activity = read_cohort_activity(connection=online_retail, as_of=month_end)
    cells = build_cohort_retention(activity=activity, as_of=month_end, confidence=0.95)
    matrix: dict[str, list[int]] = {}
    for month, buyers in cells.select("cohort_month", "active_customers").iter_rows():
        matrix.setdefault(f"{month:%Y-%m}", []).append(buyers)
    padded = {month: row + [0] * (13 - len(row)) for month, row in matrix.items()}
    assert padded == reference["cohort_matrix_all"]


def test_the_running_month_is_null(online_retail):
    activity = read_cohort_activity(connection=online_retail, as_of=LAST_DAY)
    cells = build_cohort_retention(activity=activity, as_of=LAST_DAY, confidence=0.95)
    unknown = cells.filter(cells["active_customers"].is_null())
    assert unknown.height == 13
    assert unknown["cohort_month"].to_list() == sorted(cells["cohort_month"].unique())


# 18.72 % and 42.21 % of all buyers; 19.04 % and 45.49 % of those old enough to tell, which is the KPI.
@pytest.mark.parametrize(("days", "old_enough"), [(30, 4086), (90, 3370)])
def test_repeat_rates_equal_the_reference_without_same_day_orders(
    online_retail, shared_data: Path, days, old_enough
):
    reference = json.loads((shared_data / "online_retail" / "reference.json").read_text())
    expected = reference["results"]["repeat_purchase_rates_excluding_same_calendar_day"]
    firsts = read_first_purchases(connection=online_retail, as_of=LAST_DAY, windows_days=[30, 90])
    table = build_repeat_purchase(first_purchases=firsts, as_of=LAST_DAY, confidence=0.95)
    (row,) = table.filter(table["metric"] == f"repeat_purchase_{days}").to_dicts()
    assert row["denominator"] == old_enough == expected[f"eligible_{days}d"]
    assert row["value"] == pytest.approx(expected[f"rate_{days}d_eligible"], abs=5e-7)
    came_back = firsts.filter(firsts["window_days"] == days, firsts["segment"] == "all")["returned"].sum()
    assert came_back == expected[f"repeat_{days}d"]
