"""No path can end its string or match another file."""

from __future__ import annotations

from pathlib import Path

from orchestration.landing.sql_paths import parquet_scan, path_literal


def test_quotes_are_doubled_and_patterns_disarmed() -> None:
    assert path_literal(Path("/it's/a[1]/*?.parquet")) == "'/it''s/a[[]1]/[*][?].parquet'"


def test_a_scan_lists_exactly_its_files() -> None:
    scan = parquet_scan([Path("/a"), Path("/b")], options=", filename = true")
    assert scan == "read_parquet(['/a', '/b'], hive_partitioning = false, filename = true)"
