"""KPIs by month: every month has its row, and one that is not over has no figure."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from models.scorecard.kpi_months import COUNTED_SCHEMA, build_kpi_monthly, history_start

MAY, JUNE = date(2025, 5, 1), date(2025, 6, 1)


def monthly(
    *rows: tuple[str, date, str, float, float], as_of: date, kpis=("value",)
) -> list[tuple[object, ...]]:
    counted = pl.DataFrame(rows, schema=COUNTED_SCHEMA, orient="row")
    return build_kpi_monthly(counted=counted, kpis=kpis, first_month=MAY, as_of=as_of).rows()


COUNTED = [("value", MAY, "all", 6, 4), ("value", MAY, "tier:Gold", 3, 2), ("value", JUNE, "all", 5, 4)]


@pytest.mark.parametrize(("last_day", "figures"), [(30, (1.25, 5, 4, 4)), (29, (None, None, None, None))])
def test_a_month_counts_when_its_last_day_is_over(last_day, figures):
    assert monthly(*COUNTED, as_of=date(2025, 6, last_day)) == [
        ("value", MAY, "all", 1.5, 6, 4, 4),
        ("value", MAY, "tier:Gold", 1.5, 3, 2, 2),
        ("value", JUNE, "all", *figures),
    ]


# A month without a buyer is known to have none; a shop without campaigns has no cost, not none.
def test_nothing_counted_in_a_month_is_not_the_same_as_nothing_to_count():
    found = monthly(
        ("value", MAY, "all", 0, 0), *COUNTED[2:], as_of=date(2025, 6, 30), kpis=("cost", "value")
    )
    assert found == [
        ("cost", MAY, "all", None, None, None, None),
        ("cost", JUNE, "all", None, None, None, None),
        ("value", MAY, "all", None, None, None, 0),
        ("value", JUNE, "all", 1.25, 5, 4, 4),
    ]


@pytest.mark.parametrize(
    ("observed_from", "months", "first"),
    [
        (date(2020, 1, 5), 24, date(2023, 4, 1)),
        (date(2025, 1, 31), 24, date(2025, 1, 1)),
        (date(2020, 1, 5), 1, date(2025, 3, 1)),
        (None, 24, None),
    ],
)
def test_the_history_begins_with_the_data_at_the_earliest(observed_from, months, first):
    assert history_start(observed_from=observed_from, as_of=date(2025, 3, 31), months=months) == first


def test_a_shop_without_data_has_no_months():
    nothing = pl.DataFrame(schema=COUNTED_SCHEMA)
    frame = build_kpi_monthly(counted=nothing, kpis=("value",), first_month=None, as_of=date(2025, 3, 31))
    assert frame.rows() == []
