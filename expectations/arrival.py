"""The gate at the first border: is what arrived worth building on?

What belongs here: which measures are taken of the schema `raw` and which gates read them.
What does not: limits (`seeds/gate_limits.csv`), row contracts (they split files on landing).
"""

from __future__ import annotations

from datetime import date

from expectations.limits import (
    PARAMETERS_FILE,
    QUARANTINE_FILE,
    QuarantineLimit,
    load_limits,
    load_parameters,
    load_quarantine_limits,
)
from expectations.measures import Suite, read_measure
from orchestration.settings import SEEDS_DIR

MEASURES: dict[str, tuple[str, ...]] = {
    "arrival/orders": ("orders_absent", "orders_month_missing"),
    "arrival/freshness": ("orders_stopped", "orders_stale"),
    "arrival/registrations": (
        "registrations_email_empty",
        "registrations_email_empty_in_delivery",
        "registrations_email_invalid",
    ),
    "arrival/quarantined_share": ("quarantined_share",),
    "arrival/quarantined_in_delivery": ("quarantined_in_delivery",),
    "arrival/ingested_files": ("files_refused", "files_unaccounted"),
    "arrival/orphans": ("orders_account_unknown", "order_items_without_order"),
}
"""Each SQL file of `measures/` with the gates that read it."""

GATES: tuple[str, ...] = tuple(gate for gates in MEASURES.values() for gate in gates)
"""Checks that every batch must have evaluated on arrival."""


def suite(*, on: date | None = None) -> Suite:
    """Return the arrival suite with the limits that hold on a day.

    Args:
        on: the day, by default the latest limits.
    """
    limits = {limit.gate: limit for limit in load_limits(SEEDS_DIR / "gate_limits.csv", on=on)}
    shares = load_quarantine_limits(SEEDS_DIR / QUARANTINE_FILE, on=on)
    values = load_parameters(SEEDS_DIR / PARAMETERS_FILE, on=on) | {"quarantine_limits": _as_rows(shares)}
    return Suite(
        name="arrival",
        measures=tuple(
            read_measure(name=name, gates=gates, limits=limits, values=values)
            for name, gates in MEASURES.items()
        ),
    )


def _as_rows(limits: tuple[QuarantineLimit, ...]) -> str:
    """Limits as rows of SQL `values`; a name is text of our own seeds, quoted."""
    return ", ".join(
        f"({_quoted(limit.extract)}, {limit.warn_share!r}::double, "
        f"{limit.refuse_share!r}::double, {limit.min_rows})"
        for limit in limits
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
