"""When a day of the reporting time zone is over."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def end_of_day(day: date, *, reporting_time_zone: str) -> datetime:
    """Give the instant after a day as the warehouse writes instants: UTC, without a zone.

    Args:
        day: the day.
        reporting_time_zone: IANA zone in which it ends.
    """
    after = datetime.combine(day + timedelta(days=1), time(), tzinfo=ZoneInfo(reporting_time_zone))
    return after.astimezone(UTC).replace(tzinfo=None)
