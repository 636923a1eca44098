"""Which heavy tables a build may go on from, and what the last finished build had seen.

The tables of `CONTINUED_MODELS` are not built anew every night: dbt deletes and inserts only what has changed
since the last build (`dbt_project/macros/restatement`). That is right only as long as the last build

- finished: a build that died leaves no note, and the next one starts from nothing;
- saw no file of these rows that counts no more, and no day that this build may not know;
- was made by the same definition: models, macros, rules in force, settings, and DuckDB, for each table over
  everything that it is made from. A changed rule restates the tables that read it, and no others.

The note stands in schema `build` of the warehouse, written in one transaction after a build has succeeded.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration.dbt_manifest import dbt_manifest
from orchestration.landing.ledger import read_ledger
from orchestration.landing.views import create_raw_views
from orchestration.settings import SEEDS_DIR, Settings

TOLD_BY_FILE = ("browse_events", "orders", "order_items")
"""Extracts whose new rows are told by their file. Of all others the tables that come of them are compared."""
CONTINUED_MODELS = (
    "int_browse_activity",
    "int_product_views",
    "int_sessions",
    "orders",
    "order_items",
    "sessions",
)

TABLES = """
create schema if not exists build;
create table if not exists build.finished (as_of_date date);
create table if not exists build.definitions (model varchar, definition varchar);
create table if not exists build.seen_files (extract varchar, file_hash varchar, ingested_at varchar);
"""
KEPT = {
    "account_customers": "select platform, account_id, customer_id from intermediate.int_account_customers",
    "browser_customers": "select anonymous_id, customer_id from intermediate.int_browser_customers",
    "products": "select product_id, category, brand from staging.stg_products",
}
"""What dbt compares with the next build's."""


@dataclass(frozen=True, kw_only=True)
class Continuation:
    """What a build goes on from.

    Attributes:
        models: tables that keep their rows; all others start from nothing.
        previous_as_of: last day that the last build knew, None without one.
    """

    models: list[str] = field(default_factory=list)
    previous_as_of: date | None = None


def begin(*, connection: duckdb.DuckDBPyConnection, settings: Settings, as_of: date) -> Continuation:
    """Decide what this build goes on from, and take the note away until it has finished.

    Tables that must start from nothing are dropped, so that nothing of them can be gone on from by mistake. Schema
    `raw` tells from now on which rows no finished build has seen.
    """
    connection.execute(TABLES)
    accepted, seen = _accepted(settings), _seen(connection)
    create_raw_views(connection, settings, unseen={(extract, file) for extract, file, _ in accepted - seen})
    found = Continuation()
    if not any(extract in TOLD_BY_FILE for extract, _, _ in seen - accepted):
        found = _decide(connection=connection, settings=settings, as_of=as_of)
    connection.execute("delete from build.finished")
    manifest = dbt_manifest()
    for model in CONTINUED_MODELS:
        if model not in found.models:
            schema = manifest["nodes"][f"model.rapport.{model}"]["schema"]
            connection.execute(f'drop table if exists "{schema}"."{model}"')
    return found


def finish(*, connection: duckdb.DuckDBPyConnection, settings: Settings, as_of: date) -> None:
    """Note what the finished build saw and was made by."""
    definitions = _definitions(settings=settings, as_of=as_of)
    connection.execute("begin")
    try:
        for table, query in KEPT.items():
            connection.execute(f"create or replace table build.{table} as {query}")
        connection.execute("delete from build.definitions")
        connection.executemany("insert into build.definitions values (?, ?)", list(definitions.items()))
        connection.execute("delete from build.seen_files")
        connection.execute(
            "insert into build.seen_files select unnest(?::varchar[]), unnest(?::varchar[]), unnest(?::varchar[])",
            [list(column) for column in zip(*_accepted(settings), strict=True)] or [[], [], []],
        )
        connection.execute("delete from build.finished")
        connection.execute("insert into build.finished values (?)", [as_of])
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def _decide(*, connection: duckdb.DuckDBPyConnection, settings: Settings, as_of: date) -> Continuation:
    finished = connection.execute("select as_of_date from build.finished").fetchone()
    if settings.full_refresh or finished is None or finished[0] > as_of:
        return Continuation()
    known = dict(connection.execute("select model, definition from build.definitions").fetchall())
    now = _definitions(settings=settings, as_of=as_of)
    models = [model for model in CONTINUED_MODELS if known.get(model) == now[model]]
    return Continuation(models=models, previous_as_of=finished[0])


def _seen(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str, str]]:
    return set(connection.execute("select extract, file_hash, ingested_at from build.seen_files").fetchall())


def _accepted(settings: Settings) -> set[tuple[str, str, str]]:
    """Extract, hash and time of every file that gave rows; a replay gives a file that changed another time."""
    return {
        (item.extract, item.file_hash, item.replayed_at or item.ingested_at)
        for item in read_ledger(settings.ledger_path)
        if item.raw_file
    }


def _definitions(*, settings: Settings, as_of: date) -> dict[str, str]:
    """Hash, per table, everything that decides how its rows come about."""
    manifest = dbt_manifest()
    frame = [
        duckdb.__version__,
        settings.reporting_time_zone,
        settings.reporting_currency,
        *sorted(
            macro["macro_sql"] for macro in manifest["macros"].values() if macro["package_name"] == "rapport"
        ),
    ]
    return {
        model: _hash([*frame, *_ingredients(f"model.rapport.{model}", manifest=manifest, as_of=as_of)])
        for model in CONTINUED_MODELS
    }


def _ingredients(node: str, *, manifest: Mapping[str, Any], as_of: date) -> list[str]:
    """Return a line for the node and each of its ancestors: its code, or the rules in force."""
    nodes: Mapping[str, Any] = manifest["nodes"]
    waiting, found = [node], set()
    while waiting:
        current = waiting.pop()
        if current in nodes and current not in found:
            found.add(current)
            waiting += nodes[current].get("depends_on", {}).get("nodes", [])
    return [
        f"{name}={_rules(nodes[name], as_of=as_of)}"
        if nodes[name]["resource_type"] == "seed"
        else f"{name}={nodes[name]['checksum']['checksum']}{json.dumps(nodes[name]['config'], sort_keys=True)}"
        for name in sorted(found)
    ]


def _rules(seed: Mapping[str, Any], *, as_of: date) -> str:
    """Hash the rows that have begun by a day; a rule of the future restates nothing yet."""
    return _hash(_rows_in_force(SEEDS_DIR / f"{seed['name']}.csv", as_of=as_of))


def _rows_in_force(path: Path, *, as_of: date) -> Iterator[str]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row.get("valid_from", "") <= as_of.isoformat():
                yield json.dumps(row, ensure_ascii=False, sort_keys=True)


def _hash(lines: Iterator[str] | list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
