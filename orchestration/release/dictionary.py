"""What the published tables and columns mean, taken from dbt's manifest.

A table is published when it is a dbt model of the schema `marts` or `governance` whose meta does not say
`is_private`, or a source table whose meta says `published_as: <schema>` (tables that Python writes). Columns that
are not described there are not published.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PUBLISHED_SCHEMAS = ("marts", "governance")
RELEASE_SOURCE = "gate"
"""dbt source whose tables are written by the release itself, not copied from the warehouse."""

SCHEMA_IN_FILE = {"marts": "main"}
"""Where a published schema stands in the file. DuckDB calls an opened file by its name: were there a schema
`marts` in `marts.duckdb`, every client would refuse `from marts.orders` as ambiguous. In the default schema
of the file, `marts.orders` is found as promised, and so is plain `orders`."""

UNIT_OF_SUFFIX = {
    "_days": "days",
    "_minutes": "minutes",
    "_rate": "share, 0 to 1",
    "_share": "share, 0 to 1",
    "_at": "UTC",
    "_date": "reporting time zone",
    "_score": "points",
    "_points": "points",
}
"""Units that the naming grammar implies where a column names none."""


class IncompleteDictionaryError(Exception):
    """A table or column that would be published has no description."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One published column: its declared type (None where dbt names none), meaning and unit."""

    name: str
    data_type: str | None
    description: str
    unit: str | None


@dataclass(frozen=True, kw_only=True)
class Table:
    """One published table.

    Attributes:
        schema: `marts` or `governance`.
        name: without schema.
        warehouse_name: where it stands in the private warehouse, with schema.
        is_written_by_release: whether the release fills it itself.
        description: one sentence and the grain.
        columns: in the order of publication.
    """

    schema: str
    name: str
    warehouse_name: str
    is_written_by_release: bool
    description: str
    columns: tuple[Column, ...]

    @property
    def full_name(self) -> str:
        """Schema and name, as people write it."""
        return f"{self.schema}.{self.name}"

    @property
    def schema_in_file(self) -> str:
        """The schema that holds it in the published file."""
        return SCHEMA_IN_FILE.get(self.schema, self.schema)

    @property
    def name_in_file(self) -> str:
        """Schema and name inside the published file."""
        return f"{self.schema_in_file}.{self.name}"


def load_tables(*, manifest_path: Path, reporting_currency: str) -> tuple[Table, ...]:
    """Read every published table from dbt's manifest, sorted by name.

    Args:
        manifest_path: dbt's `manifest.json`.
        reporting_currency: ISO code that stands for "reporting currency" (and CNY) in units.

    Raises:
        IncompleteDictionaryError: a description is missing; the message lists where.
    """
    manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
    tables = [
        *(_model(node, reporting_currency) for node in manifest["nodes"].values() if _is_published(node)),
        *(
            _source(source, schema, reporting_currency)
            for source in manifest["sources"].values()
            if (schema := _published_as(source))
        ),
    ]
    _demand_descriptions(tables)
    return tuple(sorted(tables, key=lambda table: table.full_name))


def _is_published(node: Mapping[str, Any]) -> bool:
    return (
        node["resource_type"] == "model"
        and node["schema"] in PUBLISHED_SCHEMAS
        and node["config"]["materialized"] != "ephemeral"
        and not node["config"].get("meta", {}).get("is_private", False)
    )


def _published_as(source: Mapping[str, Any]) -> str | None:
    for meta in (source.get("config", {}).get("meta"), source.get("meta"), source.get("source_meta")):
        if meta and "published_as" in meta:
            return str(meta["published_as"])
    return None


def _model(node: Mapping[str, Any], currency: str) -> Table:
    return Table(
        schema=node["schema"],
        name=node["alias"],
        warehouse_name=f"{node['schema']}.{node['alias']}",
        is_written_by_release=False,
        description=_one_line(node["description"]),
        columns=_columns(node["columns"], currency),
    )


def _source(source: Mapping[str, Any], schema: str, currency: str) -> Table:
    return Table(
        schema=schema,
        name=source["identifier"],
        warehouse_name=f"{source['schema']}.{source['identifier']}",
        is_written_by_release=source["source_name"] == RELEASE_SOURCE,
        description=_one_line(source["description"]),
        columns=_columns(source["columns"], currency),
    )


def _columns(columns: Mapping[str, Mapping[str, Any]], currency: str) -> tuple[Column, ...]:
    return tuple(
        Column(
            name=column["name"],
            data_type=column.get("data_type"),
            description=_one_line(column["description"]),
            unit=_unit(column, currency),
        )
        for column in columns.values()
    )


def _unit(column: Mapping[str, Any], currency: str) -> str | None:
    for meta in (column.get("config", {}).get("meta"), column.get("meta")):
        if meta and meta.get("unit"):
            return str(meta["unit"]).replace("reporting currency", currency).replace("CNY", currency)
    if (column.get("data_type") or "").lower().replace(" ", "") == "decimal(18,2)":
        return currency
    suffixes = (unit for suffix, unit in UNIT_OF_SUFFIX.items() if column["name"].endswith(suffix))
    return next(suffixes, None)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _demand_descriptions(tables: Iterable[Table]) -> None:
    missing = [
        *(table.full_name for table in tables if not table.description or not table.columns),
        *(
            f"{table.full_name}.{column.name}"
            for table in tables
            for column in table.columns
            if not column.description
        ),
    ]
    if missing:
        raise IncompleteDictionaryError(
            "Describe these in dbt_project/models, every published table and column carries a comment: "
            + ", ".join(missing)
        )
