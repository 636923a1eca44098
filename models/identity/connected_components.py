"""Connected components: which nodes hang together through edges.

Belongs here: the graph step of identity resolution, on names of nodes only. Does not belong here: which
identifiers make an edge (dbt models) or what a component is called outside.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from models.frames import require_columns


def label_components(*, nodes: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """Label every node with the smallest node of its connected component.

    The label depends on the set of nodes and edges only, never on their order, so two builds agree.
    A node without an edge is its own component.

    Args:
        nodes: one row per node, column `node` (text or integer, unique, not null).
        edges: one row per undirected edge, columns `left` and `right`, both among the nodes. Repeated edges
            and loops are harmless.

    Returns:
        One row per node, sorted: `node`, `component` (a node's name, of the nodes' type).

    Raises:
        ValueError: a column is missing, a node is null or repeated, or an edge names an unknown node.
    """
    require_columns(frame=nodes, columns=("node",), name="nodes")
    require_columns(frame=edges, columns=("left", "right"), name="edges")
    ordered = nodes.select("node").sort("node")
    if ordered["node"].null_count() or ordered["node"].is_duplicated().any():
        raise ValueError("nodes must be unique and not null")
    if ordered.is_empty():
        return ordered.with_columns(component=pl.col("node"))

    positions = ordered.with_row_index("position")
    numbered = edges.select("left", "right").join(
        positions.rename({"node": "left", "position": "left_position"}), on="left", how="left"
    )
    numbered = numbered.join(
        positions.rename({"node": "right", "position": "right_position"}), on="right", how="left"
    )
    if numbered["left_position"].null_count() or numbered["right_position"].null_count():
        raise ValueError("an edge names a node that is not among the nodes")

    labels = _components_of(
        left=numbered["left_position"].to_numpy(),
        right=numbered["right_position"].to_numpy(),
        node_count=ordered.height,
    )
    # Nodes are sorted, so the first node met with a label is the smallest of its component.
    _, first_positions = np.unique(labels, return_index=True)
    return ordered.with_columns(component=ordered["node"].gather(first_positions[labels]))


def _components_of(
    *, left: npt.NDArray[np.uint32], right: npt.NDArray[np.uint32], node_count: int
) -> npt.NDArray[np.int32]:
    """Number the components of an undirected graph on `node_count` nodes from 0."""
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(node_count, node_count))
    _, labels = connected_components(graph, directed=False)
    return np.asarray(labels)
