"""Accounts that hang together through links, but for those that a steward keeps apart.

Accounts without a link are left out. Which links give way between two accounts that are kept apart: the weaker kind,
then the later account (`models.identity.cannot_links`).
"""

import polars as pl

from models.identity.cannot_links import separate, touched_nodes
from models.identity.connected_components import label_components

WEAKEST_FIRST = ("similarity", "browser", "phone", "email", "steward")


def model(dbt, session):
    """Label the accounts of the edges with the smallest account number of their component."""
    found = dbt.ref("int_identity_edges")
    edges = _pairs(found)
    labelled = label_components(nodes=edges.select(node="right").unique(), edges=edges)
    forbidden = _pairs(dbt.ref("int_identity_overrides").filter("decision = 'cannot_link'"))
    touched = touched_nodes(components=labelled, forbidden=forbidden)
    if touched.height:
        links = found.join(session.from_arrow(touched.to_arrow()), "right_account = node", how="semi")
        parts = separate(nodes=touched, links=_links(links.pl()), forbidden=forbidden)
        labelled = pl.concat([labelled.join(touched, on="node", how="anti"), parts.cast(labelled.schema)])
    return labelled.sort("node").rename({"node": "account_number"}).to_arrow()


def _pairs(relation):
    return (
        relation.select("left_account, right_account").pl().rename(lambda name: name.removesuffix("_account"))
    )


def _links(edges):
    """Members of each star, and how strong its evidence is."""
    strength = pl.col("kind").replace_strict(WEAKEST_FIRST, range(len(WEAKEST_FIRST)), return_dtype=pl.Int8)
    return edges.select(
        group=pl.struct("kind", "identifier", "holder_number").rank("dense"),
        strength=strength,
        node="right_account",
    )
