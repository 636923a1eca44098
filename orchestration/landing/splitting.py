"""One batch of source rows, split by its contract into accepted and quarantined rows.

What belongs here: matching column names, running the contract, wording the failures. What does not:
files (`ingest`), rules across rows (`duplicates`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from orchestration.landing.batches import Batch, Malformed
from orchestration.landing.coercion import coerce
from orchestration.landing.compression import UnreadableFileError
from orchestration.landing.contracts import SCHEMAS, amount, content_columns, required_columns
from orchestration.landing.limits import load_limits
from orchestration.landing.reasons import reasons_column

REFUSED = pl.Schema(
    {
        "line_number": pl.Int64(),
        "raw_row": pl.String(),
        "reasons": pl.List(pl.String()),
        "amount": pl.Decimal(18, 2),
    }
)


@dataclass(frozen=True, kw_only=True)
class Split:
    """Result of one batch.

    Attributes:
        accepted: content columns in the contract's types, and `_line_number`.
        refused: rows of `REFUSED`: malformed lines and rows that break a rule.
        unknown_columns: source columns that the contract does not know.
    """

    accepted: pl.DataFrame
    refused: pl.DataFrame
    unknown_columns: list[str]


def check_columns(*, extract: str, found: list[str]) -> None:
    """Refuse a file that lacks a required column.

    Raises:
        UnreadableFileError: names contract columns only; without a header the others would be customers' data.
    """
    names = {_key(name) for name in found}
    missing = [name for name in required_columns(extract) if name not in names]
    if missing:
        known = [name for name in content_columns(extract) if name in names]
        plural = "columns" if len(missing) > 1 else "column"
        raise UnreadableFileError(
            f"The required {plural} {', '.join(missing)} of {extract} cannot be found. Of the file's "
            f"{len(found)} columns these are known: {', '.join(known) or 'none'}. The first line must be a "
            "header that names the columns."
        )


def split(*, batch: Batch, extract: str, reporting_currency: str, now: datetime) -> Split:
    """Check every row of a batch.

    Args:
        batch: rows as a reader gives them.
        extract: whose contract.
        reporting_currency: the one currency in which orders are accepted.
        now: moment of ingestion, UTC without zone; timestamps may lie `future_days` after its day.
    """
    schema = SCHEMAS[extract]
    frame, unknown = under_contract_names(batch.frame, extract)
    latest = datetime(now.year, now.month, now.day) + timedelta(days=1 + load_limits().future_days)
    typed = coerce(frame=frame, extract=extract).with_columns(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("_position"),
        pl.lit(latest).cast(pl.Datetime("us")).alias("_latest"),
        pl.lit(reporting_currency.upper()).alias("_reporting_currency"),
    )
    accepted, failure = schema.filter(typed)
    lines = pl.Series("_line_number", batch.lines, dtype=pl.Int64)
    refused = [malformed_rows(batch.malformed)] if batch.malformed else []
    if len(failure):
        broken = list(failure.counts())
        details = failure.details().select(
            lines.gather(failure.invalid()["_position"]).alias("line_number"),
            pl.Series("raw_row", batch.raw_rows(failure.invalid()["_position"].to_list())),
            reasons_column(rules=broken, schema=schema).alias("reasons"),
            amount(extract).alias("amount"),
        )
        refused.append(details.cast(REFUSED))
    kept = lines if len(accepted) == len(lines) else lines.gather(accepted["_position"])
    return Split(
        accepted=accepted.select(content_columns(extract)).with_columns(kept),
        refused=pl.concat(refused).sort("line_number") if refused else pl.DataFrame(schema=REFUSED),
        unknown_columns=unknown,
    )


def _key(name: str) -> str:
    return name.strip().lower()


def under_contract_names(frame: pl.DataFrame, extract: str) -> tuple[pl.DataFrame, list[str]]:
    """Contract columns under their contract names; several spellings of one name are coalesced."""
    known = set(content_columns(extract))
    spellings: dict[str, list[str]] = {}
    for name in frame.columns:
        spellings.setdefault(_key(name), []).append(name)
    columns = [
        pl.coalesce(names).alias(key) if len(names) > 1 else pl.col(names[0]).alias(key)
        for key, names in spellings.items()
        if key in known
    ]
    unknown = [name.strip() for key, names in spellings.items() if key not in known for name in names]
    if not columns:  # keeps the number of rows
        return pl.DataFrame({"": pl.Series([None] * frame.height, dtype=pl.String)}), unknown
    return frame.select(columns), unknown


def malformed_rows(lines: list[Malformed]) -> pl.DataFrame:
    """Lines that never became rows, as refused rows."""
    return pl.DataFrame(
        {
            "line_number": [line.line_number for line in lines],
            "raw_row": [line.raw_row for line in lines],
            "reasons": [line.reasons for line in lines],
            "amount": [None] * len(lines),
        },
        schema=REFUSED,
    )
