"""A warehouse as the KPI stage meets it: the marts it reads, typed and empty, and the seeds as shipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from models.scorecard.scorecard import measurement_periods
from orchestration.kpi.inputs import read_kpi_targets
from orchestration.kpi.measures import read_measures
from orchestration.kpi.outputs import declared_tables, write_kpi_table

SEEDS = Path(__file__).resolve().parents[3] / "seeds"

SHIPPED = (
    *("model_settings", "kpi_targets", "service_rules", "stage_goals", "festivals"),
    "browsing_rules",
)
TABLES = """
create schema marts; create schema staging; create schema intermediate; create schema seeds;
create table marts.orders (
    platform varchar, order_id varchar, customer_id varchar, order_date date, is_sale boolean,
    net_revenue decimal(18, 2), order_number integer, account_id varchar, ordered_at timestamp
);
create table intermediate.int_product_views (
    platform varchar, anonymous_id varchar, account_id varchar, product_id varchar, viewed_at timestamp,
    is_cart_addition boolean, is_recommended boolean
);
create table intermediate.int_account_customers (platform varchar, account_id varchar, customer_id varchar);
create table intermediate.int_browser_customers (anonymous_id varchar, customer_id varchar);
create table marts.order_items (
    platform varchar, order_id varchar, order_date date, is_sale boolean, product_id varchar,
    quantity integer, refunded_quantity integer, net_revenue decimal(18, 2), customer_id varchar, category varchar
);
create table staging.stg_products (product_id varchar, unit_cost decimal(18, 2));
create table intermediate.int_customer_segments (
    customer_id varchar, value_level varchar, is_current boolean, evaluated_on date, lifecycle_stage varchar
);
create table marts.sessions (customer_id varchar, session_date date, source varchar, has_order boolean);
create table marts.rfm_scores (customer_id varchar, rfm_tier varchar);
create table marts.tickets (
    created_date date, category varchar, handled_by varchar, resolved_at timestamp,
    first_response_minutes decimal(18, 2), resolution_minutes decimal(18, 2), platform varchar, ticket_id varchar,
    customer_id varchar, created_at timestamp, first_response_at timestamp
);
create table marts.rfm_tier_history (customer_id varchar, valid_from date, valid_to date, rfm_tier varchar);
create table marts.identity_map (platform varchar, account_id varchar, customer_id varchar);
create table intermediate.int_session_customers (visitor_hash ubigint, customer_id varchar, started_at timestamp);
create table intermediate.int_customer_activity (customer_id varchar, evaluated_on date, first_session_date date);
create table staging.stg_order_refunds (platform varchar, order_id varchar, refunded_at timestamp);
create table intermediate.int_customers (
    customer_id varchar, acquisition_channel varchar, province varchar, first_registered_at timestamp
);
create table intermediate.int_customer_acquisition (customer_id varchar, won_in_festival varchar);
create table intermediate.int_account_identifiers (kind varchar, is_valid boolean);
create table staging.stg_registrations (
    registered_at timestamp, name varchar, email varchar, phone varchar, gender varchar, birth_date date,
    country varchar, province varchar, city varchar, occupation varchar, acquisition_channel varchar,
    referred_by varchar, platform varchar, account_id varchar
);
create table staging.stg_campaigns (
    campaign_id varchar, variant varchar, channel varchar, cost decimal(18, 2), sent_at timestamp
);
create table staging.stg_campaign_events (
    campaign_id varchar, variant varchar, platform varchar, account_id varchar, event_type varchar,
    event_at timestamp, is_machine boolean
);
create table staging.stg_feedback (kind varchar, score integer, created_at timestamp);
"""


@pytest.fixture(scope="session")
def new_warehouse() -> Callable[[], duckdb.DuckDBPyConnection]:
    """Factory of warehouses: empty marts, the seeds, and the KPI tables as declared."""

    def build() -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(config={"threads": 2, "preserve_insertion_order": False})
        connection.execute(TABLES)
        for seed in SHIPPED:
            connection.execute(f"create table seeds.{seed} as from read_csv('{SEEDS / seed}.csv')")
        for name, table in declared_tables().items():
            nothing = pl.DataFrame(schema=list(table.columns))
            write_kpi_table(connection=connection, table=name, frame=nothing)
        return connection

    return build


@pytest.fixture
def warehouse(new_warehouse) -> Iterator[duckdb.DuckDBPyConnection]:
    """One warehouse for one test."""
    with new_warehouse() as connection:
        yield connection


def measure(
    connection: duckdb.DuckDBPyConnection, kpi: str, *, as_of: date = date(2025, 6, 30)
) -> dict[str, tuple[float, float]]:
    """Count one KPI: numerator and denominator by segment, or value and n where it is no share of two counts."""
    asked = read_kpi_targets(connection=connection, as_of=as_of).filter(pl.col("kpi") == kpi)
    periods = measurement_periods(targets=asked, as_of=as_of)
    counted = read_measures(
        connection=connection, periods=periods, as_of=as_of, reporting_time_zone="Asia/Shanghai"
    )
    top, bottom = pl.coalesce("numerator", "value"), pl.coalesce("denominator", "n")
    rows = counted.filter(bottom > 0).select("segment", top, bottom).iter_rows()
    return {segment: (above, below) for segment, above, below in rows}
