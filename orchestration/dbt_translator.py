"""How dbt's models look in Dagster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject

from orchestration.dbt_manifest import dbt_manifest

KPI_SOURCE = "kpi"
PUBLISHED_FOLDERS = frozenset({"marts", "governance"})
SERVING_TAG = "serving"
SERVING = f"tag:{SERVING_TAG}"
"""Models that join the Python KPIs; they are built by a second, small dbt call."""


class StageTranslator(DagsterDbtTranslator):
    """Asset key = schema and table; group = folder; description = dbt's.

    Tests of computed tables are no checks of Dagster: as such they would keep the scorecard, which reads some of these
    tables, waiting for the serving call that tests them. Their verdict stands in `governance.gate_results`.
    """

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        """Let what is served wait for every computed table: the call that builds it tests them all."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        resource = self.get_resource_props(manifest, unique_id)
        if resource["resource_type"] != "model" or SERVING_TAG not in resource["tags"]:
            return spec
        read = {dep.asset_key for dep in spec.deps}
        return spec.merge_attributes(deps=[key for key in kpi_table_keys(manifest) if key not in read])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Group by the folder below `models/`, which is the stage of the flow."""
        if dbt_resource_props["resource_type"] == "seed":
            return "seeds"
        return str(dbt_resource_props["fqn"][1])

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """Show the description without the SQL that Dagster would append."""
        return str(dbt_resource_props.get("description") or "")


def kpi_table_keys(manifest: Mapping[str, Any]) -> list[dg.AssetKey]:
    """Return the asset keys of all tables that Python computes, which dbt knows as sources."""
    return [
        dg.AssetKey([source["schema"], source["name"]])
        for source in manifest["sources"].values()
        if source["source_name"] == KPI_SOURCE
    ]


def dbt_table_keys() -> list[dg.AssetKey]:
    """Return the asset keys of all tables that dbt builds for readers."""
    nodes = dbt_manifest()["nodes"].values()
    return [
        dg.AssetKey([node["schema"], node["name"]])
        for node in nodes
        if node["resource_type"] == "model" and node["fqn"][1] in PUBLISHED_FOLDERS
    ]
