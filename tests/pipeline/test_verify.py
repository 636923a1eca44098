"""A release is built again from its inputs, whatever arrived and whatever rules changed since."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.pipeline.commands import PROJECT_ROOT, Outcome, rapport, release_of

SEED, AS_IT_IS, CHANGED = "value_levels.csv", "high_above,5000,", "high_above,400,"


@dataclass(frozen=True)
class TwoNights:
    """A home with two releases; the second saw more files and other rules.

    Attributes:
        home: the home.
        first: release of the first night, built by the project's seeds.
        second: release of the second night, which went on from the first.
        other_seeds: the rules of the second night.
    """

    home: Path
    first: str
    second: str
    other_seeds: Path


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> TwoNights:
    folder = tmp_path_factory.mktemp("nights")
    landing, late, home, seeds = (folder / name for name in ("landing", "late", "home", "seeds"))
    simulated = rapport("simulate", landing, "--customers", "150", "--days", "200", "--mess", "0.5")
    assert simulated.code == 0, simulated.err
    for file in sorted(landing.glob("[!_]*/*"))[::2]:  # every other file comes a day late
        (late / file.parent.name).mkdir(parents=True, exist_ok=True)
        file.rename(late / file.parent.name / file.name)
    first = _night(landing, home)
    shutil.copytree(late, landing, dirs_exist_ok=True)
    shutil.copytree(PROJECT_ROOT / "seeds", seeds)
    _change(seeds / SEED, AS_IT_IS, CHANGED)
    return TwoNights(home=home, first=first, second=_night(landing, home, seeds), other_seeds=seeds)


def _night(landing: Path, home: Path, seeds: Path | None = None) -> str:
    outcome = rapport("run", "--landing", landing, "--home", home, variables=_rules(seeds))
    assert outcome.code == 0, outcome.out + outcome.err
    return release_of(home)


def _rules(seeds: Path | None) -> dict[str, str]:
    return {"RAPPORT_SEEDS": str(seeds)} if seeds else {}


def _change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.chmod(0o644)
    file.write_text(text.replace(old, new), encoding="utf-8")


def verify(nights: TwoNights, release: str, seeds: Path | None = None, *, threads: int = 2) -> Outcome:
    variables = _rules(seeds) | {"RAPPORT_THREADS": str(threads)}
    return rapport("verify", release, "--home", nights.home, "--json", variables=variables)


def test_an_earlier_release_equals_its_inputs_although_files_and_rules_came_since(nights: TwoNights) -> None:
    outcome = verify(nights, nights.first, nights.other_seeds, threads=1)
    assert outcome.code == 0, outcome.err
    told = outcome.json()
    assert [table for table in told["tables"] if not table["is_equal"]] == []
    assert len(told["tables"]) >= 22
    assert "Note" not in told["note"]


def test_the_next_release_was_built_by_its_own_rules(nights: TwoNights) -> None:
    assert verify(nights, nights.second).code == 0
    manifests = [
        json.loads((nights.home / "releases" / name / "manifest.json").read_text())
        for name in (nights.first, nights.second)
    ]
    assert [
        name for name in manifests[0]["seeds"] if manifests[0]["seeds"][name] != manifests[1]["seeds"][name]
    ] == [SEED]


def test_rules_that_are_not_those_of_the_release_are_told(nights: TwoNights) -> None:
    kept = nights.home / "releases" / nights.second / "seeds" / SEED
    _change(kept, CHANGED, "high_above,300,")
    try:
        outcome = verify(nights, nights.second)
    finally:
        _change(kept, "high_above,300,", CHANGED)
    assert outcome.code == 1
    assert "differs from what its inputs give: " in outcome.err
    assert "marts.customer_360" in outcome.err


@pytest.mark.parametrize("name", ["marts.duckdb", "review.html"])
def test_a_touched_file_is_told_without_building(nights: TwoNights, name: str) -> None:
    file = nights.home / "releases" / nights.first / name
    content = file.read_bytes()
    file.chmod(0o644)
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    try:
        outcome = verify(nights, nights.first)
    finally:
        file.write_bytes(content)
    assert outcome.code == 1
    assert "is not the file that was published" in outcome.err


def test_a_lost_input_is_told_by_name(nights: TwoNights) -> None:
    (lost, *_) = sorted((nights.home / "raw" / "orders").glob("*.parquet"))
    lost.rename(aside := nights.home / "aside.parquet")
    try:
        outcome = verify(nights, nights.second)
    finally:
        aside.rename(lost)
    assert outcome.code == 2
    assert f"{lost} is gone" in outcome.err


def test_a_release_that_is_not_there_is_told_with_those_that_are(nights: TwoNights) -> None:
    outcome = verify(nights, "20200101T000000-000000")
    assert outcome.code == 2
    assert nights.first in outcome.err
    assert nights.second in outcome.err
