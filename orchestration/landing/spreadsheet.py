"""Text that goes into a spreadsheet and comes back: nothing runs, nothing is lost, display is no change.

What belongs here: single cells. What does not: which rows and columns (`worksheet`).
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

import polars as pl

FORMULA_STARTS = r"=+\-@\t\r"
_ESCAPED_NEXT = rf"^('*[{FORMULA_STARTS}])"
_ESCAPED = rf"^'('*[{FORMULA_STARTS}])"
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_TYPED = re.compile(r"[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?")
"""Moments that were readable before; anything else that comes back otherwise is a repair."""
_SHOWN = re.compile(r"(\d{4})\D(\d{1,2})\D(\d{1,2})(?:\D+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?")
_SHORTENED = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)
"""How a spreadsheet writes a number that is too long for it."""


def harmless(column: pl.Expr) -> pl.Expr:
    """Text that no spreadsheet takes for a formula: one quote before it, also where quotes stand already."""
    return column.str.replace(_ESCAPED_NEXT, "'$1")


def as_written(column: pl.Expr) -> pl.Expr:
    """Undo `harmless`; other text stays."""
    return column.str.replace(_ESCAPED, "$1")


def is_same_cell(*, old: str | None, new: str | None) -> bool:
    """Whether a cell came back unchanged but for how a spreadsheet shows it.

    That is: line ends, zeros lost before or after a number, a number cut to `1.23E+17`, a moment without its
    seconds or in another notation of the same day and time.
    """
    old, new = (old or "").replace("\r\n", "\n"), (new or "").replace("\r\n", "\n")
    return old == new or _is_same_number(old, new) or _is_same_moment(old, new)


def _is_same_number(old: str, new: str) -> bool:
    """A spreadsheet only ever makes a number shorter."""
    if not _NUMBER.fullmatch(old) or len(new) >= len(old):
        return False
    before = Decimal(old)
    if _SHORTENED.fullmatch(new):
        after = Decimal(new.replace(",", "."))
        digits = len(after.as_tuple().digits) - 1
        return f"{before:.{digits}e}" == f"{after:.{digits}e}"
    return _NUMBER.fullmatch(new) is not None and before == Decimal(new)


def _is_same_moment(old: str, new: str) -> bool:
    before = _moment(old) if _TYPED.fullmatch(old) else None
    after = _moment(new)
    if before is None or after is None:
        return False
    return before == after or (new.count(":") == 1 and before.replace(second=0) == after)


def _moment(text: str) -> datetime | None:
    found = _SHOWN.fullmatch(text)
    if not found:
        return None
    try:
        return datetime(*(int(part or 0) for part in found.groups()))  # type: ignore[arg-type]
    except ValueError:
        return None
