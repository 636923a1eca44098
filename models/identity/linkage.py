"""Probabilistic record linkage: how likely two accounts that share no identifier are one person.

Belongs here: the call of Splink, the only one, imported when there is something to compare. Does not belong here: which
likeness counts how much (`seeds/identity_weights.csv`), from which probability on accounts are joined
(`seeds/identity_rules.csv`), what an account's name or number is (`int_linkage_accounts`).

The model is that of Fellegi and Sunter (1969, A theory for record linkage, JASA 64): each attribute adds log2(m / u) to
the log-odds of a match, where m is the share of true pairs at a level of likeness and u that of chance pairs. For equal
values u is the frequency of the value itself where that is above the row's, so that 王伟 counts less than a rare name.
Nothing is fitted: weights are rows, so equal accounts give equal probabilities, and each can be explained.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl

from models.frames import require_columns
from models.identity.linkage_blocks import KEYS, keyed_accounts_sql
from models.identity.linkage_levels import COMPARISONS, UNKNOWN, Level

if TYPE_CHECKING:
    from splink import Linker

Weights = Mapping[tuple[str, str], tuple[float, float]]
"""(comparison, level) → m, u."""

ACCOUNT_COLUMNS = ("account_number", "name", "birth_date", "phone", "email", "city", "province")
PROBABILITY_DECIMALS = 6
ODDS_OF_A_COIN = 0.5

PAIR_SCHEMA: dict[str, pl.DataType] = {
    "left_account": pl.Int64(),
    "right_account": pl.Int64(),
    "match_probability": pl.Decimal(7, PROBABILITY_DECIMALS),
    **{f"{comparison}_level": pl.String() for comparison in COMPARISONS},
}


def score_pairs(
    *,
    accounts: pl.DataFrame,
    weights: pl.DataFrame,
    matches_per_account: float,
    max_block_accounts: int,
    keep_above: float,
    limits: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Score the pairs of accounts that share a blocking key.

    The result depends on the set of accounts only, not on their order.

    Args:
        accounts: one row per account, columns `ACCOUNT_COLUMNS`; `account_number` unique. Text is normalised; a value
            that says nothing (masked, placeholder) is null.
        weights: one row per comparison and level, columns `comparison`, `level`, `m`, `u`, both above 0 and below 1.
        matches_per_account: expected true pairs per account; the prior odds follow from it and the number of accounts.
        max_block_accounts: a blocking key that more accounts share is not used.
        keep_above: pairs of this match probability or less are left out.
        limits: DuckDB's settings for the work (memory, threads, folder to spill to).

    Returns:
        One row per pair, sorted, `left_account` the smaller: `PAIR_SCHEMA`. A level is `unknown` where an account does
        not say.

    Raises:
        ValueError: a column or a weight is missing, or a weight is out of bounds.
    """
    require_columns(frame=accounts, columns=ACCOUNT_COLUMNS, name="accounts")
    found = weights_by_level(weights)
    with duckdb.connect(config=dict(limits or {})) as connection:
        write_keyed(connection, accounts=accounts, max_block_accounts=max_block_accounts)
        _write_frequencies(connection, weights=found)
        connection.execute(f"delete from keyed where {' and '.join(f'key_{key} is null' for key in KEYS)}")  # noqa: S608
        if connection.execute("select 1 from keyed limit 1").fetchone() is None:
            return pl.DataFrame(schema=PAIR_SCHEMA)
        prior = min(2 * matches_per_account / (accounts.height - 1), ODDS_OF_A_COIN)
        linker = make_linker(connection, weights=found, prior=prior)
        # Kept a little below the threshold here: what is published, rounded, decides.
        scored = linker.inference.predict(
            threshold_match_probability=keep_above - 10**-PROBABILITY_DECIMALS if keep_above > 0 else None,
            warning_mode="never",
        )
        pairs = connection.sql(_pairs_sql(scored.physical_name), params=[keep_above]).pl()
        return pairs.cast(PAIR_SCHEMA)  # type: ignore[arg-type]


def write_keyed(
    connection: duckdb.DuckDBPyConnection, *, accounts: pl.DataFrame, max_block_accounts: int
) -> None:
    """Write the table `keyed`: the accounts with what comparisons read and their blocking keys."""
    connection.register("accounts", accounts.select(ACCOUNT_COLUMNS).to_arrow())
    connection.execute(f"create table keyed as {keyed_accounts_sql(max_block_accounts=max_block_accounts)}")


