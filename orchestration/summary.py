"""What a manager reads at the end of a run, and how the other commands look on a terminal."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestration.explanation_view import show_explanation
from orchestration.settings import Settings

TIER_LABELS = {
    "Platinum": "Platinum 铂金",
    "Gold": "Gold 黄金",
    "Silver": "Silver 银牌",
    "Bronze": "Bronze 铜牌",
}
HEADLINES = {
    "customers": "select count(*) from marts.customer_360",
    "buyers": "select count(*) from marts.customer_360 where lifetime_orders > 0",
    "orders": "select count(*) from marts.orders",
    "sales": "select count(*) from marts.orders where is_sale",
    "net_revenue": "select sum(net_revenue) from marts.orders",
    "net_revenue_12m": "select sum(net_revenue_12m) from marts.customer_360",
    "cltv_12m_mean": "select avg(cltv_12m) from marts.customer_360",
    "quarantined_rows": "select coalesce(sum(rows), 0) from governance.quarantine_summary",
}


def release_summary(*, settings: Settings, seconds: dict[str, float]) -> dict[str, Any]:
    """Read the headline figures back from the published file, so that they are what readers see.

    Args:
        settings: of the run.
        seconds: time per step, in the order of finishing.

    Returns:
        A mapping that can be printed as JSON.
    """
    path = settings.current_link / "marts.duckdb"
    manifest = json.loads((settings.current_link / "manifest.json").read_text())
    with duckdb.connect(str(path), read_only=True) as connection:
        currency = _scalar(connection, "select reporting_currency from governance.release")
        figures = {name: _scalar(connection, query) for name, query in HEADLINES.items()}
        tiers = connection.execute(
            "select rfm_tier, count(*), sum(net_revenue_12m) from marts.customer_360 "
            "where rfm_tier is not null group by rfm_tier"
        ).fetchall()
        scorecard = connection.execute(
            "select kpi, segment, value, target, direction, status, n from marts.kpi_scorecard "
            "order by kpi, segment"
        ).fetchall()
        gates = connection.execute(
            "select count(*), count(*) filter (is_passed), "
            "list(gate order by gate) filter (not is_passed) from governance.gate_results"
        ).fetchall()[0]
    return {
        "release_id": manifest["release_id"],
        "as_of": manifest["as_of"],
        "currency": currency,
        "path": str(path),
        "review": str(settings.current_link / "review.html"),
        **figures,
        "tiers": {tier: {"customers": count, "net_revenue_12m": revenue} for tier, count, revenue in tiers},
        "scorecard": [
            dict(zip(("kpi", "segment", "value", "target", "direction", "status", "n"), row, strict=True))
            for row in scorecard
        ],
        "gates": {"evaluated": gates[0], "passed": gates[1], "failed": gates[2] or []},
        "seconds": {step: round(value, 2) for step, value in seconds.items()},
    }


def show(*, kind: str, result: dict[str, Any], console: Console) -> None:
    """Print a command's result for a person."""
    SHOWN[kind](result, console)


def _scalar(connection: duckdb.DuckDBPyConnection, query: str) -> Any:
    row = connection.execute(query).fetchone()
    return row[0] if row else None


def _number(value: Any, digits: int = 0, unit: str = "") -> str:
    return "not measurable" if value is None else f"{value:,.{digits}f} {unit}".strip()


