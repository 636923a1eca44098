"""What the checks of one batch amount to, kept in the warehouse's schema `gate`.

What belongs here: writing evaluations (of the suites and of dbt's tests), remembering which checks a batch
must evaluate, and the one question that the release asks. What does not: measuring (`runner.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field
from datetime import datetime
from typing import Any

import duckdb

from expectations.limits import Severity
from expectations.runner import GateResult

TABLES = """
create schema if not exists gate;
create table if not exists gate.evaluations (
    batch_id varchar, gate varchar, layer varchar, table_name varchar, severity varchar,
    is_passed boolean, observed varchar, threshold varchar, checked_at timestamp
);
create table if not exists gate.expected (batch_id varchar, gate varchar)
"""

EVALUATED_STATUSES = frozenset({"pass", "fail", "warn", "error"})
"""dbt statuses of a test that ran; a skipped test was not evaluated."""


class GateRefused(Exception):  # noqa: N818 - the name says what happened, as people read it
    """A batch may not be released.

    Attributes:
        failed: critical checks that failed, by name.
        missing: expected checks that nobody evaluated, by name.
    """

    def __init__(self, *, failed: Iterable[str], missing: Iterable[str]) -> None:
        self.failed = list(failed)
        self.missing = list(missing)
        parts = [
            f"{label}: {', '.join(gates)}"
            for label, gates in (("failed", self.failed), ("not evaluated", self.missing))
            if gates
        ]
        super().__init__("The gate refused the release (" + "; ".join(parts) + ").")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether a batch may be released, and what stands against it."""

    is_passed: bool
    failed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def record(*, connection: duckdb.DuckDBPyConnection, batch_id: str, results: Iterable[GateResult]) -> None:
    """Add results to `gate.evaluations`; nothing that was recorded before is changed."""
    connection.execute(TABLES)
    rows = [(batch_id, *astuple(result)) for result in results]
    if rows:  # DuckDB refuses an empty list
        connection.executemany("insert into gate.evaluations values (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def expect(*, connection: duckdb.DuckDBPyConnection, batch_id: str, gates: Iterable[str]) -> None:
    """Register checks that a batch must evaluate before it may be released."""
    connection.execute(TABLES)
    rows = [(batch_id, gate) for gate in gates]
    if rows:
        connection.executemany("insert into gate.expected values (?, ?)", rows)


def demand(*, connection: duckdb.DuckDBPyConnection, batch_id: str) -> Verdict:
    """Answer whether every expected check of a batch was evaluated and no critical one failed.

    A batch that expects nothing does not pass: nobody looked. A critical failure stands, also when the
    same check passed at another time in the batch.
    """
    connection.execute(TABLES)
    failed = connection.execute(
        "select distinct gate from gate.evaluations "
        "where batch_id = ? and severity = 'critical' and not is_passed order by gate",
        [batch_id],
    ).fetchall()
    missing = connection.execute(
        "select gate from gate.expected where batch_id = $1 "
        "except select gate from gate.evaluations where batch_id = $1 order by gate",
        [batch_id],
    ).fetchall()
    expected = connection.execute(
        "select count(*) from gate.expected where batch_id = ?", [batch_id]
    ).fetchone()
    nobody_looked = not expected or expected[0] == 0
    missing_names = [gate for (gate,) in missing] or (["every check of this batch"] if nobody_looked else [])
    return Verdict(
        is_passed=not failed and not missing_names,
        failed=[gate for (gate,) in failed],
        missing=missing_names,
    )


def failing_gates(*, connection: duckdb.DuckDBPyConnection, batch_id: str) -> list[dict[str, str]]:
    """Return `gate, severity, observed, threshold` of every check of a batch that did not pass."""
    connection.execute(TABLES)
    rows = connection.execute(
        "select gate, severity, observed, threshold from gate.evaluations "
        "where batch_id = ? and not is_passed "
        "qualify row_number() over (partition by gate order by severity, checked_at desc) = 1 "
        "order by severity, gate",
        [batch_id],
    ).fetchall()
    return [dict(zip(("gate", "severity", "observed", "threshold"), row, strict=True)) for row in rows]


def dbt_gates(*, nodes: Mapping[str, Any]) -> list[str]:
    """Return the names of all data tests among a dbt manifest's nodes, for `expect`."""
    return sorted(node["name"] for node in nodes.values() if node["resource_type"] == "test")


def record_dbt_results(
    *,
    connection: duckdb.DuckDBPyConnection,
    batch_id: str,
    results: Iterable[Mapping[str, Any]],
    nodes: Mapping[str, Any],
    checked_at: datetime,
) -> list[GateResult]:
    """Turn the data tests of one dbt run into evaluations and record them.

    Severity `error` becomes critical, `warn` a warning; the layer is the folder of the tested model. What
    dbt skipped was not evaluated and is left out, so that an expected test shows up as missing. Messages
    of the database are not kept, because they may quote data.

    Args:
        connection: the warehouse.
        batch_id: the run.
        results: `unique_id`, `status` and `failures` of all that dbt ran.
        nodes: of dbt's manifest of the same project.
        checked_at: when dbt had finished, UTC without a zone.

    Returns:
        What was recorded.
    """
    evaluations = [
        _dbt_result(found=found, node=nodes[found["unique_id"]], nodes=nodes, checked_at=checked_at)
        for found in results
        if found["unique_id"].startswith("test.")
        and found["unique_id"] in nodes
        and found["status"] in EVALUATED_STATUSES
    ]
    record(connection=connection, batch_id=batch_id, results=evaluations)
    return evaluations


def _dbt_result(
    *, found: Mapping[str, Any], node: Mapping[str, Any], nodes: Mapping[str, Any], checked_at: datetime
) -> GateResult:
    only_warns = found["status"] == "warn" or node["config"]["severity"].lower() == "warn"
    has_error = found["status"] == "error"
    severity: Severity = "warning" if only_warns and not has_error else "critical"
    tested = nodes.get(node.get("attached_node") or "") or _first_parent(node, nodes)
    return GateResult(
        gate=node["name"],
        layer=tested["fqn"][1] if tested else "singular",
        table_name=f"{tested['schema']}.{tested['alias']}" if tested else "",
        severity=severity,
        is_passed=found["status"] == "pass",
        observed="not measured: the test's query failed" if has_error else f"{found['failures']} rows",
        threshold="at most 0 rows",
        checked_at=checked_at,
    )


def _first_parent(node: Mapping[str, Any], nodes: Mapping[str, Any]) -> Mapping[str, Any] | None:
    parents = [nodes[name] for name in node["depends_on"]["nodes"] if name in nodes]
    return parents[0] if parents else None
