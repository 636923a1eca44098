"""A home with a tiny private warehouse whose gates have passed, and dbt's word on its tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from expectations import verdict
from expectations.runner import GateResult
from orchestration.release.publisher import publish
from orchestration.release.registry import Release
from orchestration.settings import DBT_PROJECT_DIR, Settings
from orchestration.warehouse import open_warehouse

BUILT_AT = datetime(2026, 7, 1, 3, 0, 0, 123)
AS_OF = date(2026, 6, 30)

WAREHOUSE = """
create schema staging; create schema intermediate; create schema marts; create schema kpi; create schema governance;
create table staging.stg_registrations as
select 'a' || i as account_id, 'Zhuge Kongming ' || i as name, 'kongming' || i || '@shu.example' as email,
    '139' || lpad(i::varchar, 8, '4') as phone
from range(5000) as people (i);
create table marts.orders as
select 'web' as platform, 'o' || i as order_id, 'c' || i % 900 as customer_id,
    cast(i as decimal(18, 2)) as net_revenue, 'internal' as note,
    timestamp '2026-01-01' + interval 1 minute * i as ordered_at
from range({orders}) as numbers (i);
create table marts.customer_360 as
select customer_id, count(*) as lifetime_orders, 1 / 3.0::double * 1e-5 as discount_order_share
from marts.orders group by customer_id;
create table marts.customer_history as
select
    customer_id, null::date as valid_to, 'new' as customer_category, 'Gold' as rfm_tier, 'Gold' as evaluated_tier,
    false as is_vip, 'high' as value_level, 'high' as activity_level, 'new' as lifecycle_stage
from marts.customer_360;
create table intermediate.int_account_customers as
select 'web' as platform, 'a' || customer_id as account_id, customer_id, 'single' as rule from marts.customer_360;
create table kpi.cltv_scores as
select customer_id, 0.1::double + 0.2::double as p_alive from marts.customer_360;
"""


def described(schema: str, name: str, columns: dict[str, str], **more: Any) -> dict[str, Any]:
    """Return a model or source as dbt's manifest holds it."""
    return {
        "resource_type": "model",
        "schema": schema,
        "alias": name,
        "identifier": name,
        "source_name": schema,
        "description": f"It's the table {name}.",
        "config": {"materialized": "table"},
        "columns": {
            column: {"name": column, "data_type": data_type, "description": f"It's {column}.", "config": {}}
            for column, data_type in columns.items()
        },
    } | more


def gate_sources() -> list[dict[str, Any]]:
    """Return the sources that the project itself declares for the release's own tables."""
    path = DBT_PROJECT_DIR / "models" / "governance" / "_gate__sources.yml"
    (source,) = yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]
    return [
        {
            "source_name": source["name"],
            "schema": source["schema"],
            "identifier": table["name"],
            "description": table["description"],
            "config": table["config"],
            "columns": {column["name"]: column for column in table["columns"]},
        }
        for table in source["tables"]
    ]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        home=tmp_path / "it's 家",
        landing=tmp_path,
        memory_limit="1GB",
        threads=2,
        alert_webhook="https://hook.example/secret",
    )


@pytest.fixture
def manifest_path(tmp_path: Path) -> Path:
    """Return a manifest of two models, two computed tables (one not yet there), and the release's own."""
    published = {"config": {"meta": {"published_as": "marts"}}}
    orders = {
        "platform": "varchar",
        "order_id": "varchar",
        "customer_id": "varchar",
        "net_revenue": "decimal(18,2)",
        "ordered_at": "timestamp",
    }
    customers = {"customer_id": "varchar", "lifetime_orders": "bigint", "discount_order_share": "double"}
    models = [described("marts", "orders", orders), described("marts", "customer_360", customers)]
    sources = [
        described("kpi", "cltv_scores", {"customer_id": "varchar", "p_alive": "double"}, **published),
        described("kpi", "churn_scores", {"customer_id": "varchar", "risk_level": "varchar"}, **published),
        *gate_sources(),
    ]
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({"nodes": dict(enumerate(models)), "sources": dict(enumerate(sources))}))
    return path


@pytest.fixture
def build(settings: Settings) -> Callable[..., None]:
    """Return a function that builds the warehouse anew, with so many orders."""

    def build_warehouse(*, orders: int = 3000) -> None:
        settings.home.mkdir(parents=True, exist_ok=True)
        settings.warehouse_path.unlink(missing_ok=True)
        with open_warehouse(settings) as connection:
            connection.execute(WAREHOUSE.format(orders=orders))

    return build_warehouse


@pytest.fixture
def pass_gates(settings: Settings) -> Callable[..., None]:
    """Return a function that records passing checks of a batch, or failing ones."""

    def record(
        *, batch_id: str, failing: tuple[str, ...] = (), expected: tuple[str, ...] = ("a", "b")
    ) -> None:
        results = [
            GateResult(
                gate=gate,
                layer="marts",
                table_name="marts.orders",
                severity="critical",
                is_passed=gate not in failing,
                observed="0",
                threshold="at most 0 rows",
                checked_at=BUILT_AT,
            )
            for gate in ("a", "b")
        ]
        with open_warehouse(settings) as connection:
            verdict.expect(connection=connection, batch_id=batch_id, gates=expected)
            verdict.record(connection=connection, batch_id=batch_id, results=results)

    return record


@pytest.fixture
def publish_batch(
    settings: Settings, manifest_path: Path, build: Callable[..., None], pass_gates: Callable[..., None]
) -> Callable[..., Release]:
    """Return a function that builds, passes the gates and publishes batch n, one minute after the other."""

    def publish_it(*, number: int = 0, orders: int = 3000) -> Release:
        build(orders=orders)
        pass_gates(batch_id=f"batch-{number}")
        return publish(
            settings=settings,
            batch_id=f"batch-{number}",
            as_of_date=AS_OF,
            manifest_path=manifest_path,
            built_at=BUILT_AT + timedelta(minutes=number),
        )

    return publish_it
