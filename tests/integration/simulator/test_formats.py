"""One seed gives one shop: in every format, with any number of threads, byte for byte."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from simulator import shop
from simulator.columns import EXTRACT_COLUMNS
from simulator.shop import simulate

PROGRAM = """
from pathlib import Path; import sys
from simulator.shop import simulate
simulate(
    out=Path(sys.argv[1]), customers=400, days=200, seed=int(sys.argv[2]), mess=0.7, file_format=sys.argv[3]
)
"""


def fingerprints(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def in_new_process(out: Path, *, seed: int, file_format: str, threads: int) -> dict[str, str]:
    environment = {**os.environ, "POLARS_MAX_THREADS": str(threads), "TZ": "America/New_York"}
    command = [sys.executable, "-c", PROGRAM, str(out), str(seed), file_format]
    subprocess.run(command, check=True, env=environment)
    return fingerprints(out)


@pytest.mark.parametrize("file_format", ["csv", "jsonl", "parquet"])
def test_one_seed_gives_equal_bytes_with_one_thread_and_with_four(tmp_path: Path, file_format: str) -> None:
    one = in_new_process(tmp_path / "one", seed=5, file_format=file_format, threads=1)
    four = in_new_process(tmp_path / "four", seed=5, file_format=file_format, threads=4)
    assert one == four
    assert len(one) > 20


def test_another_seed_gives_other_bytes(tmp_path: Path) -> None:
    for seed in (1, 2):
        simulate(out=tmp_path / str(seed), customers=50, days=60, seed=seed)
    one, other = (fingerprints(tmp_path / str(seed)) for seed in (1, 2))
    assert all(
        one[file] != other[file]
        for file in set(one) & set(other)
        if not file.startswith(("_truth", "campaigns"))
    )


def test_the_formats_hold_the_same_rows(tmp_path: Path) -> None:
    for file_format in ("csv", "jsonl", "parquet"):
        simulate(out=tmp_path / file_format, customers=80, days=120, seed=9, file_format=file_format)
    for extract in EXTRACT_COLUMNS:
        typed = pl.read_parquet(tmp_path / "parquet" / extract / "*.parquet")
        assert tuple(typed.columns) == EXTRACT_COLUMNS[extract]
        lines = pl.concat(
            [
                pl.read_ndjson(p, infer_schema_length=None)
                for p in sorted((tmp_path / "jsonl" / extract).glob("*"))
            ],
            how="vertical_relaxed",
        )
        text = pl.concat(
            [pl.read_csv(p, infer_schema=False) for p in sorted((tmp_path / "csv" / extract).glob("*.csv"))]
        )
        as_text = typed.with_columns(pl.selectors.datetime().dt.strftime("%Y-%m-%d %H:%M:%S")).cast(pl.String)
        assert as_text.equals(text), extract
        assert lines.columns == text.columns
        assert lines.height == text.height


def test_parquet_is_typed(tmp_path: Path) -> None:
    simulate(out=tmp_path, customers=80, days=120, file_format="parquet")
    orders = pl.read_parquet(tmp_path / "orders" / "*.parquet")
    assert orders.schema["paid_amount"] == pl.Decimal(18, 2)
    assert orders.schema["ordered_at"] == pl.Datetime("us")
    people = pl.read_parquet(tmp_path / "registrations" / "*.parquet")
    assert people.schema["birth_date"] == pl.Date
    assert people.schema["email_consent"] == pl.Boolean


def test_chunks_do_not_collide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop, "PERSONS_PER_CHUNK", 100)
    monkeypatch.setattr("simulator.chunk.PERSONS_PER_CHUNK", 100)
    summary = simulate(out=tmp_path, customers=250, days=200, file_format="parquet")
    for extract, key in (
        ("registrations", "account_id"),
        ("orders", "order_id"),
        ("browse_events", "event_id"),
    ):
        frame = pl.read_parquet(tmp_path / extract / "*.parquet")
        assert frame[key].n_unique() == frame.height == summary.row_counts[extract]
    people = pl.read_parquet(tmp_path / "registrations" / "*.parquet")
    assert people["phone"].n_unique() == people["email"].n_unique() == 250
    assert pl.read_parquet(tmp_path / "_truth" / "persons.parquet").height == 250


@pytest.mark.parametrize(
    "wrong", [{"customers": 0}, {"days": 0}, {"seed": -1}, {"mess": 1.5}, {"file_format": "xlsx"}]
)
def test_impossible_arguments_are_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must"):
        simulate(**{"out": tmp_path, "customers": 5, "days": 5, **wrong})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_a_shop_is_not_overwritten(tmp_path: Path) -> None:
    simulate(out=tmp_path, customers=5, days=30)
    before = fingerprints(tmp_path)
    with pytest.raises(FileExistsError, match="not empty"):
        simulate(out=tmp_path, customers=5, days=30, seed=1)
    assert fingerprints(tmp_path) == before


@pytest.mark.parametrize("mess", [0.0, 1.0])
def test_the_smallest_shop_has_all_extracts(tmp_path: Path, mess: float) -> None:
    simulate(out=tmp_path, customers=1, days=1, mess=mess, end_date=date(2024, 2, 29))
    for extract in EXTRACT_COLUMNS:
        assert any((tmp_path / extract).iterdir()), extract


def test_progress_names_each_extract_and_the_persons_done(tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []
    simulate(
        out=tmp_path, customers=30, days=30, on_progress=lambda extract, done: told.append((extract, done))
    )
    assert [extract for extract, _ in told] == list(EXTRACT_COLUMNS)
    assert {done for _, done in told} == {30}
