"""How many still wait: by hand, against SciPy's own estimate, and where the curve has nothing to say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import CensoredData, ecdf

from models.next_order.waiting_curves import fit_waiting_curve


def curve_of(waits: dict[float, tuple[int, int]], *, min_waiting: int = 1):
    """A curve of `{time: (ended, still open)}`."""
    times = [time for time, counts in waits.items() for _ in range(sum(counts))]
    is_over = [over for ended, still in waits.values() for over in [True] * ended + [False] * still]
    return fit_waiting_curve(times=np.array(times), is_over=np.array(is_over), min_waiting=min_waiting)


# Five wait. One of five orders at 1: 4/5. One is not seen beyond 2. One of three orders at 3: 4/5 · 2/3.
def test_who_is_not_seen_any_longer_counts_until_then():
    curve = curve_of({1.0: (1, 0), 2.0: (0, 1), 3.0: (1, 0), 5.0: (0, 2)})
    assert curve.still_waiting == pytest.approx([4 / 5, 4 / 5, 8 / 15, 8 / 15])
    assert curve.share_waiting(np.array([0.0, 0.9, 1.0, 2.9, 3.0, 99.0])) == pytest.approx(
        [1, 1, 4 / 5, 4 / 5, 8 / 15, 8 / 15]
    )
    assert curve.time_until(np.array([1.0, 0.9, 0.8, 0.6, 8 / 15, 0.5])).tolist() == [
        *(0.0, 1.0, 1.0, 3.0, 3.0),
        np.inf,
    ]


# At 3 the one who orders was still waiting beside the one who was last seen then: 1 of 2.
def test_an_order_comes_before_a_last_sight_of_the_same_time():
    assert curve_of({3.0: (1, 1)}).still_waiting.tolist() == [0.5]


def test_the_curve_ends_where_too_few_have_waited_as_long():
    waits = {1.0: (4, 0), 2.0: (1, 0), 3.0: (1, 1)}
    assert curve_of(waits, min_waiting=3).times.tolist() == [1.0, 2.0]
    assert curve_of(waits, min_waiting=3).end == 2.0
    assert curve_of(waits, min_waiting=8).end == 0.0


def test_nobody_gives_a_curve_that_says_nothing():
    curve = curve_of({})
    assert curve.end == 0.0
    assert curve.share_waiting(np.array([5.0])).tolist() == [1.0]
    assert curve.time_until(np.array([0.5])).tolist() == [np.inf]


def test_the_estimate_is_that_of_scipy():
    rng = np.random.default_rng(4)
    times, is_over = rng.integers(1, 40, 500).astype(float), rng.random(500) < 0.6
    curve = fit_waiting_curve(times=times, is_over=is_over, min_waiting=1)
    reference = ecdf(CensoredData(uncensored=times[is_over], right=times[~is_over])).sf
    at = np.arange(0, 41, 0.5)
    assert curve.share_waiting(at) == pytest.approx(reference.evaluate(at), abs=1e-12)
