"""LAYERS.md, enforced on dbt's manifest: who reads whom, what is described, what promises a contract and a key."""

from __future__ import annotations

import re
from typing import Any

import pytest

FACTS = {"identity_map", "orders", "order_items", "sessions", "tickets"}
ABOUT_CUSTOMERS = re.compile(r"^int_(customer_|evaluation_dates$)")
LAST_BUILD = {"last_build", "last_build_intermediate", "last_build_marts"}
MAY_READ = {
    "staging": {"raw", "staging", "seeds"},
    "intermediate": {"staging", "intermediate", "seeds", "history", *LAST_BUILD},
    "customer intermediate": {"facts", "intermediate", "customer intermediate", "seeds"},
    "facts": {"staging", "intermediate", "facts", "seeds"},
    "customer marts": {
        "intermediate",
        "customer intermediate",
        "facts",
        "customer marts",
        "seeds",
        "kpi",
        "history",
    },
    "governance": {"staging", "intermediate", "facts", "customer marts", "governance", "seeds", "kpi"},
}
NAMES = {
    "staging": re.compile(r"^stg_[a-z_]+$"),
    "intermediate": re.compile(r"^int_[a-z_]+$"),
    "marts": re.compile(r"^(?!stg_|int_)[a-z][a-z0-9_]+$"),
    "governance": re.compile(r"^(?!stg_|int_)[a-z][a-z0-9_]+$"),
}
PERSONAL = {"name", "email", "phone", "birth_date", "message", "answer_text", "identifier", "search_term"}


def models(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """All models of the project."""
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def folder(node: dict[str, Any]) -> str:
    """First folder below `models/`."""
    return str(node["fqn"][1])


def layer(node: dict[str, Any]) -> str:
    """Layer of a node in the words of LAYERS.md."""
    if node["resource_type"] == "seed":
        return "seeds"
    if node["resource_type"] == "source":
        return str(node["source_name"])
    name, where = node["name"], folder(node)
    if where == "intermediate" and ABOUT_CUSTOMERS.match(name):
        return "customer intermediate"
    if where == "marts":
        return "facts" if name in FACTS else "customer marts"
    return where


def promised(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Models that outsiders rely on: what lands in the schemas of the release."""
    return [node for node in models(manifest) if node["schema"] in {"marts", "governance"}]


def test_each_layer_reads_only_what_it_may(manifest: dict[str, Any]) -> None:
    known = {**manifest["nodes"], **manifest["sources"]}
    trespasses = [
        f"{node['name']} ({layer(node)}) reads {known[parent]['name']} ({layer(known[parent])})"
        for node in models(manifest)
        for parent in node["depends_on"]["nodes"]
        if layer(known[parent]) not in MAY_READ[layer(node)]
    ]
    assert trespasses == []


def test_staging_knows_one_business_rule_the_life_of_an_order(manifest: dict[str, Any]) -> None:
    read = {
        parent
        for node in models(manifest)
        if layer(node) == "staging"
        for parent in node["depends_on"]["nodes"]
        if parent.startswith("seed.")
    }
    assert read == {"seed.rapport.order_statuses"}


def test_events_are_scanned_by_two_models_each_from_where_it_left_off(manifest: dict[str, Any]) -> None:
    events = "model.rapport.stg_browse_events"
    readers = {node["name"] for node in models(manifest) if events in node["depends_on"]["nodes"]}
    assert readers == {"int_new_browse_activity", "int_product_views"}
    continued = {"int_new_browse_activity": "int_browse_activity", "int_product_views": "int_product_views"}
    for reader, table in continued.items():
        code = manifest["nodes"][f"model.rapport.{reader}"]["raw_code"]
        assert f"{{% if is_continued('{table}') %}} and {{{{ is_unseen('event_at') }}}} {{% endif %}}" in code


def test_whatever_reads_python_tables_is_built_in_the_second_call(manifest: dict[str, Any]) -> None:
    untagged = [
        node["name"]
        for node in models(manifest)
        if any(parent.startswith("source.rapport.kpi.") for parent in node["depends_on"]["nodes"])
        and "serving" not in node["tags"]
    ]
    assert untagged == []


def test_names_follow_the_grammar(manifest: dict[str, Any]) -> None:
    odd = [node["name"] for node in models(manifest) if not NAMES[folder(node)].match(node["name"])]
    assert odd == []


@pytest.mark.parametrize("kind", ["model", "seed", "source"])
def test_every_table_and_column_is_described(manifest: dict[str, Any], kind: str) -> None:
    tables = [*manifest["nodes"].values(), *manifest["sources"].values()]
    silent = [
        f"{table['name']}.{column}" if column else table["name"]
        for table in tables
        if table["resource_type"] == kind
        for column, words in [("", table["description"]), *described_columns(table)]
        if not words.strip()
    ]
    assert silent == []
    bare = [t["name"] for t in tables if t["resource_type"] == kind and not t["columns"]]
    assert bare == []


def described_columns(table: dict[str, Any]) -> list[tuple[str, str]]:
    """Name and description of each declared column."""
    return [(name, column["description"]) for name, column in table["columns"].items()]


def test_what_outsiders_rely_on_has_a_contract(manifest: dict[str, Any]) -> None:
    without = [node["name"] for node in promised(manifest) if not node["config"]["contract"]["enforced"]]
    assert without == []


def test_what_outsiders_rely_on_names_a_key_and_tests_it(manifest: dict[str, Any]) -> None:
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    tested = {
        (test["attached_node"], tuple(test["test_metadata"]["kwargs"]["columns"]))
        for test in tests
        if test.get("test_metadata") and test["test_metadata"]["name"] == "key_is_unique"
    }
    missing = [
        node["name"]
        for node in promised(manifest)
        if (node["unique_id"], tuple(node["config"]["meta"].get("key", ()))) not in tested
    ]
    assert missing == []


def test_no_personal_data_is_promised(manifest: dict[str, Any]) -> None:
    personal = [f"{n['name']}.{c}" for n in promised(manifest) for c in n["columns"] if c in PERSONAL]
    assert personal == []


def test_models_stay_readable(manifest: dict[str, Any]) -> None:
    long = {
        node["name"]: lines
        for node in models(manifest)
        if node["language"] == "sql" and (lines := written_lines(node["raw_code"])) > 110
    }
    assert long == {}


def written_lines(sql: str) -> int:
    """Lines that are neither empty nor comment."""
    return sum(1 for line in sql.splitlines() if line.strip() and not line.strip().startswith("--"))
