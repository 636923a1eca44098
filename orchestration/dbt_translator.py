"""How dbt's models look in Dagster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject

from orchestration.dbt_manifest import dbt_manifest

PUBLISHED_FOLDERS = frozenset({"marts", "governance"})
SERVING_TAG = "serving"
SERVING = f"tag:{SERVING_TAG}"
"""Models that join the Python KPIs; they are built by a second, small dbt call."""


class StageTranslator(DagsterDbtTranslator):
    """Asset key = schema and table; group = folder; description = dbt's."""

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_source_tests_as_checks=True))

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        """Let the serving call wait for every computed table: it tests them all, whichever its models read."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        if SERVING_TAG not in manifest["nodes"].get(unique_id, {}).get("tags", ()):
            return spec
        sources = manifest["sources"].values()
        computed = {
            dg.AssetKey([each["schema"], each["name"]]) for each in sources if SERVING_TAG in each["tags"]
        }
        waiting_for = {dep.asset_key for dep in spec.deps} | {spec.key}
        return spec.merge_attributes(deps=sorted(computed - waiting_for))

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
