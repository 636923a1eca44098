"""The day of a landing file: by its name, else by its clock."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from orchestration.landing.arrival_days import arrival_day


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("orders/2026/2026-01-31.csv", date(2026, 1, 31)),
        ("orders/orders_20260101_20260131.csv.gz", date(2026, 1, 31)),
        ("orders/2026_01_31/part-0.parquet", date(2026, 1, 31)),
        ("orders/2026-01-30/late-2026-02-02.csv", date(2026, 2, 2)),
        ("orders/20240229.jsonl", date(2024, 2, 29)),
    ],
)
def test_the_last_day_that_a_name_holds_counts(tmp_path: Path, name: str, day: date) -> None:
    assert arrival_day(tmp_path / name, root=tmp_path, time_zone="Asia/Shanghai") == day


@pytest.mark.parametrize(
    "name", ["export.csv", "20230229.csv", "00000101.csv", "120260131.csv", "2026-0131.csv"]
)
def test_a_name_without_a_day_counts_by_the_clock_in_the_reporting_zone(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.touch()
    written = datetime(2026, 5, 1, 16, tzinfo=UTC).timestamp()  # midnight of 2 May in Shanghai
    os.utime(path, (written, written))
    assert arrival_day(path, root=tmp_path, time_zone="Asia/Shanghai") == date(2026, 5, 2)
    assert arrival_day(path, root=tmp_path, time_zone="UTC") == date(2026, 5, 1)


def test_the_folder_above_the_landing_folder_says_nothing(tmp_path: Path) -> None:
    root = tmp_path / "2020-01-01"
    assert arrival_day(root / "2026-01-31.csv", root=root, time_zone="UTC") == date(2026, 1, 31)
