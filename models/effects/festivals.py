"""Sales festivals day by day, this year beside last year, aligned to the festival's anchor day.

Belongs here: which days a festival is followed, and the alignment by offset, so that 春节 is compared by lunar
date and 双11 with 双11. Does not belong here: counting days (`orchestration/kpi/queries/daily_sales.sql`), the
calendar (`seeds/festivals.csv`).
"""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from models.frames import require_columns

MONEY = pl.Decimal(18, 2)
FIGURES = {"orders": pl.Int64(), "net_revenue": MONEY, "new_customers": pl.Int64()}
FESTIVAL_SCHEMA = pl.Schema(
    {
        "festival": pl.String(),
        "festival_year": pl.Int32(),
        "day_offset": pl.Int32(),
        "label_zh": pl.String(),
        "sales_date": pl.Date(),
        "phase": pl.String(),
        **FIGURES,
        "sales_date_last_year": pl.Date(),
        **{f"{name}_last_year": data_type for name, data_type in FIGURES.items()},
    }
)
FESTIVAL_COLUMNS = (
    *("festival", "label_zh", "festival_year"),
    *("warm_up_from", "starts_on", "ends_on", "anchor_on"),
)


def build_festival_comparison(
    *, daily_sales: pl.DataFrame, festivals: pl.DataFrame, as_of: date, days_after: int
) -> pl.DataFrame:
    """Follow every festival from its warm-up on, with the year before beside it.

    Args:
        daily_sales: `sales_date`, `orders`, `net_revenue` (Decimal), `new_customers`; a day without an order
            has no row.
        festivals: one row per festival and year: `festival`, `label_zh`, `festival_year`, `warm_up_from`,
            `starts_on`, `ends_on`, `anchor_on`.
        as_of: last day that is known.
        days_after: days that are followed after the last day of the festival.

    Returns:
        Columns of `FESTIVAL_SCHEMA`, one row per festival, year and offset in days to the anchor. Festivals of
        which no day has been seen are left out. A day outside the data is null, a day without orders in it 0.

    Raises:
        ValueError: a column is missing, or a festival stands twice in a year.
    """
    require_columns(frame=daily_sales, columns=("sales_date", *FIGURES), name="daily_sales")
    require_columns(frame=festivals, columns=FESTIVAL_COLUMNS, name="festivals")
    if festivals.select("festival", "festival_year").is_duplicated().any():
        raise ValueError("a festival stands twice in a year")
    if daily_sales.is_empty():
        return pl.DataFrame(schema=FESTIVAL_SCHEMA)
    first_day = daily_sales.select(pl.col("sales_date").min()).item()
    figures = _figures(
        days=_days(festivals=festivals, days_after=days_after),
        daily_sales=daily_sales,
        first_day=first_day,
        as_of=as_of,
    )
    before = figures.select(
        "festival",
        "day_offset",
        festival_year=pl.col("festival_year") + 1,
        sales_date_last_year="sales_date",
        **{f"{name}_last_year": pl.col(name) for name in FIGURES},
    )
    is_seen = pl.col("sales_date").is_between(first_day, as_of).any().over("festival", "festival_year")
    return (
        figures.filter(is_seen)
        .join(before, on=["festival", "festival_year", "day_offset"], how="left")
        .select(FESTIVAL_SCHEMA.names())
        .cast(FESTIVAL_SCHEMA)
        .sort("festival", "festival_year", "day_offset")
    )


def _days(*, festivals: pl.DataFrame, days_after: int) -> pl.DataFrame:
    """Spread each festival over its days."""
    last_day = pl.col("ends_on") + timedelta(days=days_after)
    day = pl.col("sales_date")
    return (
        festivals.with_columns(
            sales_date=pl.date_ranges("warm_up_from", last_day),
            festival_year=pl.col("festival_year").cast(int),
        )
        .explode("sales_date")
        .with_columns(
            day_offset=(day - pl.col("anchor_on")).dt.total_days(),
            phase=pl.when(day < pl.col("starts_on"))
            .then(pl.lit("warm_up"))
            .when(day <= pl.col("ends_on"))
            .then(pl.lit("festival"))
            .otherwise(pl.lit("after")),
        )
    )


def _figures(*, days: pl.DataFrame, daily_sales: pl.DataFrame, first_day: date, as_of: date) -> pl.DataFrame:
    in_data = pl.when(pl.col("sales_date").is_between(first_day, as_of))
    return days.join(daily_sales, on="sales_date", how="left").with_columns(
        in_data.then(pl.col(name).fill_null(0)).alias(name) for name in FIGURES
    )
