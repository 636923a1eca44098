"""Readers are never locked out, never lock out, and never see two releases at once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb

from orchestration.release.registry import Release
from orchestration.settings import Settings

READERS = 50
RELEASES = 20


def test_fifty_readers_loop_while_twenty_releases_are_published(
    settings: Settings, publish_batch: Callable[..., Release], tmp_path: Path
) -> None:
    published = {}
    first = publish_batch(number=0, orders=1000)
    published[first.release_id] = first.row_counts["marts.orders"]
    stop = tmp_path / "stop"
    command = [
        sys.executable,
        str(Path(__file__).with_name("reader.py")),
        str(settings.current_link / "marts.duckdb"),
        str(stop),
    ]
    outputs = [(tmp_path / f"reader-{number}.jsonl").open("w+") for number in range(READERS)]
    readers = [subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, text=True) for out in outputs]
    for number in range(1, RELEASES + 1):
        release = publish_batch(number=number, orders=1000 + number)
        published[release.release_id] = release.row_counts["marts.orders"]
    stop.touch()
    errors = [reader.communicate(timeout=120)[1] for reader in readers]

    assert [reader.returncode for reader in readers] == [0] * READERS, errors
    visits = []
    for out in outputs:
        out.seek(0)
        visits.append([json.loads(line) for line in out])
        out.close()
    for visit in (visit for seen in visits for visit in seen):
        (release_id, orders, lifetime_orders, revenue), again = visit
        assert again == visit[0]
        assert orders == lifetime_orders == published[release_id]
        assert revenue == orders * (orders - 1) // 2
    assert all(seen[-1][0][0] == release.release_id for seen in visits)
    assert len({visit[0][0] for seen in visits for visit in seen}) > RELEASES / 2


def test_a_reader_that_stays_keeps_its_release_while_it_is_replaced_and_pruned(
    settings: Settings, publish_batch: Callable[..., Release]
) -> None:
    old = publish_batch(number=0, orders=5000)
    with duckdb.connect(str(settings.current_link / "marts.duckdb"), read_only=True) as reader:
        for number in range(1, settings.kept_releases + 2):
            publish_batch(number=number, orders=number)
        assert not old.path.exists()
        assert reader.execute("select count(*), sum(net_revenue)::bigint from marts.orders").fetchone() == (
            5000,
            5000 * 4999 // 2,
        )
