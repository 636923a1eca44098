"""Which tables are published and what is said about them follows from dbt's manifest alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orchestration.release.dictionary import IncompleteDictionaryError, Table, load_tables


def column(name: str, data_type: str = "varchar", **more: Any) -> dict[str, Any]:
    return {"name": name, "data_type": data_type, "description": f"What\n {name} is.", "config": {}} | more


def node(schema: str, name: str, *columns: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "resource_type": "model",
        "schema": schema,
        "alias": name,
        "description": "One row per thing.",
        "config": {"materialized": "table"},
        "columns": {entry["name"]: entry for entry in columns or (column("id"),)},
    } | more


def source(name: str, **more: Any) -> dict[str, Any]:
    return {
        "source_name": "kpi",
        "schema": "kpi",
        "identifier": name,
        "description": "Computed.",
        "config": {"meta": {"published_as": "marts"}},
        "columns": {"id": column("id")},
    } | more


def loaded(
    tmp_path: Path, nodes: list[dict[str, Any]], sources: list[dict[str, Any]] = (), currency: str = "CNY"
) -> dict[str, Table]:
    path = tmp_path / "manifest.json"
    path.write_text(
        json.dumps({"nodes": dict(enumerate(nodes)), "sources": dict(enumerate(sources))}), encoding="utf-8"
    )
    tables = load_tables(manifest_path=path, reporting_currency=currency)
    return {table.full_name: table for table in tables}


def test_only_marts_governance_and_marked_sources_are_published(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        [
            node("marts", "orders"),
            node("governance", "money_ledger"),
            node("staging", "stg_orders"),
            node("marts", "helper", config={"materialized": "ephemeral"}),
            node("marts", "a_test", resource_type="test"),
            node("governance", "for_us", config={"materialized": "table", "meta": {"is_private": True}}),
        ],
        [source("cltv_scores"), source("orders", source_name="raw", schema="raw", config={"meta": {}})],
    )
    assert list(found) == ["governance.money_ledger", "marts.cltv_scores", "marts.orders"]
    assert found["marts.cltv_scores"].warehouse_name == "kpi.cltv_scores"


def test_tables_that_the_release_writes_are_told_apart(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        [],
        [
            source(
                "release", source_name="gate", schema="gate", config={"meta": {"published_as": "governance"}}
            )
        ],
    )
    assert found["governance.release"].is_written_by_release


@pytest.mark.parametrize(
    ("entry", "unit"),
    [
        (column("net_revenue", "decimal(18,2)"), "BRL"),
        (column("monetary", config={"meta": {"unit": "CNY per order"}}), "BRL per order"),
        (column("amount", config={"meta": {"unit": "reporting currency"}}), "BRL"),
        (column("recency_days", "integer"), "days"),
        (column("retention_rate", "double"), "share, 0 to 1"),
        (column("ordered_at", "timestamp"), "UTC"),
        (column("platform"), None),
    ],
)
def test_units(tmp_path: Path, entry: dict[str, Any], unit: str | None) -> None:
    found = loaded(tmp_path, [node("marts", "t", entry)], currency="BRL")
    assert found["marts.t"].columns[0].unit == unit


def test_descriptions_become_one_line(tmp_path: Path) -> None:
    assert loaded(tmp_path, [node("marts", "t")])["marts.t"].columns[0].description == "What id is."


def test_a_missing_description_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        IncompleteDictionaryError, match=r"carries a comment: marts\.bare, marts\.t\.mystery$"
    ):
        loaded(
            tmp_path,
            [
                node("marts", "t", column("id"), column("mystery", description="")),
                node("marts", "bare", description=" "),
            ],
        )
