"""Identity resolution on persons with planted duplicates, ours beside Splink's own tutorial: `make bench-febrl`.

FEBRL (Christen 2008) is the field's common test: records of made-up persons, and copies of them with slips. Ours goes the
way of any shop: source profile, contracts, shared identifiers, likeness by the weights and thresholds in `seeds/`, and
counts all pairs of the customers that come out. Splink's tutorial ("Deduplicating the febrl3 dataset") fits itself to
each file and reads more of it: given name and surname apart, postal code, street number.
"""

from __future__ import annotations

import argparse
import shutil
from datetime import date
from pathlib import Path

import duckdb

from benchmarks.identity import SCORES_SQL, resolve
from orchestration.settings import Settings

DATASETS = ("dataset1", "dataset2", "dataset3")
AS_OF = date(2026, 6, 30)
PERSON_SQL = "regexp_extract(rec_id, '^(rec-[0-9]+)', 1)"
THRESHOLDS = (0.2, 0.5, 0.9, 0.95, 0.99, 0.999)
TRUE_PAIRS_SQL = "select sum(n * (n - 1) / 2) from (select count(*) as n from persons group by person_id)"


def main() -> None:
    """Score each file of the folder both ways."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with dataset1.csv to dataset3.csv")
    parser.add_argument("--folder", type=Path, default=Path("var/bench"))
    chosen = parser.parse_args()
    for dataset in DATASETS:
        csv = chosen.data / f"{dataset}.csv"
        home = resolved_home(csv=csv, folder=chosen.folder / f"febrl-{dataset}")
        _show(dataset, "ours", *ours(home=home, csv=csv))
        for name, precision, recall in tutorial(csv=csv):
            _show(dataset, name, precision, recall)


def resolved_home(*, csv: Path, folder: Path) -> Path:
    """Resolve the persons of one file in a home of its own, and return the home."""
    shutil.rmtree(folder, ignore_errors=True)
    landing = folder.resolve() / "landing"
    landing.mkdir(parents=True)
    shutil.copy(csv, landing)
    settings = Settings(
        home=folder.resolve() / "home",
        landing=landing,
        profile="febrl",
        as_of=AS_OF,
        reporting_currency="AUD",
        reporting_time_zone="UTC",
    )
    resolve(settings)
    return settings.home


def ours(*, home: Path, csv: Path) -> tuple[float, float]:
    """Return precision and recall over the pairs of accounts of one customer."""
    with duckdb.connect() as connection:
        _read_persons(connection, csv)
        connection.execute(
            "create table truth as select 'febrl' as platform, rec_id as account_id, person_id from persons"
        )
        connection.execute(f"attach '{home / 'warehouse.duckdb'}' as warehouse (read_only)")
        found = connection.execute(SCORES_SQL.read_text(encoding="utf-8"))
        names = [column[0] for column in found.description or []]
        scores = dict(zip(names, found.fetchall()[0], strict=True))
    return float(scores["pairwise_precision"]), float(scores["pairwise_recall"])


def tutorial(*, csv: Path) -> list[tuple[str, float, float]]:
    """Return precision and recall of the tutorial's settings per threshold."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    blocked_on = ("soc_sec_id", "given_name", "surname", "date_of_birth", "postcode")
    settings = SettingsCreator(
        unique_id_column_name="rec_id",
        link_type="dedupe_only",
        blocking_rules_to_generate_predictions=[block_on(column) for column in blocked_on],
        comparisons=[
            cl.NameComparison("given_name"),
            cl.NameComparison("surname"),
            cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d"),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [2]),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.ExactMatch("postcode").configure(term_frequency_adjustments=True),
        ],
    )
    certain = [
        block_on("soc_sec_id"),
        block_on("given_name", "surname", "date_of_birth"),
        "l.given_name = r.surname and l.surname = r.given_name and l.date_of_birth = r.date_of_birth",
    ]
    with duckdb.connect() as connection:
        _read_persons(connection, csv)
        linker = Linker(DuckDBAPI(connection).register("persons"), settings, log_level=None)
        linker.training.estimate_probability_two_random_records_match(certain, recall=0.9)
        linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=2)
        for column in ("date_of_birth", "postcode"):
            linker.training.estimate_parameters_using_expectation_maximisation(block_on(column))
        pairs = linker.inference.predict(threshold_match_probability=min(THRESHOLDS)).physical_name
        return [
            (f"splink > {threshold}", *_pair_scores(connection, pairs, threshold)) for threshold in THRESHOLDS
        ]


def _read_persons(connection: duckdb.DuckDBPyConnection, csv: Path) -> None:
    connection.execute(
        f"create table persons as select columns(*)::varchar, {PERSON_SQL} as person_id "
        "from read_csv($csv, header = true, all_varchar = true, normalize_names = true, nullstr = [' ', ''])",
        {"csv": str(csv)},
    )
    columns = [
        name for (name,) in connection.execute("select column_name from (describe persons)").fetchall()
    ]
    trimmed = ", ".join(f"{name} = nullif(trim({name}), '')" for name in columns)
    connection.execute(f"update persons set {trimmed}")


def _pair_scores(connection: duckdb.DuckDBPyConnection, pairs: str, threshold: float) -> tuple[float, float]:
    found = connection.execute(
        f"""
        select
            count(*) filter (where one.person_id = other.person_id) / count(*),
            count(*) filter (where one.person_id = other.person_id) / ({TRUE_PAIRS_SQL})
        from {pairs} as pairs
        inner join persons as one on pairs.rec_id_l = one.rec_id
        inner join persons as other on pairs.rec_id_r = other.rec_id
        where pairs.match_probability > ?
        """,
        [threshold],
    ).fetchone()
    if not found:
        raise RuntimeError("an aggregate gives one row")
    return found[0], found[1]


def _show(dataset: str, name: str, precision: float, recall: float) -> None:
    f1 = 2 * precision * recall / (precision + recall)
    print(f"{dataset}  {name:14}  precision {precision:.4f}  recall {recall:.4f}  F1 {f1:.4f}", flush=True)


if __name__ == "__main__":
    main()
