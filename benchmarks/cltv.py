"""Customer value of a million customers in seconds, with lifetimes on pandas beside it: `make bench-cltv`.

Both get the same purchase histories from memory, choose among purchase models on a holdout in time, fit spend and
score every customer. Ours adds Pareto/NBD, the correction, the card, and limits of segment totals; lifetimes' own
Pareto/NBD is left out, because it needs hours for histories of this number. Each works in a process of its own, so that
its peak memory is its own.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

if TYPE_CHECKING:
    import pandas as pd
    from lifetimes import BaseFitter, GammaGammaFitter

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
KIB_PER_GIB = 1024**2
DAYS, HOLDOUT_DAYS = 730, 365
AS_OF = date(2026, 6, 30)
LIMIT_SECONDS, LIMIT_GIB = 60, 4
RATE_SHAPE, RATE_SCALE_DAYS, DROPOUT_SHAPE, DROPOUT_SCALE_DAYS = 0.8, 19.0, 0.7, 182.0
THREADS = "2"
HISTORY = ("frequency", "recency_days", "age_days")
THEIR_FITTERS = {"bg_nbd": "BetaGeoFitter", "mbg_nbd": "ModifiedBetaGeoFitter"}
CUSTOMER_ID = pl.format("C{}", pl.col("number").cast(pl.String).str.zfill(8)).alias("customer_id")


def main() -> None:
    """Make the histories once, let each side work in its own process, print the verdict last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=Path("var/bench"))
    parser.add_argument(
        "--side", choices=("ours", "lifetimes"), help="work in this process; for the benchmark itself"
    )
    chosen = parser.parse_args()
    folder = chosen.folder / f"cltv-{chosen.customers}"
    if chosen.side:
        print(json.dumps(_measured(side=chosen.side, folder=folder)))
        return
    _simulated(customers=chosen.customers, folder=folder)
    ours, theirs = (_apart(side=side, chosen=chosen) for side in ("ours", "lifetimes"))
    for side, figures in (("ours", ours), ("lifetimes", theirs)):
        steps = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in figures["steps"].items())
        print(f"{side:<10}{figures['seconds']:8.1f} s  peak {figures['peak_gib']:.1f} GiB  {steps}")
        print(f"{'':<10}{figures['found']}")
    is_met = ours["seconds"] <= LIMIT_SECONDS and ours["peak_gib"] <= LIMIT_GIB
    print(f"{'met' if is_met else 'missed'}: at most {LIMIT_SECONDS} s and {LIMIT_GIB} GiB")
    print(f"lifetimes/ours {theirs['seconds'] / ours['seconds']:.2f}")


def _apart(*, side: str, chosen: argparse.Namespace) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.cltv", "--side", side]
    command += ["--customers", str(chosen.customers), "--folder", str(chosen.folder)]
    threads = {"POLARS_MAX_THREADS": THREADS, "OPENBLAS_NUM_THREADS": THREADS}
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ | threads)
    return dict(json.loads(ran.stdout.splitlines()[-1]))


def _measured(*, side: str, folder: Path) -> dict[str, object]:
    frames = {
        name: pl.read_parquet(folder / f"{name}.parquet") for name in ("histories", "calibration", "members")
    }
    started = time.monotonic()
    steps, found = (_ours if side == "ours" else _lifetimes)(frames)
    return {
        "seconds": time.monotonic() - started,
        "steps": steps,
        "found": found,
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_GIB,
    }


def _ours(frames: dict[str, pl.DataFrame]) -> tuple[dict[str, float], str]:
    from models.customer_value.cltv import compute_cltv
    from models.setting_rows import parse_settings
    from models.settings import ModelSettings

    settings = parse_settings(ModelSettings, rows=pl.read_csv(SEEDS / "model_settings.csv"))
    started = time.monotonic()
    result = compute_cltv(
        histories=frames["histories"],
        calibration=frames["calibration"],
        members=frames["members"],
        as_of=AS_OF,
        holdout_days=HOLDOUT_DAYS,
        settings=settings,
    )
    card = result.card.to_dicts()[0]
    family = json.loads(card["parameters"])["purchases"]["family"]
    total = result.scores["cltv_12m"].sum()
    errors = {
        name: tried.get("rmse_orders") for name, tried in json.loads(card["metrics"])["families"].items()
    }
    return {"all": time.monotonic() - started}, f"{family}, {errors}, total {total:.0f}, {card['reason']}"


def _lifetimes(frames: dict[str, pl.DataFrame]) -> tuple[dict[str, float], str]:
    import pandas as pd

    times = [time.monotonic()]
    now, before = (
        pd.DataFrame(frames[name].to_dict(as_series=False)) for name in ("histories", "calibration")
    )
    times.append(time.monotonic())
    errors = {name: _their_error(name, before) for name in THEIR_FITTERS}
    best = min(errors, key=lambda name: errors[name])
    times.append(time.monotonic())
    purchases = _their_purchases(best, now)
    times.append(time.monotonic())
    spend = _their_spend(now[(now["frequency"] > 0) & (now["repeat_money"] > 0)])
    times.append(time.monotonic())
    if not hasattr(purchases, "predict"):
        purchases.predict = purchases.conditional_expected_number_of_purchases_up_to_time
    value = spend.customer_lifetime_value(
        purchases,
        *(now[column] for column in HISTORY),
        (now["repeat_money"] / now["frequency"].clip(lower=1)).clip(lower=0),
        time=12,
        discount_rate=0.008,
        freq="D",
    )
    times.append(time.monotonic())
    names = ("to pandas", "choice", "fit of purchases", "fit of spend", "scores")
    steps = {name: end - start for name, (start, end) in zip(names, itertools.pairwise(times), strict=True)}
    return steps, f"{best}, {errors}, total {value.sum():.0f}"


