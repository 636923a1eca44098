"""Components: labels by the smallest member, whatever the order and repetition of edges."""

from __future__ import annotations

import polars as pl
import pytest

from models.identity.connected_components import label_components

NODES = pl.DataFrame({"node": ["e", "d", "c", "b", "a", "z"]})
EDGES = pl.DataFrame({"left": ["e", "c", "b"], "right": ["c", "a", "d"]})


def labels(nodes: pl.DataFrame, edges: pl.DataFrame) -> dict[str, str]:
    return dict(label_components(nodes=nodes, edges=edges).iter_rows())


def test_chains_become_one_component_named_after_the_smallest_member():
    assert labels(NODES, EDGES) == {"a": "a", "c": "a", "e": "a", "b": "b", "d": "b", "z": "z"}


def test_direction_order_and_loops_do_not_matter():
    turned = pl.concat(
        [EDGES.rename({"left": "right", "right": "left"}).select("left", "right").reverse(), EDGES]
    )
    looped = pl.concat([turned, pl.DataFrame({"left": ["a"], "right": ["a"]})])
    shuffled = NODES.sample(fraction=1, shuffle=True, seed=1)
    assert label_components(nodes=shuffled, edges=looped).equals(label_components(nodes=NODES, edges=EDGES))


# A matrix of small integers that adds up repeated edges would count 256 of them as none.
def test_an_edge_stated_256_times_still_joins():
    edges = pl.concat([EDGES] * 256)
    assert labels(NODES, edges)["e"] == "a"


def test_integers_serve_as_nodes():
    nodes = pl.DataFrame({"node": [3, 1, 2]})
    edges = pl.DataFrame({"left": [3], "right": [2]})
    assert label_components(nodes=nodes, edges=edges).rows() == [(1, 1), (2, 2), (3, 2)]


def test_no_edge_and_no_node_are_fine():
    assert set(labels(NODES, EDGES.clear()).values()) == set(NODES["node"])
    assert label_components(nodes=NODES.clear(), edges=EDGES.clear()).is_empty()


@pytest.mark.parametrize(
    ("nodes", "edges", "sentence"),
    [
        (pl.concat([NODES, NODES]), EDGES, "unique"),
        (pl.DataFrame({"node": ["a", None]}), EDGES.clear(), "not null"),
        (NODES, pl.DataFrame({"left": ["a"], "right": ["nobody"]}), "not among the nodes"),
        (NODES, EDGES.drop("right"), "edges lacks right"),
    ],
)
def test_bad_graphs_are_refused(nodes, edges, sentence):
    with pytest.raises(ValueError, match=sentence):
        label_components(nodes=nodes, edges=edges)
