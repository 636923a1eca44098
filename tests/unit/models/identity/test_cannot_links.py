"""Forbidden pairs never meet, nothing else changes, and no order of rows matters."""

from __future__ import annotations

from itertools import combinations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.identity.cannot_links import separate, touched_nodes
from models.identity.connected_components import label_components

Group = tuple[int, frozenset[int]]
"""Strength and members."""
NODES = st.integers(min_value=1, max_value=12)
GROUPS = st.lists(st.tuples(st.integers(0, 4), st.frozensets(NODES, min_size=2, max_size=6)), max_size=9)
PAIRS = st.lists(st.tuples(NODES, NODES).filter(lambda pair: pair[0] != pair[1]), max_size=5)


def members(groups: list[Group]) -> pl.DataFrame:
    rows = [(number, strength, node) for number, (strength, nodes) in enumerate(groups) for node in nodes]
    schema = {"group": pl.Int64, "strength": pl.Int64, "node": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def pairs_frame(pairs: list[tuple[int, int]]) -> pl.DataFrame:
    return pl.DataFrame(pairs, schema={"left": pl.Int64, "right": pl.Int64}, orient="row")


def all_nodes() -> pl.DataFrame:
    return pl.DataFrame({"node": range(1, 13)}, schema={"node": pl.Int64})


def labels(groups: list[Group], pairs: list[tuple[int, int]]) -> dict[int, int]:
    found = separate(nodes=all_nodes(), links=members(groups), forbidden=pairs_frame(pairs))
    return dict(found.iter_rows())


def as_kruskal_says(groups: list[Group], pairs: list[tuple[int, int]]) -> dict[int, int]:
    """Every two nodes of a group, one edge after the other, in sets that are written out anew each time."""
    edges = sorted(
        {(-strength, max(pair), min(pair)) for strength, nodes in groups for pair in combinations(nodes, 2)}
    )
    part_of = {node: {node} for node in range(1, 13)}
    for _, later, earlier in edges:
        joined = part_of[earlier] | part_of[later]
        if not any({*pair} <= joined for pair in pairs):
            part_of |= dict.fromkeys(joined, joined)
    return {node: min(part) for node, part in part_of.items()}


@given(groups=GROUPS, pairs=PAIRS)
def test_no_forbidden_pair_shares_a_component(groups: list[Group], pairs: list[tuple[int, int]]) -> None:
    found = labels(groups, pairs)
    assert all(found[left] != found[right] for left, right in pairs)


@given(groups=GROUPS, pairs=PAIRS)
def test_edges_are_taken_in_kruskals_order(groups: list[Group], pairs: list[tuple[int, int]]) -> None:
    assert labels(groups, pairs) == as_kruskal_says(groups, pairs)


@given(groups=GROUPS, pairs=PAIRS)
def test_what_is_dropped_could_not_have_stayed(groups: list[Group], pairs: list[tuple[int, int]]) -> None:
    found = labels(groups, pairs)
    apart = {frozenset((found[left], found[right])) for left, right in pairs}
    for _, nodes in groups:
        for pair in combinations({found[node] for node in nodes}, 2):
            assert frozenset(pair) in apart


@given(groups=GROUPS)
def test_without_forbidden_pairs_nothing_changes(groups: list[Group]) -> None:
    stars = [(min(nodes), node) for _, nodes in groups for node in nodes]
    plain = label_components(nodes=all_nodes(), edges=pairs_frame(stars))
    assert labels(groups, []) == dict(plain.iter_rows())
    assert touched_nodes(components=plain, forbidden=pairs_frame([])).is_empty()


@given(groups=GROUPS, pairs=PAIRS, data=st.data())
def test_the_order_of_rows_changes_nothing(
    groups: list[Group], pairs: list[tuple[int, int]], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(groups))
    turned = [pair[::-1] for pair in data.draw(st.permutations(pairs))]
    assert labels(shuffled, turned) == labels(groups, pairs)


@given(groups=GROUPS, pairs=PAIRS)
def test_only_components_that_hold_a_forbidden_pair_are_touched(
    groups: list[Group], pairs: list[tuple[int, int]]
) -> None:
    plain = labels(groups, [])
    split = {plain[left] for left, right in pairs if plain[left] == plain[right]}
    found = touched_nodes(
        components=pl.DataFrame({"node": plain.keys(), "component": plain.values()}),
        forbidden=pairs_frame(pairs),
    )
    assert found["node"].to_list() == [node for node in plain if plain[node] in split]
    # Cutting what is touched alone, and cutting everything, are the same.
    touched = set(found["node"])
    inside = members(groups).filter(pl.col("node").is_in(touched))
    parts = dict(separate(nodes=found, links=inside, forbidden=pairs_frame(pairs)).iter_rows())
    assert plain | parts == labels(groups, pairs)


SIMILARITY, BROWSER, EMAIL = 0, 1, 3


@pytest.mark.parametrize(
    ("groups", "pairs", "expected"),
    [
        pytest.param(
            [(EMAIL, {1, 2}), (BROWSER, {2, 3})], [(1, 3)], [{1, 2}, {3}], id="the weaker kind gives way"
        ),
        pytest.param(
            [(EMAIL, {1, 2}), (EMAIL, {2, 3})], [(1, 3)], [{1, 2}, {3}], id="the later account gives way"
        ),
        pytest.param(
            [(EMAIL, {1, 2, 3, 4})], [(1, 2)], [{1, 3, 4}, {2}], id="others stay with the earlier of the pair"
        ),
        pytest.param(
            [(EMAIL, {1, 2, 3})], [(1, 2), (1, 3)], [{1}, {2, 3}], id="a group without its smallest stays one"
        ),
        pytest.param(
            [(BROWSER, {1, 2}), (EMAIL, {1, 3}), (SIMILARITY, {2, 3})],
            [(1, 2)],
            [{1, 3}, {2}],
            id="both ways between the pair are cut",
        ),
    ],
)
def test_what_gives_way(groups: list[Group], pairs: list[tuple[int, int]], expected: list[set[int]]) -> None:
    found = labels(groups, pairs)
    linked = frozenset().union(*(nodes for _, nodes in groups))
    parts = {frozenset(node for node in linked if found[node] == found[other]) for other in linked}
    assert parts == set(map(frozenset, expected))


def test_a_pair_with_a_stranger_means_nothing_and_one_with_itself_is_refused() -> None:
    assert labels([(EMAIL, frozenset({1, 2}))], [(1, 99)])[2] == 1
    with pytest.raises(ValueError, match="itself"):
        labels([], [(1, 1)])
