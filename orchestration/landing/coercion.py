"""How text becomes a typed value, whole columns at a time.

What belongs here: one function per type. What does not: whether the value is allowed (see `contracts`).
"""

from __future__ import annotations

from collections.abc import Callable

import dataframely as dy
import polars as pl

from orchestration.landing.contracts import SCHEMAS, TECHNICAL_COLUMNS

# What exports write where they mean "nothing". Kept as text in the columns whose emptiness is itself
# measured (an e-mail "null" counts as invalid).
NULL_SPELLINGS = ["", "null", "NULL", "\\N", "None", "NaN", "nan", "NaT", "<NA>"]
_LONGEST_NOTHING = max(len(spelling) for spelling in NULL_SPELLINGS)
KEPT_AS_TEXT = {"name", "email", "phone", "message", "text", "search_term"}
# Tried in this order on what the ones before could not read.
MOMENT_FORMATS = [
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S%.f",
    "%Y/%m/%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y年%m月%d日 %H:%M:%S",
]
OFFSET_FORMAT = "%+"
OFFSET = r"(?<time>\d{2}:\d{2}.*?)\s*([Zz]|[+-]\d{2}:?\d{2})$"
DAY_FORMATS = ["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y年%m月%d日"]
BOOLEANS = {
    **dict.fromkeys(["true", "t", "yes", "y", "1", "1.0", "是"], True),
    **dict.fromkeys(["false", "f", "no", "n", "0", "0.0", "否"], False),
}
MOMENT = pl.Datetime("us")


def coerce(*, frame: pl.DataFrame, extract: str) -> pl.DataFrame:
    """Turn a batch of source columns into the contract's types.

    Args:
        frame: source columns under their contract names, text or native types; contract columns that the
            source lacks are absent; other columns are ignored.
        extract: which contract.

    Returns:
        All content columns in the contract's order and types plus `_unreadable`; one row per input row.
    """
    schema = SCHEMAS[extract]
    cleaned = clean(frame.select(name for name in schema.column_names() if name in frame.columns))
    columns = []
    mask = pl.zeros(frame.height, dtype=pl.UInt64, eager=True).alias("_unreadable")
    bits = (schema.columns()["_unreadable"].metadata or {})["bits"]
    for name, definition in schema.columns().items():
        if name in TECHNICAL_COLUMNS:
            continue
        if name not in cleaned.columns:
            columns.append(pl.Series(name, [None], dtype=definition.dtype).new_from_index(0, frame.height))
            continue
        source = cleaned[name]
        typed = _typed(source, definition)
        columns.append(typed)
        if name in bits and typed.null_count() > source.null_count():
            failed = (source.is_not_null() & typed.is_null()).cast(pl.UInt64)
            mask = mask | (failed * (1 << bits.index(name)))
    return pl.DataFrame([*columns, mask.alias("_unreadable")])


def clean(frame: pl.DataFrame) -> pl.DataFrame:
    """Trim text and read the usual spellings of nothing as NULL; other types stay."""
    trimmed = frame.select(_trimmed(name, dtype) for name, dtype in frame.schema.items())
    return trimmed.with_columns(_without_nothing(trimmed[name]) for name in trimmed.columns)


