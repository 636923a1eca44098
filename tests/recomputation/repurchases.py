"""What is due to be bought again, written a second time from the definition, beside what the run has written.

What belongs here: the comparison. What does not: anything of `models/` or `orchestration/kpi/queries/`.
"""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

SEED = Path(__file__).resolve().parents[2] / "seeds" / "model_settings.csv"
EXPECTED = Path(__file__).with_name("expected_repurchases.sql")
COLUMNS = (
    "customer_id, due_product_category, due_product_id, repurchase_gap_days, repurchase_basis, "
    "repurchase_due_date, is_repurchase_due"
)


def expected_repurchases(*, connection: duckdb.DuckDBPyConnection, as_of: date) -> list[tuple[Any, ...]]:
    """Recompute what is due; one row per buyer, sorted by customer. Temporary objects are left in the warehouse."""
    with SEED.open(encoding="utf-8") as lines:
        rules = {row["setting"]: float(row["value"]) for row in csv.DictReader(lines)}
    asked = {name: value for name, value in rules.items() if name.startswith("repurchase_")}
    cases = " ".join(f"when '{name}' then {value}" for name, value in asked.items())
    connection.execute(f"create or replace temp macro rule(name) as case name {cases} end")
    connection.execute(f"create or replace temp macro as_of() as date '{as_of}'")
    expected = EXPECTED.read_text(encoding="utf-8")
    return connection.execute(f"select {COLUMNS} from ({expected}) order by customer_id").fetchall()


def compare_repurchases(home: Path) -> tuple[int, list[tuple[Any, ...]]]:
    """Compare `kpi.next_orders` of a home's last build: rows, and up to ten rows that only one side has."""
    manifest = json.loads((home / "current" / "manifest.json").read_text(encoding="utf-8"))
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        ours = connection.execute(f"select {COLUMNS} from kpi.next_orders order by customer_id").fetchall()
        theirs = expected_repurchases(connection=connection, as_of=date.fromisoformat(manifest["as_of"]))
    return len(theirs), sorted(set(ours) ^ set(theirs), key=str)[:10]
