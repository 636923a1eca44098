"""Connected components in which chosen pairs of nodes never meet: the weakest evidence between them gives way.

Belongs here: the graph step, on names of nodes only. Does not belong here: which components exist without such
pairs (`connected_components`), which evidence is strong, or who may never meet (dbt models).

The evidence comes in groups (nodes that share one identifier), and every two nodes of a group are an edge. Edges
are taken from the strongest to the weakest, and one that would bring a forbidden pair together is left out
(Kruskal's order; J. B. Kruskal, "On the shortest spanning subtree of a graph", 1956). So what is dropped between a
forbidden pair is the weakest edge of a path, and nothing is dropped that could have stayed: two components that
share a group hold a forbidden pair.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import polars as pl

from models.frames import require_columns


def touched_nodes(*, components: pl.DataFrame, forbidden: pl.DataFrame) -> pl.DataFrame:
    """Return the nodes of components that hold a forbidden pair; all other components are left alone.

    Args:
        components: one row per node, columns `node` and `component`.
        forbidden: one row per pair that may never meet, columns `left` and `right`; a node outside of
            `components` meets nobody.

    Returns:
        Column `node`, sorted.
    """
    require_columns(frame=components, columns=("node", "component"), name="components")
    require_columns(frame=forbidden, columns=("left", "right"), name="forbidden")
    of_left = components.select(left="node", left_component="component")
    of_right = components.select(right="node", right_component="component")
    pairs = forbidden.join(of_left, on="left").join(of_right, on="right")
    split = pairs.filter(pl.col("left_component") == pl.col("right_component"))
    return (
        components.join(split.select(component="left_component").unique(), on="component", how="semi")
        .select("node")
        .sort("node")
    )


def separate(*, nodes: pl.DataFrame, links: pl.DataFrame, forbidden: pl.DataFrame) -> pl.DataFrame:
    """Label every node with the smallest node of its component, without letting a forbidden pair meet.

    The labels depend on the sets of rows only, never on their order. Of two edges of one strength that one gives
    way whose larger node is larger, then the one whose smaller node is.

    Args:
        nodes: one row per node, column `node` (integer, unique, not null).
        links: one row per node of a group, columns `group` (any name), `strength` (integer, equal within a group,
            more is stronger) and `node`, among the nodes.
        forbidden: one row per pair that may never meet, columns `left` and `right`; pairs with a node that is not
            among the nodes are ignored.

    Returns:
        One row per node, sorted: `node`, `component` (its smallest node).

    Raises:
        ValueError: a column is missing, or a node is forbidden to meet itself.
    """
    require_columns(frame=nodes, columns=("node",), name="nodes")
    require_columns(frame=links, columns=("group", "strength", "node"), name="links")
    require_columns(frame=forbidden, columns=("left", "right"), name="forbidden")
    if (forbidden["left"] == forbidden["right"]).any():
        raise ValueError("a node cannot be forbidden to meet itself")
    ordered = nodes.select("node").sort("node")
    joined = _Components(ordered["node"])
    for left, right in forbidden.select("left", "right").iter_rows():
        joined.keep_apart(left, right)
    # Of each component that a group has nodes in, the smallest; they are kept apart from each other, so they stay.
    first_members: dict[object, list[int]] = defaultdict(list)
    steps = (
        links.unique()
        .group_by("strength", "node")
        .agg("group")
        .sort(pl.col("strength"), pl.col("node"), descending=[True, False])
    )
    for node, groups in steps.select("node", "group").iter_rows():
        for other in sorted({member for group in groups for member in first_members[group]}):
            joined.join(other, node)
        for group in groups:
            if joined.root(node) not in map(joined.root, first_members[group]):
                first_members[group].append(node)
    smallest: dict[int, int] = {}
    labels = [smallest.setdefault(joined.root(node), node) for node in ordered["node"]]
    return ordered.with_columns(component=pl.Series(labels, dtype=ordered["node"].dtype))


class _Components:
    """Disjoint sets of nodes, some of which may never become one."""

    def __init__(self, nodes: Iterable[int]) -> None:
        self._parent = {node: node for node in nodes}
        self._size = dict.fromkeys(self._parent, 1)
        self._enemies: dict[int, set[int]] = {node: set() for node in self._parent}

    def root(self, node: int) -> int:
        """Return the node that stands for a node's set."""
        while self._parent[node] != node:
            self._parent[node] = self._parent[self._parent[node]]
            node = self._parent[node]
        return node

    def keep_apart(self, left: int, right: int) -> None:
        """Forbid two nodes to meet; unknown nodes meet nobody."""
        if left in self._parent and right in self._parent:
            self._enemies[left].add(right)
            self._enemies[right].add(left)

    def join(self, left: int, right: int) -> None:
        """Make two nodes' sets one unless that is forbidden."""
        kept, gone = self.root(left), self.root(right)
        if kept == gone or gone in self._enemies[kept]:
            return
        if self._size[kept] < self._size[gone]:
            kept, gone = gone, kept
        self._parent[gone] = kept
        self._size[kept] += self._size.pop(gone)
        for enemy in self._enemies.pop(gone):
            self._enemies[enemy].discard(gone)
            self._enemies[enemy].add(kept)
            self._enemies[kept].add(enemy)
