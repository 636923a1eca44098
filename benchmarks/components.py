"""Whether the graph step of identity resolution stands ten million accounts: `make bench-components`.

Joins made-up accounts as the warehouse does, with a few pairs that a steward keeps apart, and prints seconds and the
peak of the process's memory. Accounts hang together in small clusters, but for a hub and a chain of 100,000 each: the
two shapes that make other algorithms slow.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
import polars as pl

from models.identity.cannot_links import separate, touched_nodes
from models.identity.connected_components import label_components

LARGE = 100_000
MEAN_CLUSTER = 3
KEPT_APART = 1_000


def main() -> None:
    """Make the graph, label it, keep pairs apart, print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=10_000_000)
    parser.add_argument("--edges", type=int, default=12_000_000)
    chosen = parser.parse_args()
    rng = np.random.default_rng(0)
    edges = made_up_edges(rng, accounts=chosen.accounts, edges=chosen.edges)
    print(f"{chosen.accounts:,} accounts, {edges.height:,} edges, {_peak_gib():.2f} GiB before")
    started = time.monotonic()
    labelled = label_components(nodes=pl.DataFrame({"node": np.arange(chosen.accounts)}), edges=edges)
    print(
        f"labelled in {time.monotonic() - started:.1f} s: {labelled['component'].n_unique():,} components, "
        f"peak {_peak_gib():.2f} GiB"
    )
    forbidden = _pairs_of_one_component(rng, labelled)
    started = time.monotonic()
    touched = touched_nodes(components=labelled, forbidden=forbidden)
    near = edges.join(touched, left_on="right", right_on="node", how="semi").with_row_index("group")
    links = pl.concat([near.select("group", strength=pl.lit(1), node=end) for end in ("left", "right")])
    parts = separate(nodes=touched, links=links, forbidden=forbidden)
    print(
        f"kept {forbidden.height:,} pairs apart in {time.monotonic() - started:.1f} s: {touched.height:,} accounts "
        f"looked at, {parts['component'].n_unique():,} components, peak {_peak_gib():.2f} GiB"
    )


def made_up_edges(rng: np.random.Generator, *, accounts: int, edges: int) -> pl.DataFrame:
    """Return edges from the smaller account to the larger; the first of each cluster links to itself."""
    number = np.arange(accounts, dtype=np.int64)
    cluster = np.sort(rng.integers(0, accounts // MEAN_CLUSTER, accounts))
    start = np.searchsorted(cluster, cluster)
    left = start + (rng.random(accounts) * np.maximum(number - start, 1)).astype(np.int64)
    left[:LARGE] = 0
    left[LARGE : 2 * LARGE] = np.maximum(number[LARGE : 2 * LARGE] - 1, LARGE)
    more = rng.integers(2 * LARGE, accounts, max(edges - accounts, 0))
    shuffled = rng.permutation(accounts)
    ends = np.stack([shuffled[np.concatenate([left, start[more]])], shuffled[np.concatenate([number, more])]])
    return pl.DataFrame({"left": ends.min(axis=0), "right": ends.max(axis=0)})


def _pairs_of_one_component(rng: np.random.Generator, labelled: pl.DataFrame) -> pl.DataFrame:
    pairs = labelled.filter(pl.col("node") != pl.col("component")).rename(
        {"component": "left", "node": "right"}
    )
    return pairs.gather(rng.choice(pairs.height, KEPT_APART, replace=False)).select("left", "right")


def _peak_gib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    main()
