"""The day that a landing file belongs to, by which history is taken in step by step.

What belongs here: reading a day out of a name or a file's clock. What does not: which rows the file holds; those
may be of any day.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

_DAY = re.compile(r"(?<!\d)(\d{4})([-_]?)(\d{2})\2(\d{2})(?!\d)")


def arrival_day(path: Path, *, root: Path, time_zone: str) -> date:
    """Return the last day that the file's name or folders name, else the day on which it was last written.

    `orders/2026/2026-01-31.csv`, `orders_20260101_20260131.csv.gz` and `orders/2026_01_31/part-0.parquet` are of
    31 January 2026.
    """
    named = [
        day for found in _DAY.finditer(path.relative_to(root).as_posix()) if (day := _day(found)) is not None
    ]
    if named:
        return max(named)
    return datetime.fromtimestamp(path.stat().st_mtime, tz=ZoneInfo(time_zone)).date()


def _day(found: re.Match[str]) -> date | None:
    year, _, month, day = found.groups()
    try:
        return date(int(year), int(month), int(day))
    except ValueError:  # eight digits that are no day
        return None
