"""Dates of the next order and naive dates, held against what came after a cut that none of them has seen.

The main figure is the mean error in days *within the horizon*: who has not ordered by its end counts as ordering on its
last day, and so does a forecast that names no day. So nobody is left out, neither those who stay away nor those who
are told nothing, and the median of the remaining wait is the forecast that makes the figure smallest.

Belongs here: figures of quality, the baselines, and whether the model beats them. Does not belong here: fitting.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from models.arrays import Bools, Floats
from models.next_order.next_order_settings import NextOrderSettings
from models.next_order.order_gaps import MILLION
from models.withholding import WithheldError


def actual_days(*, open_waits: pl.DataFrame, outcomes: pl.DataFrame) -> Floats:
    """Give the days from the cut to each customer's next order, infinite where none came within the horizon.

    Args:
        open_waits: `customer_id`, one row per customer.
        outcomes: `customer_id`, `days_until_order` of those who ordered within the horizon.

    Returns:
        Shape (customers,), in the order of `open_waits`.
    """
    joined = open_waits.select("customer_id").join(
        outcomes.select("customer_id", pl.col("days_until_order").cast(pl.Float64)),
        on="customer_id",
        how="left",
        maintain_order="left",
    )
    return joined["days_until_order"].fill_null(float("inf")).to_numpy()


def measure_forecast(
    *, forecast: pl.DataFrame, actual: Floats, settings: NextOrderSettings
) -> dict[str, object]:
    """Measure the model.

    Args:
        forecast: columns of `models.next_order.next_order_forecast.foretell_next_order`.
        actual: days until the next order, infinite where none came, in the order of `forecast`.
        settings: horizon and distances.

    Returns:
        The figures of `measure_days` (pairs are ordered by the probability to order), and of those who were told a
        date: `ordered_when_told`, `interval_holds` (share) and `interval_tells` (mean probability); the share that
        ordered though told nothing is `ordered_when_not_told`.
    """
    days = _days(forecast, "next_order_days")
    came, is_told = np.isfinite(actual), np.isfinite(days)
    held = (actual >= _days(forecast, "earliest_days")) & (actual <= _days(forecast, "latest_days"))
    told = forecast["interval_probability"].fill_null(0.0).to_numpy()
    return measure_days(days=days, actual=actual, settings=settings) | {
        "concordance": concordance(
            eagerness=forecast["order_probability"].to_numpy(),
            actual=actual,
        ),
        "ordered_when_told": _mean(came[is_told]),
        "ordered_when_not_told": _mean(came[~is_told]),
        "interval_holds": _mean(held[is_told]),
        "interval_tells": _mean(told[is_told]),
    }


def measure_days(*, days: Floats, actual: Floats, settings: NextOrderSettings) -> dict[str, object]:
    """Measure forecasts that are days.

    Args:
        days: from the cut, ≥1, infinite where no day is named; shape (customers,).
        actual: the same of what came.
        settings: horizon and distances.

    Returns:
        `mean_error_days` (see the module), `concordance`, `told_share`; and of those who were told a day and ordered
        within the horizon `median_error_days`, `within_close_days`, `within_near_days` (shares). None where there
        is nobody.
    """
    horizon = float(settings.next_order_horizon_days)
    asked, came = np.minimum(days, horizon), np.minimum(actual, horizon)
    is_told = days <= horizon
    is_compared = is_told & np.isfinite(actual)
    errors = np.abs(days[is_compared] - actual[is_compared])
    return {
        "mean_error_days": float(np.abs(asked - came).mean()),
        "concordance": concordance(eagerness=-asked, actual=actual),
        "told_share": float(is_told.mean()),
        "median_error_days": float(np.median(errors)) if len(errors) else None,
        "within_close_days": _mean(errors <= settings.next_order_close_days),
        "within_near_days": _mean(errors <= settings.next_order_near_days),
    }


def measure_baselines(
    *, waits: pl.DataFrame, open_waits: pl.DataFrame, actual: Floats, settings: NextOrderSettings
) -> dict[str, dict[str, object]]:
    """Measure what anybody could have said.

    `constant` is the same day for all, the best one in hindsight. `same_again` waits as long again as it has waited.
    The last order plus the median gap, of the shop or the customer's own mean gap (the shop's for those without
    one), may lie in the past: `…_or_tomorrow` says tomorrow then, `…_or_never` names no day.

    Args:
        waits: the columns of `models.next_order.next_order_forecast.WAIT` up to the cut.
        open_waits: the columns of `OPEN_WAIT` at the cut.
        actual: days until the next order, in the order of `open_waits`.
        settings: horizon and distances.

    Returns:
        Figures of `measure_days`, by baseline.
    """
    horizon = float(settings.next_order_horizon_days)
    waited = open_waits["waited_days"].to_numpy().astype(np.float64)
    over = waits.filter("is_over")["waited_days"].to_numpy()
    shop = np.full(len(waited), np.median(over))
    count, logs = (open_waits[name].to_numpy().astype(np.float64) for name in ("gaps", "log_gaps_millionths"))
    own = np.where(count > 0, np.exp(logs / MILLION / np.maximum(count, 1)), shop)
    hindsight = float(np.median(np.minimum(actual, horizon)))
    told = {"constant": np.full(len(waited), hindsight), "same_again": np.maximum(waited, 1.0)}
    for name, gap in (("shop_gap", shop), ("own_gap", own)):
        left = np.rint(gap - waited)
        told[f"{name}_or_tomorrow"] = np.maximum(left, 1.0)
        told[f"{name}_or_never"] = np.where(left >= 1, left, np.inf)
    return {
        name: measure_days(days=days, actual=actual, settings=settings) for name, days in sorted(told.items())
    }


def concordance(*, eagerness: Floats, actual: Floats) -> float:
    """Give the share of pairs in which the one who ordered first was told to be the more eager (Harrell 1982).

    Pairs that ordered on one day, or not at all within the horizon, do not count; a tie in eagerness counts half.

    Args:
        eagerness: higher for whom an earlier order is foretold, shape (customers,).
        actual: days until the next order, infinite where none came, shape (customers,).

    Returns:
        0–1; 0.5 where no pair can be told.
    """
    from scipy.stats import kendalltau

    pairs = len(actual) * (len(actual) - 1) / 2
    ties_told, ties_came = _tied_pairs(eagerness), _tied_pairs(actual)
    if pairs in (ties_told, ties_came):
        return 0.5
    # Kendall's tau-b is (right − wrong) ÷ √((pairs − ties told)(pairs − ties that came)).
    tau = kendalltau(-eagerness, np.where(np.isfinite(actual), actual, np.finfo(np.float64).max)).statistic
    return float(0.5 + 0.5 * tau * np.sqrt((pairs - ties_told) / (pairs - ties_came)))


def demand_better(
    *, model: Mapping[str, object], baselines: Mapping[str, Mapping[str, object]], settings: NextOrderSettings
) -> None:
    """Refuse dates that order customers nearly by chance, lose to a baseline, or whose intervals do not hold.

    Args:
        model: figures as of `measure_forecast`.
        baselines: figures as of `measure_days`.
        settings: least concordance, gain and the tolerance of the intervals.

    Raises:
        WithheldError: the first figure that falls short; the message names it.
    """
    own = _figure(model, "concordance")
    if own < settings.next_order_min_concordance:
        raise WithheldError(
            f"On the holdout {own:.4f} of the pairs stand in the right order; "
            f"{settings.next_order_min_concordance:g} is needed."
        )
    error, most = _figure(model, "mean_error_days"), 1 - settings.next_order_min_error_gain
    for name, baseline in baselines.items():
        other = _figure(baseline, "mean_error_days")
        if error > most * other or error == other:
            raise WithheldError(
                f"On the holdout the mean error is {error:.2f} days and that of the baseline {name} {other:.2f}; "
                f"it must lie {settings.next_order_min_error_gain:.0%} below."
            )
    _demand_coverage(model, settings)


def _demand_coverage(model: Mapping[str, object], settings: NextOrderSettings) -> None:
    if model["interval_holds"] is None:
        raise WithheldError("On the holdout nobody is likely enough to order to be told a date.")
    holds, tells = _figure(model, "interval_holds"), _figure(model, "interval_tells")
    if abs(holds - tells) > settings.next_order_max_coverage_error:
        raise WithheldError(
            f"On the holdout {holds:.1%} of the intervals hold, which tell {tells:.1%}; "
            f"they may differ by {settings.next_order_max_coverage_error:.0%}."
        )


def _days(forecast: pl.DataFrame, column: str) -> Floats:
    return forecast[column].cast(pl.Float64).fill_null(float("inf")).to_numpy()


def _mean(values: Bools) -> float | None:
    return float(values.mean()) if len(values) else None


def _tied_pairs(values: Floats) -> float:
    counts = np.unique(values, return_counts=True)[1].astype(np.float64)
    return float(np.sum(counts * (counts - 1) / 2))


def _figure(measured: Mapping[str, object], name: str) -> float:
    value = measured[name]
    if not isinstance(value, float):
        raise TypeError(f"{name} is no number")
    return value
