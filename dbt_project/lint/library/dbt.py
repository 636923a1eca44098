"""What sqlfluff reads instead of dbt's own macros."""


def dateadd(datepart: str, interval: str, from_date_or_timestamp: str) -> str:
    """Stand in for `dbt.dateadd`."""
    return f"({from_date_or_timestamp} + interval (({interval})) {datepart})"


def datediff(first_date: str, second_date: str, datepart: str) -> str:
    """Stand in for `dbt.datediff`."""
    return f"date_diff('{datepart}', {first_date}, {second_date})"


def date_trunc(datepart: str, date: str) -> str:
    """Stand in for `dbt.date_trunc`."""
    return f"date_trunc('{datepart}', {date})"


def type_string() -> str:
    """Stand in for `dbt.type_string`."""
    return "varchar"
