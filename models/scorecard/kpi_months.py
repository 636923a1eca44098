"""KPIs month by month, so that their trend can be drawn.

Belongs here: which months there are and which of them are over. Does not belong here: counting (the files of
`orchestration/kpi/queries/measures/`).
"""

from __future__ import annotations

from datetime import date

import polars as pl

from models.frames import require_columns

ALL = "all"
COUNTED_SCHEMA = pl.Schema(
    {
        "kpi": pl.String(),
        "month": pl.Date(),
        "segment": pl.String(),
        "numerator": pl.Float64(),
        "denominator": pl.Float64(),
    }
)


def history_start(*, observed_from: date | None, as_of: date, months: int) -> date | None:
    """Return the first day of the first of so many months up to the as-of date, none before the data begins."""
    if observed_from is None:
        return None
    last = as_of.year * 12 + as_of.month - 1
    first = max(last - months + 1, observed_from.year * 12 + observed_from.month - 1)
    return date(first // 12, first % 12 + 1, 1)


def build_kpi_monthly(
    *, counted: pl.DataFrame, kpis: tuple[str, ...], first_month: date | None, as_of: date
) -> pl.DataFrame:
    """Divide what was counted in each month.

    Args:
        counted: columns of `COUNTED_SCHEMA`; one row per KPI, month and segment with anything counted.
        kpis: all KPIs; each has the segment `all` in every month.
        first_month: first day of the first month; None where there is no data.
        as_of: last day that is known.

    Returns:
        `kpi, month, segment, value, numerator, denominator, n`, sorted by the first three. In a month that is
        not complete at the as-of date, and for a KPI of which no month was counted, all figures are null.

    Raises:
        ValueError: a column is missing.
    """
    require_columns(frame=counted, columns=COUNTED_SCHEMA.names(), name="counted")
    typed = counted.select(COUNTED_SCHEMA.names()).cast(COUNTED_SCHEMA).filter(pl.col("denominator") > 0)
    keys = ["kpi", "month", "segment"]
    rows = pl.concat([_grid(kpis, first_month, as_of), typed.select(keys)]).unique()
    is_complete = pl.col("month").dt.month_end() <= as_of
    is_measured = pl.col("kpi").is_in(typed["kpi"].unique().implode())
    figures = (
        rows.join(typed, on=keys, how="left")
        .with_columns(n=pl.col("denominator").fill_null(0).cast(pl.Int64))
        .with_columns(pl.when(is_complete & is_measured).then(pl.col("numerator", "denominator", "n")))
        .with_columns(value=pl.col("numerator") / pl.col("denominator"))
    )
    return figures.select(*keys, "value", "numerator", "denominator", "n").sort(keys)


def _grid(kpis: tuple[str, ...], first_month: date | None, as_of: date) -> pl.DataFrame:
    """Every KPI in every month, for everybody."""
    months = pl.Series("month", [], dtype=pl.Date)
    if first_month is not None:
        months = pl.date_range(first_month, as_of, "1mo", eager=True).alias("month")
    names = pl.DataFrame({"kpi": list(kpis)}, schema={"kpi": pl.String})
    return names.join(months.to_frame(), how="cross").with_columns(segment=pl.lit(ALL))
