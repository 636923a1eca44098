"""The made-up shop of `rapport demo` and `rapport simulate`."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal, cast

from rich.console import Console

from orchestration.batch import UnusableInputError
from orchestration.home import private_home
from orchestration.home_source import SHOP_FILE, demand_same_source, is_shop, source_of
from orchestration.run_lock import hold_run_lock
from orchestration.settings import Settings

DEMO_DAYS = 730
DEMO_MESS = 0.1


def run_demo(*, settings: Settings, customers: int, seed: int, console: Console) -> dict[str, Any]:
    """Simulate a shop below the home, unless an equal one lies there, and run on it.

    Raises:
        UnusableInputError: the home holds something else.
    """
    from orchestration.runner import run

    settings = replace(settings, landing=settings.home / "landing", profile=None)
    with private_home(settings.home), hold_run_lock(settings.lock_path):
        prepare_landing(settings=settings, customers=customers, seed=seed, console=console)
        return run(settings=settings, console=console)


def prepare_landing(*, settings: Settings, customers: int, seed: int, console: Console) -> None:
    """Let the demo's shop lie in the landing folder; the caller holds the run's lock.

    Raises:
        UnusableInputError: the home or the landing folder holds something else.
    """
    demand_same_source(source=replace(source_of(settings), is_demo=True), settings=settings)
    landing = settings.landing
    if not landing.exists() or not any(landing.iterdir()):
        _simulate_whole(settings=settings, customers=customers, seed=seed, console=console)
        return
    wanted = {"customers": customers, "seed": seed, "days": DEMO_DAYS, "mess": DEMO_MESS}
    found = json.loads((landing / SHOP_FILE).read_text()) if is_shop(landing) else {}
    if any(found.get(name) != value for name, value in wanted.items()):
        raise UnusableInputError(
            f"{landing} holds files other than this demo's shop. Choose an empty home: rapport demo --home DIR."
        )


def _simulate_whole(*, settings: Settings, customers: int, seed: int, console: Console) -> None:
    """Simulate beside the landing folder and rename, so that an interrupted demo leaves nothing in it."""
    unfinished = settings.temp_dir / f"shop-{uuid.uuid4().hex}"
    simulate_shop(
        out=unfinished,
        customers=customers,
        days=DEMO_DAYS,
        seed=seed,
        file_format="csv",
        mess=DEMO_MESS,
        console=console,
    )
    unfinished.rename(settings.landing)


def simulate_shop(
    *, out: Path, customers: int, days: int, seed: int, file_format: str, mess: float, console: Console
) -> dict[str, Any]:
    """Write a shop and return what was written.

    Raises:
        UnusableInputError: nothing can be written there, or the folder is not empty, so that two shops would
            be mixed.
    """
    _make_folder(out)
    if any(out.iterdir()):
        raise UnusableInputError(f"{out} is not empty; two shops would be mixed. Choose another folder.")
    from simulator.shop import simulate

    shown: set[str] = set()

    def say(extract: str, _: int) -> None:
        if extract not in shown:
            shown.add(extract)
            console.print(f"✓ simulate {extract}", highlight=False)

    try:
        summary = simulate(
            out=out,
            customers=customers,
            days=days,
            seed=seed,
            file_format=cast("Literal['csv', 'jsonl', 'parquet']", file_format),
            mess=mess,
            on_progress=say,
        )
    except ValueError as error:
        raise UnusableInputError(str(error)) from error
    return asdict(summary)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnusableInputError(
            f"{out} cannot be made a folder ({error.strerror}). Choose another."
        ) from error
