"""Accounts that hang together through shared identifiers; accounts without such a link are left out."""

from models.connected_components import label_components


def model(dbt, session):  # noqa: ARG001
    """Label the accounts of the edges with the smallest account number of their component."""
    edges = dbt.ref("int_identity_edges").select("left_account, right_account").pl()
    nodes = edges.select(node="right_account").unique()
    labelled = label_components(
        nodes=nodes, edges=edges.rename({"left_account": "left", "right_account": "right"})
    )
    return labelled.rename({"node": "account_number", "component": "component"}).to_arrow()
