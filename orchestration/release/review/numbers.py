"""How the page prints figures: the same digits in text, in tables and on marks."""

from __future__ import annotations

NOTHING = "–"
MINUS = "−"
RATES = frozenset({"share", "relative change"})
DIFFERENCES = frozenset({"difference of shares"})
BALANCES = frozenset({"balance of shares", "difference of balances"})
"""Balances of shares are told in points: a net promoter score of 0.275 is +27.5."""


def percent(value: float | None, digits: int = 1) -> str:
    """Print a share of 0–1 as percent."""
    return NOTHING if value is None else _signed(f"{value * 100:,.{digits}f} %")


def change(value: float) -> str:
    """Print a relative change as percent, with its sign."""
    return _signed(f"{value * 100:+,.1f} %")


def points(value: float | None) -> str:
    """Print a difference of shares as percentage points, with its sign."""
    return NOTHING if value is None else _signed(f"{value * 100:+.1f} pp" if value else "0 pp")


def count(value: float | None) -> str:
    """Print a whole number."""
    return NOTHING if value is None else _signed(f"{value:,.0f}")


def amount(value: float | None, digits: int = 2) -> str:
    """Print an amount with a fixed number of digits."""
    return NOTHING if value is None else _signed(f"{value:,.{digits}f}")


def measured(value: float | None, *, unit: str) -> str:
    """Print the value of a KPI in its unit; the unit itself stands beside the name."""
    if unit in RATES:
        return percent(value)
    if unit in BALANCES:
        return NOTHING if value is None else _signed(f"{value * 100:+.1f}")
    return points(value) if unit in DIFFERENCES else amount(value)


def _signed(text: str) -> str:
    return text.replace("-", MINUS)
