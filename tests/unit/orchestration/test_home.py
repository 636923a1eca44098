"""Who may read what below a home, and which source it is bound to."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from orchestration.batch import UnusableInputError
from orchestration.home import private_home
from orchestration.home_source import bind_home
from orchestration.landing import ledger
from orchestration.landing.ledger import FileReceipt
from orchestration.settings import Settings


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o022, 0o077, 0o000])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_a_home_can_be_entered_and_what_is_written_in_it_is_private(umask: int, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with private_home(home):
        (home / "raw").mkdir()
        (home / "ledger.jsonl").touch()
    assert (mode(home), mode(home / "raw"), mode(home / "ledger.jsonl")) == (0o755, 0o700, 0o600)
    assert os.umask(umask) == umask


def test_what_an_earlier_version_left_open_is_closed(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir(mode=0o755)
    (tmp_path / "warehouse.duckdb").touch(mode=0o644)
    (tmp_path / "releases").mkdir(mode=0o755)
    with private_home(tmp_path):
        pass
    assert mode(tmp_path / "raw") == 0o700
    assert mode(tmp_path / "warehouse.duckdb") == 0o600
    assert mode(tmp_path / "releases") == 0o755


def test_a_home_that_its_owner_closed_stays_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    with private_home(tmp_path):
        pass
    assert mode(tmp_path) == 0o750


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UnusableInputError, match="cannot be written"), private_home(tmp_path):
        pass


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a home that already holds rows of native extracts."""
    settings = Settings(home=tmp_path / "home", landing=tmp_path / "landing")
    settings.home.mkdir()
    bind_home(settings)
    receipt = FileReceipt(file_hash="h", extract="orders", file_name="f", ingested_at="2026-07-01T03:00:00")
    ledger.append(settings.ledger_path, [receipt])
    return settings


def test_the_same_source_may_come_again(settings: Settings) -> None:
    before = (settings.home / "source.json").read_text()
    bind_home(replace(settings, landing=settings.landing / "elsewhere", threads=1))
    assert (settings.home / "source.json").read_text() == before


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"profile": "olist"}, "an export of the profile olist (BRL, UTC)"),
        ({"reporting_currency": "EUR"}, "native extracts (EUR, Asia/Shanghai)"),
        ({"reporting_time_zone": "UTC"}, "native extracts (CNY, UTC)"),
    ],
)
def test_another_source_is_refused(settings: Settings, change: dict[str, str], named: str) -> None:
    with pytest.raises(UnusableInputError) as raised:
        bind_home(replace(settings, **change))
    assert str(raised.value) == (
        "This home holds native extracts (CNY, Asia/Shanghai), and this run would bring "
        f"{named}; choose another with --home."
    )


def test_a_home_without_rows_may_change_its_source(settings: Settings) -> None:
    settings.ledger_path.unlink()
    bind_home(replace(settings, profile="olist"))
    assert json.loads((settings.home / "source.json").read_text())["profile"] == "olist"
