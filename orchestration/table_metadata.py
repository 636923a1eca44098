"""What Dagster shows beside a table: rows, and a small preview where no personal data can be in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import dagster as dg
import duckdb

PREVIEWED_SCHEMAS = frozenset({"marts", "kpi", "governance", "gate", "seeds"})
PREVIEW_ROWS = 5
PREVIEW_COLUMNS = 8


def table_metadata(*, connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> dict[str, Any]:
    """Return row count and preview of one warehouse table.

    Staging and intermediate may hold names and telephone numbers, so they are counted but not shown.
    """
    relation = connection.table(f'"{schema}"."{table}"')
    counted = relation.aggregate("count(*)").fetchone()
    metadata: dict[str, Any] = {"dagster/row_count": counted[0] if counted else 0}
    if schema in PREVIEWED_SCHEMAS:
        columns = relation.columns[:PREVIEW_COLUMNS]
        rows = relation.limit(PREVIEW_ROWS).fetchall()
        lines = [" | ".join(columns), " | ".join("---" for _ in columns)]
        lines += [" | ".join(_cell(value) for value in row[:PREVIEW_COLUMNS]) for row in rows]
        metadata["preview"] = dg.MetadataValue.md("\n".join(f"| {line} |" for line in lines))
    return metadata


def describe_outputs(
    *, connection: duckdb.DuckDBPyConnection, events: Iterable[Any], nodes: Mapping[str, Any]
) -> Iterator[Any]:
    """Pass dbt's events on, each built table with its row count and preview.

    Args:
        connection: the warehouse after the build.
        events: what dagster-dbt made of dbt's log.
        nodes: the nodes of dbt's manifest, by unique id.
    """
    for event in events:
        if not isinstance(event, dg.Output):
            yield event
            continue
        node = nodes[str(event.metadata["unique_id"].value)]
        if node["config"]["materialized"] == "view":
            yield event
            continue
        shown = table_metadata(connection=connection, schema=node["schema"], table=node["name"])
        yield dg.Output(event.value, output_name=event.output_name, metadata={**event.metadata, **shown})


def _cell(value: object) -> str:
    return "" if value is None else str(value).replace("|", "\\|").replace("\n", " ")[:60]