def make_linker(connection: duckdb.DuckDBPyConnection, *, weights: Weights | None, prior: float) -> Linker:
    """Set Splink up on the table `keyed`.

    Args:
        connection: holds the tables `keyed` and, with weights, `frequencies_of_…`.
        weights: None where they are to be estimated.
        prior: probability that two accounts picked at random are one person.
    """
    with warnings.catch_warnings():
        # dagster-dbt brings a variant of sqlglot that says so when it is imported
        warnings.simplefilter("ignore", DeprecationWarning)
        from splink import DuckDBAPI, Linker, block_on

    settings: dict[str, Any] = {
        "link_type": "dedupe_only",
        "unique_id_column_name": "account_number",
        "probability_two_random_records_match": prior,
        "blocking_rules_to_generate_predictions": [block_on(f"key_{key}") for key in KEYS],
        "comparisons": [_comparison(name, weights) for name in COMPARISONS],
        "retain_matching_columns": True,  # the levels come with them
        "retain_intermediate_calculation_columns": False,
    }
    api = DuckDBAPI(connection)
    linker = Linker(api.register("keyed"), settings, log_level=None, validate_settings=False)
    for level in _levels_with_frequency().values() if weights else ():
        table = api.register(f"frequencies_of_{level.shared}")
        linker.table_management.register_term_frequency_lookup(table, str(level.shared))
    return linker


def weights_by_level(weights: pl.DataFrame) -> Weights:
    """Return the weights of each level.

    Raises:
        ValueError: a level lacks its row, a row names no level or stands twice, or a weight is not between 0 and 1.
    """
    require_columns(frame=weights, columns=("comparison", "level", "m", "u"), name="weights")
    found = {
        (comparison, level): (float(m), float(u))
        for comparison, level, m, u in weights.select("comparison", "level", "m", "u").iter_rows()
    }
    expected = {(comparison, level.name) for comparison, levels in COMPARISONS.items() for level in levels}
    if set(found) != expected or weights.height != len(expected):
        raise ValueError(
            f"weights must have one row for each of {sorted(expected)}, they have {sorted(found)}"
        )
    wrong = sorted(key for key, (m, u) in found.items() if not (0 < m < 1 and 0 < u < 1))
    if wrong:
        raise ValueError(f"weights out of bounds (0 to 1, exclusive): {wrong}")
    return found


def _levels_with_frequency() -> dict[tuple[str, str], Level]:
    return {
        (comparison, level.name): level
        for comparison, levels in COMPARISONS.items()
        for level in levels
        if level.shared
    }


def _write_frequencies(connection: duckdb.DuckDBPyConnection, *, weights: Weights) -> None:
    """Write how frequent values are that are more frequent than their weight's u; the others keep that u."""
    for key, level in _levels_with_frequency().items():
        other = level.told_apart_by
        holders = (
            f"count(distinct {other}) + count(*) filter (where {other} is null)" if other else "count(*)"
        )
        # All holders but one: the chance that another person has the value of the first.
        connection.execute(
            f"""
            create table frequencies_of_{level.shared} as
            select {level.shared}, ({holders} - 1) / (select count(*) from keyed) as tf_{level.shared}
            from keyed
            where {level.shared} is not null
            group by 1
            having tf_{level.shared} > {weights[key][1]!r}
            """  # noqa: S608
        )


def _comparison(name: str, weights: Weights | None) -> dict[str, Any]:
    unknown = {"sql_condition": f"{name}_l is null or {name}_r is null", "is_null_level": True}
    levels: list[dict[str, Any]] = [{**unknown, "label_for_charts": UNKNOWN}]
    for level in COMPARISONS[name]:
        levels.append({"sql_condition": level.condition or "ELSE", "label_for_charts": level.name})
        if weights:
            m, u = weights[name, level.name]
            levels[-1] |= {"m_probability": m, "u_probability": u}
        if weights and level.shared:
            levels[-1] |= {"tf_adjustment_column": level.shared, "disable_tf_exact_match_detection": True}
    return {"output_column_name": name, "comparison_levels": levels}


def _pairs_sql(scored: str) -> str:
    """Read pairs and names of levels out of Splink's table of scored pairs."""
    rounded = f"cast(match_probability as decimal(7, {PROBABILITY_DECIMALS}))"
    levels = ", ".join(_level_sql(comparison) for comparison in COMPARISONS)
    return f"""
        select
            account_number_l as left_account, account_number_r as right_account,
            {rounded} as match_probability, {levels}
        from {scored}
        where {rounded} > ?
        order by 1, 2
    """  # noqa: S608


def _level_sql(comparison: str) -> str:
    """Splink numbers levels from the bottom: the last is 0, unknown is -1."""
    named = " ".join(
        f"when {number} then '{level.name}'" for number, level in enumerate(reversed(COMPARISONS[comparison]))
    )
    return f"case gamma_{comparison} {named} else '{UNKNOWN}' end as {comparison}_level"
