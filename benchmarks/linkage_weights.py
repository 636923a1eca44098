"""Where the rows of `seeds/identity_weights.csv` come from: `make linkage-weights`.

Prints the rows anew, estimated by Splink on accounts as the warehouse spells them. Nobody's truth is looked at.

m: expectation maximisation. FEBRL's three files, whose slips are modelled on people's; their mean. For telephone and
e-mail the simulated shop, because there one person's accounts may have different ones, which FEBRL's copies never do;
what it does not show comes from FEBRL. u: random pairs of both. Where the frequency of the value itself counts, u is only
its floor, so the smaller of the two; elsewhere the larger, which is the careful one.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

import duckdb
import polars as pl

from benchmarks.febrl import DATASETS, resolved_home
from benchmarks.identity import resolve, simulated
from models.identity.linkage import make_linker, write_keyed
from models.identity.linkage_blocks import KEYS
from models.identity.linkage_levels import COMPARISONS
from orchestration.settings import Settings

SHOP_CUSTOMERS = 20_000
RANDOM_PAIRS = 10_000_000
MAX_BLOCK_ACCOUNTS = 20
SEED = 1
LEAST, MOST = 0.00001, 0.9999
"""Bounds of what is written: a level that no sample shows is rare, not impossible."""

M_FROM_SHOP = frozenset({"phone", "email"})
FEBRL_FOR_U = "dataset2"
"""The file with the fewest copies: 1,934 of its 12 million pairs are of one person."""

BY_HAND = {("email", "mailbox"): (0.05, 0.0001)}
"""Neither sample has a mailbox that moved to another provider."""

Weights = dict[tuple[str, str], tuple[float | None, float | None]]


def main() -> None:
    """Estimate on both, print the rows of the seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with FEBRL's dataset1.csv to dataset3.csv"
    )
    parser.add_argument("--folder", type=Path, default=Path("var/bench"))
    parser.add_argument("--valid-from", default="1970-01-01")
    chosen = parser.parse_args()
    febrl = {
        name: estimated(
            home=resolved_home(csv=chosen.data / f"{name}.csv", folder=chosen.folder / f"febrl-{name}"),
            equal_keys=("birth_date", "name"),
        )
        for name in DATASETS
    }
    landing = simulated(customers=SHOP_CUSTOMERS, mess=0.5, seed=0, folder=chosen.folder)
    settings = Settings(home=landing.parent.resolve() / "home", landing=landing.resolve())
    resolve(settings)
    shop = estimated(home=settings.home, equal_keys=("name_and_birth_date",))
    rows = csv.writer(sys.stdout, lineterminator="\n")
    rows.writerow(["comparison", "level", "m", "u", "reason", "valid_from"])
    for comparison, levels in COMPARISONS.items():
        for level in levels:
            m, u, reason = _weight(
                comparison, level.name, has_frequency=bool(level.shared), febrl=febrl, shop=shop
            )
            rows.writerow([comparison, level.name, _plain(m), _plain(u), reason, chosen.valid_from])


def estimated(*, home: Path, equal_keys: tuple[str, ...]) -> Weights:
    """Estimate on the accounts of a home that was resolved.

    Args:
        home: holds the warehouse.
        equal_keys: blocking keys; the pairs that share one are a session, which says nothing of the attributes in the key.
    """
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        accounts = warehouse.sql("from intermediate.int_linkage_accounts").pl()
    return estimate_weights(accounts=accounts, equal_keys=equal_keys)


def estimate_weights(*, accounts: pl.DataFrame, equal_keys: tuple[str, ...]) -> Weights:
    """Return m and u per comparison and level; None where no pair was at the level."""
    with duckdb.connect() as connection:
        write_keyed(connection, accounts=accounts, max_block_accounts=MAX_BLOCK_ACCOUNTS)
        linker = make_linker(connection, weights=None, prior=1 / accounts.height)
        linker.training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=SEED)
        for key in equal_keys:
            same = " and ".join(f"l.{column} = r.{column}" for column in KEYS[key])
            linker.training.estimate_parameters_using_expectation_maximisation(same)
        model = linker.misc.save_model_to_json()
    return {
        (comparison["output_column_name"], level["label_for_charts"]): (
            _known(level.get("m_probability")),
            _known(level.get("u_probability")),
        )
        for comparison in model["comparisons"]
        for level in comparison["comparison_levels"]
        if not level.get("is_null_level")
    }


def _weight(
    comparison: str, level: str, *, has_frequency: bool, febrl: dict[str, Weights], shop: Weights
) -> tuple[float, float, str]:
    key = (comparison, level)
    if key in BY_HAND:
        return *BY_HAND[key], "By hand: neither sample shows it"
    m_of_febrl = [found[key][0] for found in febrl.values() if found[key][0] is not None]
    m_of_shop = shop[key][0] if comparison in M_FROM_SHOP else None
    m = m_of_shop if m_of_shop is not None else sum(m_of_febrl) / len(m_of_febrl)
    u_found = [u for u in (shop[key][1], febrl[FEBRL_FOR_U][key][1]) if u is not None]
    u = (min if has_frequency else max)(u_found, default=LEAST)
    origin = "simulated shop" if m_of_shop is not None else "FEBRL"
    return (
        _bounded(m),
        _bounded(u),
        f"m: EM on {origin}; u: {'least' if has_frequency else 'most'} of both samples",
    )


def _known(share: float | str | None) -> float | None:
    """Splink writes a sentence where a level was not seen."""
    return share if isinstance(share, float) else None


def _plain(share: float) -> str:
    """Write a share without exponent, as seeds do."""
    return f"{share:.5f}".rstrip("0")


def _bounded(share: float) -> float:
    return round(min(max(share, LEAST), MOST), 5)


if __name__ == "__main__":
    main()
