"""A machine that gives out, stage by stage: a sentence, a whole release, and the next run as if nothing had been."""

from __future__ import annotations

import pytest

from tests.pipeline.crashes.play import Bench
from tests.pipeline.crashes.small_disk import (
    Strike,
    Told,
    end_round,
    faults_of,
    name_space_fault,
    start_round,
)

ROUNDS = (
    (
        Strike(fault="full_disk", moment="lock"),
        Strike(fault="full_disk", moment="raw"),
        Strike(fault="no_memory", moment="raw", room=30_000_000),
        Strike(fault="full_disk", moment="ledger"),
        Strike(fault="full_disk", moment="arrival gate"),
        Strike(fault="little_share"),
        Strike(fault="full_disk", moment="kpi"),
    ),
    (
        Strike(fault="full_disk", moment="dbt build"),
        Strike(fault="full_disk", moment="release"),
        Strike(fault="full_disk", moment="swap"),
    ),
)
"""Each row is one home, struck again and again, each time later in the run, before its run may end."""
FULL_DISKS = [strike.moment for row in ROUNDS for strike in row if strike.fault == "full_disk"]


@pytest.fixture(scope="module")
def endings(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Told]:
    """Play both homes at once; an assertion in here means a release that was not whole or a wrong end."""
    has_disk = name_space_fault() is None
    rounds = [[strike for strike in row if has_disk or strike.fault != "full_disk"] for row in ROUNDS]
    rounds = [row for row in rounds if row]
    folders = [tmp_path_factory.mktemp("round") for _ in rounds]
    plays = [
        start_round(bench=bench, strikes=strikes, folder=folder, on_small_disk=has_disk)
        for strikes, folder in zip(rounds, folders, strict=True)
    ]
    told = [
        item for play, folder in zip(plays, folders, strict=True) for item in end_round(play, folder=folder)
    ]
    return {(item.strike.fault, item.strike.moment): item for item in told}


@pytest.mark.parametrize("moment", FULL_DISKS)
def test_a_full_disk_stops_a_run_with_a_sentence(moment: str, endings: dict[tuple[str, str], Told]) -> None:
    if fault := name_space_fault():
        pytest.skip(fault)
    told = endings["full_disk", moment]
    assert told.is_struck
    assert faults_of(told) == [], told
    assert told.code == 1
    assert told.was_published == (moment == "swap")
    assert "Make room on it and give the same command again" in told.err
    assert "is full; " in told.status or moment == "lock"


def test_a_run_without_memory_leaves_what_was(endings: dict[tuple[str, str], Told]) -> None:
    told = endings["no_memory", "raw"]
    assert told.is_struck
    assert faults_of(told) == [], told
    assert not told.was_published
    assert "did not end" in told.status or "exit code 1" in told.status


def test_a_small_share_of_memory_is_told_with_the_setting(endings: dict[tuple[str, str], Told]) -> None:
    told = endings["little_share", "raw"]
    assert faults_of(told) == [], told
    assert told.code == 1
    assert not told.was_published
    assert "The memory does not suffice; warehouse stopped (" in told.err
    assert "RAPPORT_MEMORY_LIMIT" in told.err
