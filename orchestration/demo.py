"""The made-up shop of `rapport demo` and `rapport simulate`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, cast

from rich.console import Console

from orchestration.batch import UnusableInputError

DEMO_DAYS = 730
DEMO_MESS = 0.1
SHOP_FILE = Path("_truth") / "shop.json"
"""What the simulator writes last; without it a shop is not whole."""


def prepare_landing(*, home: Path, customers: int, seed: int, console: Console) -> Path:
    """Return a landing folder with the demo's shop; an equal shop that lies there is used again.

    Raises:
        UnusableInputError: the folder holds something else.
    """
    landing = home / "landing"
    if not landing.exists() or not any(landing.iterdir()):
        simulate_shop(
            out=landing,
            customers=customers,
            days=DEMO_DAYS,
            seed=seed,
            file_format="csv",
            mess=DEMO_MESS,
            console=console,
        )
        return landing
    wanted = {"customers": customers, "seed": seed, "days": DEMO_DAYS, "mess": DEMO_MESS}
    shop = landing / SHOP_FILE
    found = json.loads(shop.read_text()) if shop.exists() else {}
    if any(found.get(name) != value for name, value in wanted.items()):
        raise UnusableInputError(
            f"{landing} holds files other than this demo's shop. Choose an empty home: rapport demo --home DIR."
        )
    return landing


def simulate_shop(
    *, out: Path, customers: int, days: int, seed: int, file_format: str, mess: float, console: Console
) -> dict[str, Any]:
    """Write a shop and return what was written.

    Raises:
        UnusableInputError: the folder is not empty, so that two shops would be mixed.
    """
    if out.exists() and any(out.iterdir()):
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
