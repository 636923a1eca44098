"""Pairs of accounts that may be one person by what they state, with the probability and the likeness per attribute."""

from models.identity.linkage import score_pairs


def model(dbt, session):
    """Score the pairs above `review_above`; accounts without a registration state nothing and are no part of it."""
    rules = dict(dbt.ref("int_identity_rules").select("rule, value::double").fetchall())
    pairs = score_pairs(
        accounts=dbt.ref("int_linkage_accounts").pl(),
        weights=dbt.ref("int_linkage_weights").pl(),
        matches_per_account=rules["matches_per_account"],
        max_block_accounts=int(rules["max_block_accounts"]),
        keep_above=rules["review_above"],
        limits=limits_of(session),
    )
    return pairs.to_arrow()


def limits_of(session):
    """Work within the warehouse's own limits, and spill beside it."""
    names = ("memory_limit", "threads", "temp_directory")
    found = session.sql(
        f"select {', '.join(f'current_setting({name!r})::varchar' for name in names)}"
    ).fetchone()
    limits = dict(zip(names, found, strict=True))
    return limits | {"temp_directory": limits["temp_directory"] + "/linkage"}
