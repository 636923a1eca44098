"""Which releases there are, which one is open to readers, and which ones go."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.release import registry
from orchestration.settings import Settings

FIRST = datetime(2026, 7, 1, 3)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home with 空格", landing=tmp_path / "landing", kept_releases=3)


def put_release(settings: Settings, number: int, *, current: bool = False) -> str:
    """Lay a release down as a publish would have done, one day after the other."""
    built_at = FIRST + timedelta(days=number)
    folder = settings.releases_dir / f"r{number}"
    folder.mkdir(parents=True)
    (folder / "marts.duckdb").write_bytes(b"")
    (folder / "manifest.json").write_text(
        json.dumps(
            {
                "as_of": str(built_at.date()),
                "built_at": built_at.isoformat(),
                "tables": {"marts.orders": {"rows": 100 + number, "hash": "h"}},
            }
        )
    )
    if current:
        registry.make_current(settings=settings, release_id=folder.name)
    return folder.name


def names(settings: Settings) -> list[str]:
    return [release.release_id for release in registry.list_releases(settings=settings)]


def test_a_new_home_has_no_release(settings: Settings) -> None:
    assert registry.list_releases(settings=settings) == []
    assert registry.current_release(settings=settings) is None
    assert registry.current_row_counts(settings=settings) == {}


def test_releases_are_listed_newest_first_and_the_current_one_is_marked(settings: Settings) -> None:
    for number in (1, 2, 10):
        put_release(settings, number, current=number == 2)
    found = registry.list_releases(settings=settings)
    assert [(release.release_id, release.is_current) for release in found] == [
        ("r10", False),
        ("r2", True),
        ("r1", False),
    ]
    assert (found[1].as_of_date, found[1].built_at) == (date(2026, 7, 3), datetime(2026, 7, 3, 3))


def test_a_folder_that_is_no_complete_release_is_not_listed(settings: Settings) -> None:
    put_release(settings, 1)
    (settings.releases_dir / "notes").mkdir()
    (settings.releases_dir / "r1" / "marts.duckdb").unlink()
    assert names(settings) == []


def test_the_link_is_relative_so_that_a_home_can_be_moved(settings: Settings) -> None:
    put_release(settings, 1, current=True)
    moved = settings.home.rename(settings.home.with_name("moved"))
    assert (moved / "current").resolve() == moved / "releases" / "r1"


def test_rollback_makes_an_earlier_release_current_and_keeps_the_newer(settings: Settings) -> None:
    put_release(settings, 1)
    put_release(settings, 2, current=True)
    assert registry.rollback(settings=settings, release_id="r1").is_current
    assert settings.current_link.resolve().name == "r1"
    assert names(settings) == ["r2", "r1"]


def test_rollback_to_an_unknown_release_says_which_there_are(settings: Settings) -> None:
    put_release(settings, 1, current=True)
    with pytest.raises(registry.UnknownReleaseError, match=r"There is no release r9. Releases on disk: r1\."):
        registry.rollback(settings=settings, release_id="r9")
    assert settings.current_link.resolve().name == "r1"


@pytest.mark.parametrize("name", ["..", "../releases/r1", ".", ""])
def test_rollback_takes_names_not_paths(settings: Settings, name: str) -> None:
    put_release(settings, 1, current=True)
    with pytest.raises(registry.UnknownReleaseError):
        registry.rollback(settings=settings, release_id=name)


def test_prune_keeps_the_newest_and_the_current(settings: Settings) -> None:
    for number in range(6):
        put_release(settings, number)
    registry.rollback(settings=settings, release_id="r0")
    assert registry.prune(settings=settings) == ["r2", "r1"]
    assert names(settings) == ["r5", "r4", "r3", "r0"]


def test_row_counts_are_of_the_current_release(settings: Settings) -> None:
    put_release(settings, 1)
    put_release(settings, 2, current=True)
    assert registry.current_row_counts(settings=settings) == {"marts.orders": 102}


def test_a_build_that_looks_further_back_is_compared_with_nothing(settings: Settings) -> None:
    put_release(settings, 1, current=True)
    assert registry.current_row_counts(settings=settings, as_of_date=date(2026, 7, 1)) == {}
    assert registry.current_row_counts(settings=settings, as_of_date=date(2026, 7, 2)) != {}


def test_sweep_removes_what_a_died_publish_left(settings: Settings) -> None:
    put_release(settings, 1, current=True)
    leftovers = [
        settings.releases_dir / ".20260630T030000-1a2b3c",
        settings.releases_dir / ".deleted-r0",
    ]
    for folder in leftovers:
        folder.mkdir(parents=True)
        (folder / "marts.duckdb").write_bytes(b"half")
    (settings.home / ".current-abc").symlink_to("releases/r2")
    registry.sweep(settings=settings)
    assert not any(folder.exists() for folder in leftovers)
    assert not (settings.home / ".current-abc").is_symlink()
    assert names(settings) == ["r1"]


def test_sweep_leaves_what_others_put_beside_the_releases(settings: Settings) -> None:
    put_release(settings, 1, current=True)
    (settings.releases_dir / ".DS_Store").write_bytes(b"Finder")
    (settings.releases_dir / ".snapshot").mkdir()
    registry.sweep(settings=settings)
    assert (settings.releases_dir / ".DS_Store").exists()
    assert (settings.releases_dir / ".snapshot").is_dir()
    assert names(settings) == ["r1"]


def test_a_folder_in_place_of_the_link_is_not_overwritten(settings: Settings) -> None:
    put_release(settings, 1)
    settings.current_link.mkdir()
    with pytest.raises(OSError, match="directory"):
        registry.make_current(settings=settings, release_id="r1")
    assert sorted(path.name for path in settings.home.iterdir()) == ["current", "releases"]
