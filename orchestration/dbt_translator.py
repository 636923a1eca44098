"""How dbt's models look in Dagster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings

from orchestration.dbt_manifest import dbt_manifest

PUBLISHED_FOLDERS = frozenset({"marts", "governance"})
SERVING = "tag:serving"
"""Models that join the Python KPIs; they are built by a second, small dbt call."""


class StageTranslator(DagsterDbtTranslator):
    """Asset key = schema and table; group = folder; description = dbt's."""

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_source_tests_as_checks=True))

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Group by the folder below `models/`, which is the stage of the flow."""
        if dbt_resource_props["resource_type"] == "seed":
            return "seeds"
        return str(dbt_resource_props["fqn"][1])

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """Show the description without the SQL that Dagster would append."""
        return str(dbt_resource_props.get("description") or "")


def dbt_table_keys() -> list[dg.AssetKey]:
    """Return the asset keys of all tables that dbt builds for readers."""
    nodes = dbt_manifest()["nodes"].values()
    return [
        dg.AssetKey([node["schema"], node["name"]])
        for node in nodes
        if node["resource_type"] == "model" and node["fqn"][1] in PUBLISHED_FOLDERS
    ]
