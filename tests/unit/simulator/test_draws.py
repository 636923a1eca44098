"""Draws follow their weights, and sorting by time is the same on every machine."""

from __future__ import annotations

import numpy as np

from simulator.draws import Chances, happens, order_by_time, positions_within, streams


def test_chances_follow_the_weights_and_never_draw_a_zero() -> None:
    drawn = Chances([3, 0, 1]).draw(np.random.default_rng(0), 200_000)
    shares = np.bincount(drawn, minlength=3) / drawn.size
    assert shares[1] == 0
    assert abs(shares[0] - 0.75) < 0.005


def test_order_by_time_is_stable() -> None:
    assert order_by_time(np.array([5, 3, 5, 3, 1])).tolist() == [4, 1, 3, 0, 2]
    assert order_by_time(np.array([], dtype=np.int64)).tolist() == []
    assert order_by_time(np.array([9])).tolist() == [0]


def test_positions_restart_in_each_group() -> None:
    assert positions_within(np.array([2, 0, 3])).tolist() == [0, 1, 0, 1, 2]
    assert positions_within(np.array([], dtype=np.int64)).tolist() == []


def test_streams_of_one_seed_are_independent_and_repeatable() -> None:
    one, other = streams(np.random.SeedSequence(4)), streams(np.random.SeedSequence(4))
    assert one["orders"].random() == other["orders"].random()
    assert one["persons"].random() != other["items"].random()


def test_share_may_differ_per_flip() -> None:
    flips = happens(np.random.default_rng(0), np.array([0.0, 1.0]), 2)
    assert flips.tolist() == [False, True]