def _their_purchases(name: str, histories: pd.DataFrame) -> BaseFitter:
    import lifetimes

    fitter = getattr(lifetimes, THEIR_FITTERS[name])()
    return fitter.fit(*(histories[column] for column in HISTORY))


def _their_error(name: str, before: pd.DataFrame) -> float:
    guess = _their_purchases(name, before).conditional_expected_number_of_purchases_up_to_time(
        HOLDOUT_DAYS, *(before[column] for column in HISTORY)
    )
    return float(np.sqrt(((guess - before["holdout_orders"]) ** 2).mean()))


def _their_spend(repeat: pd.DataFrame) -> GammaGammaFitter:
    from lifetimes import GammaGammaFitter
    from lifetimes.utils import ConvergenceError

    own_mean = repeat["repeat_money"] / repeat["frequency"]
    for penalizer, tolerance in itertools.product((0.0, 0.001, 0.01, 0.1), (1e-7, 1e-5)):
        try:
            return GammaGammaFitter(penalizer_coef=penalizer).fit(
                repeat["frequency"], own_mean, tol=tolerance
            )
        except ConvergenceError:  # its search often cannot show that it has arrived
            continue
    raise RuntimeError("lifetimes found no spend model")


def _simulated(*, customers: int, folder: Path) -> None:
    """Write histories of Pareto/NBD customers: at the end, and a year before it."""
    if (folder / "members.parquet").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(7)
    first = rng.integers(0, DAYS, customers)
    rate = rng.gamma(RATE_SHAPE, 1 / RATE_SCALE_DAYS, customers)
    lifetime = rng.exponential(size=customers) / rng.gamma(DROPOUT_SHAPE, 1 / DROPOUT_SCALE_DAYS, customers)
    last = np.floor(np.minimum(first + lifetime, DAYS)).astype(np.int64)
    counts = rng.poisson(rate * (last - first))
    buyer = np.repeat(np.arange(customers), counts)
    day = first[buyer] + 1 + np.floor(rng.random(buyer.size) * (last - first)[buyer]).astype(np.int64)
    level = 60 / rng.gamma(4.0, size=customers)
    repeats = pl.DataFrame({"number": buyer, "day": day}).unique().sort("number", "day")
    money = rng.gamma(5.0, size=repeats.height) * level[repeats["number"].to_numpy()]
    firsts = pl.DataFrame(
        {"number": np.arange(customers), "day": first, "money": rng.gamma(5.0, size=customers) * level}
    )
    every = pl.concat([firsts, repeats.with_columns(money=pl.Series(money))]).filter(pl.col("day") <= DAYS)
    _histories(every, end=DAYS).write_parquet(folder / "histories.parquet")
    _calibration(every).write_parquet(folder / "calibration.parquet")
    _members(every).write_parquet(folder / "members.parquet")


def _histories(every: pl.DataFrame, *, end: int) -> pl.DataFrame:
    seen = every.filter(pl.col("day") <= end).sort("number", "day")
    return (
        seen.group_by("number", maintain_order=True)
        .agg(
            frequency=(pl.len() - 1).cast(pl.Int32),
            recency_days=(pl.col("day").max() - pl.col("day").min()).cast(pl.Int32),
            age_days=(end - pl.col("day").min()).cast(pl.Int32),
            first_money=pl.col("money").first().round(2),
            repeat_money=(pl.col("money").sum() - pl.col("money").first()).round(2),
        )
        .select(CUSTOMER_ID, pl.exclude("number"))
    )


def _calibration(every: pl.DataFrame) -> pl.DataFrame:
    cut = DAYS - HOLDOUT_DAYS
    sides = every.group_by(CUSTOMER_ID).agg(
        last_year_orders=(pl.col("day") <= cut).sum(),
        last_year_money=pl.col("money").filter(pl.col("day") <= cut).sum().round(2),
        holdout_orders=(pl.col("day") > cut).sum(),
        holdout_money=pl.col("money").filter(pl.col("day") > cut).sum().round(2),
    )
    return _histories(every, end=cut).join(sides, on="customer_id")


def _members(every: pl.DataFrame) -> pl.DataFrame:
    recent = pl.col("day") > DAYS - HOLDOUT_DAYS
    return (
        every.sort("number", "day")
        .group_by(CUSTOMER_ID, maintain_order=True)
        .agg(
            rfm_tier=pl.when(pl.len() > 8)
            .then(pl.lit("Gold"))
            .when(pl.len() > 2)
            .then(pl.lit("Silver"))
            .otherwise(pl.lit("Bronze")),
            value_level=pl.when(pl.col("money").sum() > 500).then(pl.lit("high")).otherwise(pl.lit("low")),
            orders_12m=recent.sum().cast(pl.Int64),
            repeat_orders_12m=(recent.sum() - recent.first()).cast(pl.Int64),
            net_revenue_12m=pl.col("money").filter(recent).sum().round(2),
        )
    )


if __name__ == "__main__":
    main()
