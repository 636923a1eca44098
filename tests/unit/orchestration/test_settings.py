"""What the environment may say, and what it is told when it says something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.settings import Settings, UnusableSettingError


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("THREADS", "TIME_ZONE", "KEPT_RELEASES", "MEMORY_LIMIT", "CURRENCY"):
        monkeypatch.delenv(f"RAPPORT_{name}", raising=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("THREADS", "two"),
        ("THREADS", "0"),
        ("THREADS", ""),
        ("KEPT_RELEASES", "-1"),
        ("KEPT_RELEASES", "1.5"),
        ("MEMORY_LIMIT", "lots"),
        ("MEMORY_LIMIT", "8"),
        ("TIME_ZONE", "Mars/Olympus"),
        ("TIME_ZONE", "../etc/passwd"),
        ("TIME_ZONE", ""),
        ("CURRENCY", "yuan"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_with_its_name(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(f"RAPPORT_{name}", value)
    with pytest.raises(UnusableSettingError, match=f"RAPPORT_{name} is '{value}'; it must be"):
        Settings.from_environment(home=tmp_path)


@pytest.mark.parametrize("value", ["8GB", "512 MB", "1.5GiB", "900mb"])
def test_sizes_are_taken_as_duckdb_takes_them(
    value: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RAPPORT_MEMORY_LIMIT", value)
    assert Settings.from_environment(home=tmp_path).memory_limit == value


def test_the_defaults_are_fine(tmp_path: Path) -> None:
    assert Settings.from_environment(home=tmp_path).reporting_time_zone == "Asia/Shanghai"
