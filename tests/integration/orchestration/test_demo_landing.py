"""The demo's shop: whole or absent, used again, and never mixed with anything else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

import simulator.shop
from orchestration.batch import UnusableInputError
from orchestration.demo import prepare_landing
from orchestration.home_source import bind_home, source_of
from orchestration.landing import ledger
from orchestration.landing.ledger import FileReceipt
from orchestration.settings import Settings

Prepare = Callable[..., None]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, landing=tmp_path / "landing")


@pytest.fixture
def prepare(settings: Settings) -> Prepare:
    def prepare_shop(*, customers: int = 10, seed: int = 0) -> None:
        prepare_landing(settings=settings, customers=customers, seed=seed, console=Console(quiet=True))

    return prepare_shop


def take_in(settings: Settings) -> None:
    """Let the home hold a row of what lies in its landing folder."""
    bind_home(settings)
    receipt = FileReceipt(file_hash="h", extract="orders", file_name="f", ingested_at="2026-07-01T03:00:00")
    ledger.append(settings.ledger_path, [receipt])


def test_an_interrupted_simulation_leaves_nothing_in_the_landing_folder(
    settings: Settings, prepare: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(simulator.shop, "_write_truth", interrupted)
        with pytest.raises(KeyboardInterrupt):
            prepare()
    assert not settings.landing.exists()
    prepare()
    assert source_of(settings).is_demo


def test_an_equal_shop_is_used_again_and_another_one_refused(settings: Settings, prepare: Prepare) -> None:
    prepare()
    take_in(settings)
    prepare()
    for other in ({"customers": 11}, {"seed": 1}):
        with pytest.raises(UnusableInputError, match="holds files other than this demo's shop"):
            prepare(**other)


def test_a_demo_is_refused_in_a_home_with_other_data(settings: Settings, prepare: Prepare) -> None:
    take_in(settings)
    with pytest.raises(UnusableInputError, match="This home holds native extracts"):
        prepare()
    assert not settings.landing.exists()


def test_own_files_beside_the_demo_shop_are_refused(settings: Settings, prepare: Prepare) -> None:
    prepare()
    take_in(settings)
    (settings.landing / "orders" / "mine.csv").write_text("order_id\n")
    with pytest.raises(UnusableInputError, match="This home holds the demo's made-up shop"):
        bind_home(settings)


def test_a_run_on_other_files_is_refused_in_the_demos_home(
    settings: Settings, prepare: Prepare, tmp_path: Path
) -> None:
    prepare()
    take_in(settings)
    elsewhere = Settings(home=settings.home, landing=tmp_path / "my shop")
    with pytest.raises(UnusableInputError, match="This home holds the demo's made-up shop"):
        bind_home(elsewhere)
