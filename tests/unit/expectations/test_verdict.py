"""A batch passes only if everything it was to evaluate was evaluated, and nothing critical failed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import duckdb
import pytest

from expectations import verdict
from expectations.runner import GateResult

CHECKED_AT = datetime(2026, 7, 1, 3)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def result(gate: str, **overrides: Any) -> GateResult:
    values = {
        "gate": gate,
        "layer": "raw",
        "table_name": "raw.orders",
        "severity": "critical",
        "is_passed": True,
        "observed": "0",
        "threshold": "at most 0 rows",
        "checked_at": CHECKED_AT,
    }
    return GateResult(**(values | overrides))


def test_all_expected_and_passed_is_a_pass(connection: duckdb.DuckDBPyConnection) -> None:
    verdict.expect(connection=connection, batch_id="b", gates=["one", "two"])
    verdict.record(connection=connection, batch_id="b", results=[result("one"), result("two")])
    assert verdict.demand(connection=connection, batch_id="b") == verdict.Verdict(is_passed=True)


def test_a_critical_failure_refuses(connection: duckdb.DuckDBPyConnection) -> None:
    verdict.expect(connection=connection, batch_id="b", gates=["one"])
    verdict.record(connection=connection, batch_id="b", results=[result("one", is_passed=False)])
    assert verdict.demand(connection=connection, batch_id="b").failed == ["one"]


def test_a_failure_that_nobody_expected_refuses_too(connection: duckdb.DuckDBPyConnection) -> None:
    verdict.expect(connection=connection, batch_id="b", gates=["one"])
    verdict.record(
        connection=connection, batch_id="b", results=[result("one"), result("extra", is_passed=False)]
    )
    assert verdict.demand(connection=connection, batch_id="b").failed == ["extra"]


def test_a_warning_does_not_refuse(connection: duckdb.DuckDBPyConnection) -> None:
    verdict.expect(connection=connection, batch_id="b", gates=["one"])
    verdict.record(
        connection=connection, batch_id="b", results=[result("one", is_passed=False, severity="warning")]
    )
    assert verdict.demand(connection=connection, batch_id="b").is_passed


def test_an_expected_check_that_did_not_run_refuses(connection: duckdb.DuckDBPyConnection) -> None:
    verdict.expect(connection=connection, batch_id="b", gates=["one", "two"])
    verdict.record(connection=connection, batch_id="b", results=[result("one")])
    assert verdict.demand(connection=connection, batch_id="b").missing == ["two"]


def test_a_pass_of_another_batch_counts_for_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    verdict.expect(connection=connection, batch_id="b", gates=["one"])
    verdict.record(connection=connection, batch_id="yesterday", results=[result("one")])
    assert verdict.demand(connection=connection, batch_id="b").missing == ["one"]


def test_a_batch_that_expects_nothing_does_not_pass(connection: duckdb.DuckDBPyConnection) -> None:
    found = verdict.demand(connection=connection, batch_id="b")
    assert not found.is_passed
    assert found.missing == ["every check of this batch"]


def test_a_failure_stands_although_a_retry_passed(connection: duckdb.DuckDBPyConnection) -> None:
    verdict.expect(connection=connection, batch_id="b", gates=["one"])
    verdict.record(connection=connection, batch_id="b", results=[result("one", is_passed=False)])
    verdict.record(connection=connection, batch_id="b", results=[result("one")])
    assert verdict.demand(connection=connection, batch_id="b").failed == ["one"]


def test_the_refusal_names_every_gate() -> None:
    refusal = verdict.GateRefused(failed=["orders_month_missing"], missing=["orders_stale"])
    assert str(refusal) == (
        "The gate refused the release (failed: orders_month_missing; not evaluated: orders_stale)."
    )


MODEL = {
    "resource_type": "model",
    "fqn": ["rapport", "marts", "orders"],
    "schema": "marts",
    "alias": "orders",
}


def dbt_test(name: str, severity: str = "ERROR", **overrides: Any) -> dict[str, Any]:
    return {
        "resource_type": "test",
        "name": name,
        "config": {"severity": severity},
        "attached_node": "model.rapport.orders",
        "depends_on": {"nodes": ["model.rapport.orders"]},
    } | overrides


NODES = {
    "model.rapport.orders": MODEL,
    "test.rapport.unique_orders": dbt_test("unique_orders"),
    "test.rapport.accepted_status": dbt_test("accepted_status", "WARN"),
    "test.rapport.orders_reconcile": dbt_test("orders_reconcile", attached_node=None),
    "test.rapport.no_gap": dbt_test("no_gap"),
}


def dbt_run(statuses: dict[str, tuple[str, int | None]]) -> dict[str, Any]:
    """What is known after one dbt run."""
    results = [
        {"unique_id": unique_id, "status": status, "failures": failures, "message": "value wang@shop.example"}
        for unique_id, (status, failures) in statuses.items()
    ]
    return {"results": results, "nodes": NODES, "checked_at": datetime(2026, 7, 1, 3)}


def test_dbt_tests_become_evaluations(connection: duckdb.DuckDBPyConnection) -> None:
    run = dbt_run(
        {
            "model.rapport.orders": ("success", None),
            "test.rapport.unique_orders": ("fail", 3),
            "test.rapport.accepted_status": ("warn", 2),
            "test.rapport.orders_reconcile": ("pass", 0),
        },
    )
    verdict.record_dbt_results(connection=connection, batch_id="b", **run)
    rows = connection.execute(
        "select gate, layer, table_name, severity, is_passed, observed from gate.evaluations order by gate"
    ).fetchall()
    assert rows == [
        ("accepted_status", "marts", "marts.orders", "warning", False, "2 rows"),
        ("orders_reconcile", "marts", "marts.orders", "critical", True, "0 rows"),
        ("unique_orders", "marts", "marts.orders", "critical", False, "3 rows"),
    ]


def test_a_skipped_dbt_test_is_missing(connection: duckdb.DuckDBPyConnection) -> None:
    run = dbt_run({"test.rapport.no_gap": ("skipped", None)})
    verdict.expect(connection=connection, batch_id="b", gates=verdict.dbt_gates(nodes=NODES))
    verdict.record_dbt_results(connection=connection, batch_id="b", **run)
    assert "no_gap" in verdict.demand(connection=connection, batch_id="b").missing


def test_a_dbt_test_whose_query_failed_is_critical_and_quotes_nothing(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    run = dbt_run({"test.rapport.accepted_status": ("error", None)})
    (found,) = verdict.record_dbt_results(connection=connection, batch_id="b", **run)
    assert (found.severity, found.is_passed) == ("critical", False)
    assert found.observed == "not measured: the test's query failed"