def _show_run(result: dict[str, Any], console: Console) -> None:
    currency = result["currency"]
    console.print()
    console.print(Text(f"Release {result['release_id']}", style="bold"), f"· as of {result['as_of']}")
    facts = Table(show_header=False, box=None, pad_edge=False)
    for label, value in (
        ("customers", f"{_number(result['customers'])}, of them {_number(result['buyers'])} buyers"),
        ("orders", f"{_number(result['orders'])}, of them {_number(result['sales'])} sales"),
        ("net revenue", _number(result["net_revenue"], 2, currency)),
        ("net revenue, 12 months", _number(result["net_revenue_12m"], 2, currency)),
        ("CLTV, 12 months, mean", _number(result["cltv_12m_mean"], 2, currency)),
        ("rows in quarantine", _number(result["quarantined_rows"])),
        ("gates", f"{result['gates']['passed']} of {result['gates']['evaluated']} passed"),
        ("warnings", ", ".join(result["gates"]["failed"]) or "none"),
    ):
        facts.add_row(label, Text(str(value)))
    console.print(facts, _tier_table(result), _scorecard_table(result))
    console.print("Open it:", Text(result["path"], style="bold"))
    console.print("Review: ", Text(result["review"], style="bold"))


def _tier_table(result: dict[str, Any]) -> Table:
    table = Table("tier", "customers", f"net revenue 12 m ({result['currency']})", title="RFM tiers")
    for tier, label in TIER_LABELS.items():
        row = result["tiers"].get(tier, {"customers": 0, "net_revenue_12m": 0})
        table.add_row(label, _number(row["customers"]), _number(row["net_revenue_12m"], 2))
    return table


def _scorecard_table(result: dict[str, Any]) -> Table:
    """The targets; values that have none, and those of single tiers or categories, stand in the table alone."""
    shown = [row for row in result["scorecard"] if row["direction"] and ":" not in row["segment"]]
    more = len(result["scorecard"]) - len(shown)
    table = Table(title="Scorecard", caption=f"{more} more rows in marts.kpi_scorecard")
    for column in ("KPI", "segment", "value", "target", "n", "status"):
        table.add_column(column, no_wrap=True)
    colours = {"met": "green", "missed": "yellow"}
    for row in shown:
        status = row["status"]
        table.add_row(
            row["kpi"],
            row["segment"],
            "–" if row["value"] is None else f"{row['value']:,.4g}",
            "–" if row["target"] is None else f"{row['target']:,.4g}",
            "–" if row["n"] is None else f"{row['n']:,}",
            Text(status, style=colours.get(status, "dim")),
        )
    return table


def _show_rows(columns: tuple[str, ...], key: str) -> Callable[[dict[str, Any], Console], None]:
    def show_rows(result: dict[str, Any], console: Console) -> None:
        table = Table(*columns)
        for row in result[key]:
            table.add_row(*(Text(_cell(row[column])) for column in columns))
        console.print(table)
        if "note" in result:
            console.print(Text(result["note"]))

    return show_rows


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(str(item) for item in value)
    if isinstance(value, bool):
        return "●" if value else ""
    return f"{value:,}" if isinstance(value, int) else str("" if value is None else value)


def _show_facts(result: dict[str, Any], console: Console) -> None:
    table = Table(show_header=False, box=None)
    for name, value in result.items():
        table.add_row(name.replace("_", " "), Text(_cell(value)))
    console.print(table)


def _show_status(result: dict[str, Any], console: Console) -> None:
    _show_facts({name: value for name, value in result.items() if not isinstance(value, list)}, console)
    columns = ("extract", "files", "rows_accepted", "rows_quarantined", "last_file_at")
    _show_rows(columns, "freshness")(result, console)
    if result["failing_gates"]:
        _show_rows(("gate", "severity", "observed", "threshold"), "failing_gates")(result, console)


SHOWN: dict[str, Callable[[dict[str, Any], Console], None]] = {
    "run": _show_run,
    "simulation": _show_facts,
    "status": _show_status,
    "releases": _show_rows(("release_id", "as_of", "built_at", "is_current"), "releases"),
    "rollback": _show_facts,
    "explanation": show_explanation,
    "verification": _show_rows(("table", "rows", "rebuilt_rows", "is_equal"), "tables"),
    "quarantine": _show_rows(("extract", "file_name", "line_number", "reasons"), "rows"),
    "replay": _show_rows(("extract", "tried", "accepted", "duplicate", "refused"), "extracts"),
}
