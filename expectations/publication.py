"""The gate at the second border: may what was built be released?

What belongs here: which measures are taken of the schemas `marts`, `kpi` and `governance`, and which gates
read them. What does not: limits (`seeds/gate_limits.csv`), rules inside the models (dbt tests).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import duckdb

from expectations.limits import PARAMETERS_FILE, GateLimit, load_limits, load_parameters
from expectations.measures import Measure, Suite, read_measure
from expectations.personal_data import PERSONAL_COLUMNS, holds_personal_text
from expectations.published_tables import COMPUTED, KEYS, warehouse_name
from orchestration.settings import SEEDS_DIR

MEASURES: dict[str, tuple[str, ...]] = {
    "publication/customers": (
        "customers_differ_from_identity_map",
        "customer_revenue_differs",
        "customer_category_wrong",
        "rfm_score_outside",
        "rfm_tier_mismatch",
    ),
    "publication/identity": (
        "customers_of_many_names",
        "customers_of_many_phones",
        "customers_of_many_birth_dates",
        "accounts_of_a_customer",
        "accounts_per_customer",
        "accounts_of_an_identifier",
    ),
    "publication/overrides": (
        "overrides_of_unknown_accounts",
        "overrides_contradicted",
        "overrides_disregarded",
    ),
    "publication/orders": ("orders_count_differs", "orders_revenue_differs"),
    "publication/order_items": ("order_items_count_differs", "order_items_revenue_differs"),
    "publication/money_ledger": ("money_unexplained", "rows_unexplained"),
    "publication/predictions": ("withheld_predictions_told", "predictions_beaten"),
    "publication/volume": ("orders_unpublished", "orders_fell", "customers_fell"),
}
"""Each SQL file of `measures/` with the gates that read it."""

CATALOGUE_GATES = (
    "tables_missing",
    "primary_key_broken",
    "rate_outside",
    "personal_data_column",
    "personal_data_value",
)
"""Gates over many tables; their queries follow from the columns that stand in the warehouse."""

GATES: tuple[str, ...] = (*CATALOGUE_GATES, *(gate for gates in MEASURES.values() for gate in gates))
"""Checks that every batch must have evaluated before its release."""

RATE_SUFFIXES = ("_rate", "_share", "_probability", "_probability_90d", "rate_low", "rate_high", "p_alive")


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table that is about to be published."""

    table: str
    name: str
    data_type: str


def suite(
    *,
    connection: duckdb.DuckDBPyConnection,
    as_of_date: date,
    reporting_time_zone: str,
    previous_row_counts: Mapping[str, int] | None = None,
    on: date | None = None,
) -> Suite:
    """Return the publication suite for the tables that stand in the warehouse now.

    Args:
        connection: the warehouse; only its catalogue is read here.
        as_of_date: last day of the release.
        reporting_time_zone: zone of its dates.
        previous_row_counts: rows per published table of the release that readers have, from
            `registry.current_row_counts`; without it nothing can have fallen.
        on: the day whose limits hold, by default the latest.
    """
    limits = {limit.gate: limit for limit in load_limits(SEEDS_DIR / "gate_limits.csv", on=on)}
    previous = previous_row_counts or {}
    values = load_parameters(SEEDS_DIR / PARAMETERS_FILE, on=on) | {
        "as_of_date": as_of_date,
        "reporting_time_zone": reporting_time_zone,
        "previous_orders": previous.get("marts.orders", 0),
        "previous_customers": previous.get("marts.customer_360", 0),
    }
    read = (
        read_measure(name=name, gates=gates, limits=limits, values=values) for name, gates in MEASURES.items()
    )
    return Suite(name="publication", measures=(*_catalogue_measures(connection, limits), *read))


def published_columns(connection: duckdb.DuckDBPyConnection) -> list[Column]:
    """Return the columns of every table of `marts`, `kpi` and `governance`, in table order."""
    rows = connection.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
        "where database_name = current_database() and schema_name in ('marts', 'kpi', 'governance') "
        "order by schema_name, table_name, column_index"
    ).fetchall()
    return [Column(table=table, name=name, data_type=data_type) for table, name, data_type in rows]


def _catalogue_measures(
    connection: duckdb.DuckDBPyConnection, limits: Mapping[str, GateLimit]
) -> tuple[Measure, ...]:
    columns = published_columns(connection)
    queries = {
        "tables_missing": _missing_tables(columns),
        "primary_key_broken": _broken_keys(columns),
        "rate_outside": _outside_rates(columns),
        "personal_data_column": _personal_columns(columns),
        "personal_data_value": _personal_values(columns),
    }
    return tuple(
        Measure(name=gate, query="\nunion all\n".join(parts or [_nothing(gate)]), gates=(limits[gate],))
        for gate, parts in queries.items()
    )


def _nothing(gate: str) -> str:
    return f"select null as subject, 0 as {gate}"


def _missing_tables(columns: list[Column]) -> list[str]:
    present = {column.table for column in columns}
    return [
        f"select '{table}' as subject, 1 as tables_missing"
        for table in KEYS
        if table not in COMPUTED and table not in present
    ]


def _broken_keys(columns: list[Column]) -> list[str]:
    """Rows beyond the first of a key, and rows with an empty part of it; hashes pick the suspects."""
    present = {column.table for column in columns}
    return [
        f"""select '{published}' as subject, (
            select coalesce(sum(copies - 1), 0) from (
                select count(*) as copies from {table}
                where hash({", ".join(key)}) in (
                    select hash({", ".join(key)}) from {table} group by 1 having count(*) > 1
                )
                group by {", ".join(key)}
            )
        ) + (
            select count(*) from {table} where {" or ".join(f"{part} is null" for part in key)}
        ) as primary_key_broken"""  # noqa: S608
        for published, key in KEYS.items()
        if (table := warehouse_name(published)) in present
    ]


def _outside_rates(columns: list[Column]) -> list[str]:
    return [
        f"select '{column.table}.{column.name}' as subject, "  # noqa: S608
        f'count(*) filter (where not ("{column.name}" between 0 and 1)) as rate_outside from {column.table}'
        for column in columns
        if column.name.endswith(RATE_SUFFIXES) or (column.table, column.name) == ("kpi.retention", "value")
    ]


def _personal_columns(columns: list[Column]) -> list[str]:
    return [
        f"select '{column.table}.{column.name}' as subject, 1 as personal_data_column"
        for column in columns
        if column.name.lower() in PERSONAL_COLUMNS
    ]


def _personal_values(columns: list[Column]) -> list[str]:
    """Texts that would be published with an e-mail or a telephone number in them."""
    return [
        f"select '{column.table}.{column.name}' as subject, count(*) as personal_data_value "  # noqa: S608
        f"from {column.table} where {holds_personal_text(column.name)}"
        for column in columns
        if column.data_type.startswith(("VARCHAR", "JSON", "STRUCT", "MAP"))
    ]