def _trimmed(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if dtype in (pl.Binary, pl.Categorical, pl.Enum):
        return column.cast(pl.String, strict=False).str.strip_chars()
    return column.str.strip_chars() if dtype == pl.String else column


def _without_nothing(series: pl.Series) -> pl.Series:
    """Look up only short values: most batches hold no spelling of nothing at all."""
    if series.dtype.is_float():
        return series.fill_nan(None)
    if series.dtype != pl.String:
        return series
    spellings = NULL_SPELLINGS[:1] if series.name in KEPT_AS_TEXT else NULL_SPELLINGS
    short = series.filter(series.str.len_bytes() <= _LONGEST_NOTHING).unique()
    found = short.filter(short.is_in(spellings))
    return series if found.is_empty() else series.set(series.is_in(found.implode()), None)


def _typed(series: pl.Series, definition: dy.Column) -> pl.Series:
    if "known_values" in (definition.metadata or {}):
        return to_known(series, values=(definition.metadata or {})["known_values"])
    match definition:
        case dy.String():
            return to_text(series)
        case dy.Datetime():
            return to_moment(series)
        case dy.Date():
            return to_day(series)
        case dy.Decimal():
            return _countable(series).cast(pl.Decimal(18, 2), strict=False)
        case dy.Bool():
            return to_flag(series)
        case _:
            return to_whole(_countable(series))


def _countable(series: pl.Series) -> pl.Series:
    """Numbers and text as they are; anything else is no number, even where a cast would make one of it."""
    return series if series.dtype.is_numeric() or series.dtype == pl.String else to_text(series)


def to_text(series: pl.Series) -> pl.Series:
    """Text as it is; a number that is whole loses its `.0` (identifiers often arrive as floats), NaN is NULL."""
    if series.dtype == pl.String:
        return series
    if series.dtype.is_float():
        series = series.fill_nan(None)
        whole = series.cast(pl.Int64, strict=False)
        as_text = series.cast(pl.String, strict=False)
        return whole.cast(pl.String).zip_with(whole.cast(series.dtype) == series, as_text).alias(series.name)
    return series.cast(pl.String, strict=False)


def to_known(series: pl.Series, *, values: dict[str, str]) -> pl.Series:
    """The value that a spelling stands for, whatever its case; NULL for an unknown spelling."""
    return to_text(series).str.to_lowercase().replace_strict(values, default=None, return_dtype=pl.String)


def to_whole(series: pl.Series) -> pl.Series:
    """Whole numbers; `3.0` is 3, `3.5` is unreadable."""
    if series.dtype.is_integer():
        return series.cast(pl.Int32, strict=False)
    whole = series.cast(pl.Int32, strict=False) if series.dtype == pl.String else None
    if whole is not None and whole.null_count() == series.null_count():
        return whole
    number = series.cast(pl.Float64, strict=False)
    return number.set(number != number.round(0), None).cast(pl.Int32, strict=False)


def to_flag(series: pl.Series) -> pl.Series:
    """Yes or no in the usual spellings."""
    if series.dtype == pl.Boolean:
        return series
    spelled = to_text(series).str.to_lowercase()
    return spelled.replace_strict(BOOLEANS, default=None, return_dtype=pl.Boolean)


def to_moment(series: pl.Series) -> pl.Series:
    """Points in time as UTC without zone; text without an offset is UTC already."""
    if isinstance(series.dtype, pl.Datetime):
        if series.dtype.time_zone:
            series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        return series.cast(MOMENT)
    if series.dtype == pl.Date:
        return series.cast(MOMENT)
    return _first_readable(
        to_text(series), read=_read_moment, formats=[*MOMENT_FORMATS, OFFSET_FORMAT, *DAY_FORMATS]
    )


def to_day(series: pl.Series) -> pl.Series:
    """Calendar days as they stand; a time of day is dropped, and so is its offset, before any conversion."""
    if isinstance(series.dtype, pl.Datetime):
        return series.dt.replace_time_zone(None).cast(pl.Date)
    if series.dtype == pl.Date:
        return series
    spelled = to_text(series)
    days = _first_readable(spelled, read=_read_day, formats=DAY_FORMATS)
    if days.null_count() > spelled.null_count():
        days = days.zip_with(days.is_not_null(), _local_days(spelled))
    return days


def _local_days(spelled: pl.Series) -> pl.Series:
    """Days of readable moments by the clock that wrote them: midnight at +08:00 is not the day before."""
    local = to_moment(spelled.str.replace(OFFSET, "$time")).cast(pl.Date)
    return local.zip_with(to_moment(spelled).is_not_null(), local.clear(len(local)))


def _read_moment(series: pl.Series, form: str) -> pl.Series:
    if form == OFFSET_FORMAT:
        moments = series.str.to_datetime(form, time_unit="us", strict=False)
        return (
            moments.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
            if moments.dtype != MOMENT
            else moments
        )
    if form in DAY_FORMATS:
        return series.str.to_date(form, strict=False).cast(MOMENT)
    return series.str.to_datetime(form, time_unit="us", strict=False)


def _read_day(series: pl.Series, form: str) -> pl.Series:
    return series.str.to_date(form, strict=False)


def _first_readable(
    series: pl.Series, *, read: Callable[[pl.Series, str], pl.Series], formats: list[str]
) -> pl.Series:
    """Read with the first format, then only what is left with the next, until nothing is left."""
    result = read(series, formats[0])
    for form in formats[1:]:
        left = (series.is_not_null() & result.is_null()).arg_true()
        if left.is_empty():
            break
        result = result.scatter(left, read(series.gather(left), form))
    return result
