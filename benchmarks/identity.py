"""Whom the identity resolution joins, against the simulator's truth: `make bench-identity`.

Prints precision and recall over pairs of accounts, the largest false cluster, and per rule how many of its links join
one person's accounts and how many do not.
"""

from __future__ import annotations

import argparse
import time
from contextlib import redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.run import rapport
from orchestration import continuation, dbt_build
from orchestration.batch import dbt_vars, export_for_dbt, resolve_as_of
from orchestration.landing.arrivals import landing_files
from orchestration.landing.ingest import ingest_extract
from orchestration.landing.profiles import translate
from orchestration.landing.views import create_raw_views
from orchestration.settings import EXTRACTS, Settings
from orchestration.warehouse import open_warehouse

SCORES_SQL = Path(__file__).with_name("identity_scores.sql")
RULES_SQL = Path(__file__).with_name("identity_rules.sql")
SELECTION = [
    "--select",
    "+identity_map",
    "+identity_review",
    "--exclude-resource-type",
    "unit_test",
    "--exclude-resource-type",
    "test",
]


def main() -> None:
    """Simulate once, resolve, print the scores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--mess", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=Path("var/bench"))
    chosen = parser.parse_args()
    landing = simulated(customers=chosen.customers, mess=chosen.mess, seed=chosen.seed, folder=chosen.folder)
    settings = Settings(home=landing.parent.resolve() / "home", landing=landing.resolve())
    started = time.monotonic()
    resolve(settings)
    print(f"ingested and resolved in {time.monotonic() - started:.1f} s")
    show(settings=settings, truth=landing / "_truth" / "accounts.parquet")


def simulated(*, customers: int, mess: float, seed: int, folder: Path) -> Path:
    """Return the landing folder of a simulated shop, which is made once."""
    landing = folder / f"identity-{customers}-{mess}-{seed}" / "landing"
    if not (landing / "_truth" / "shop.json").exists():
        rapport(
            "simulate", str(landing), "--customers", str(customers), "--mess", str(mess),
            "--seed", str(seed), "--format", "parquet",
        )  # fmt: skip
    return landing


def resolve(settings: Settings) -> None:
    """Take the landing folder in and build the identity map and the pairs to review.

    Args:
        settings: of a home of its own. Its as-of date is that of the last order if it names none.
    """
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    if settings.profile:
        translate(settings=settings, now=now)
    files = landing_files(settings=settings)
    for extract in EXTRACTS:
        ingest_extract(extract=extract, files=files.get(extract, []), settings=settings, now=now)
    with open_warehouse(settings) as connection:
        create_raw_views(connection, settings)
        as_of = settings.as_of or resolve_as_of(connection=connection, settings=settings)
        continued = continuation.begin(connection=connection, settings=settings, as_of=as_of)
    export_for_dbt(settings=settings)
    with (settings.home / "dbt.log").open("w") as log, redirect_stdout(log):
        done = dbt_build.build(
            selection=SELECTION,
            variables=dbt_vars(settings=settings, as_of=as_of, continuation=continued),
            target=settings.dbt_target_dir,
        )
    if not done.is_successful:
        raise RuntimeError(f"dbt failed, see {settings.home / 'dbt.log'}")


def show(*, settings: Settings, truth: Path) -> None:
    """Print the scores, and the links of each rule."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{settings.warehouse_path}' as warehouse (read_only)")
        connection.execute("create table truth as from read_parquet(?)", [str(truth)])
        for path in (SCORES_SQL, RULES_SQL):
            found = connection.execute(path.read_text(encoding="utf-8"))
            names = [column[0] for column in found.description or []]
            for row in found.fetchall():
                print("  ".join(f"{name} {_shown(value)}" for name, value in zip(names, row, strict=True)))


def _shown(value: Any) -> str:
    return (
        f"{value:.5f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
    )


if __name__ == "__main__":
    main()
