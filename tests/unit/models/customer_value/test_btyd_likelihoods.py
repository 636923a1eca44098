"""Likelihoods: beside published closed forms and plain quadrature, and gradients beside differences."""

from __future__ import annotations

import itertools
from functools import partial

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gammaln, hyp2f1

from models.customer_value.btyd_likelihoods import beta_geometric, gamma_gamma, pareto

# Frequency, recency, age: one-time, new, loyal, lost, bought last just now.
HISTORIES = np.array(
    [(0, 0, 300), (0, 0, 1), (1, 10, 300), (3, 200, 300), (5, 100, 100), (50, 600, 700), (300, 699, 700)],
    dtype=float,
).T
CALM = np.array([0.55, 74.0, 0.61, 81.7])
HARD = [[0.1, 1.0, 0.05, 500.0], [3.0, 300.0, 2.0, 0.5], [0.01, 0.01, 0.01, 0.01], [5.0, 1e4, 10.0, 1e5]]


def by_quadrature(parameters, frequency, recency, age):
    """Pareto/NBD from its definition: survived, or dropped out at some moment after the last purchase."""
    r, alpha, s, beta = parameters

    def height(moment):
        return -(r + frequency) * np.log(alpha + moment) - (s + 1) * np.log(beta + moment)

    edges = recency + (age - recency) * np.concatenate([[0], np.logspace(-6, 0, 60)])
    pieces = itertools.pairwise(edges)
    area = sum(
        quad(lambda t: np.exp(height(t) - height(recency)), *piece, epsrel=1e-12, epsabs=0)[0]
        for piece in pieces
    )
    alive = -(r + frequency) * np.log(alpha + age) + s * np.log(beta / (beta + age))
    dead = np.log(s) + s * np.log(beta) + height(recency) + np.log(area) if area else -np.inf
    return gammaln(r + frequency) - gammaln(r) + r * np.log(alpha) + np.logaddexp(alive, dead)


@pytest.mark.parametrize("parameters", [CALM, *map(np.array, HARD)], ids=str)
def test_pareto_nbd_equals_plain_quadrature_at_hard_corners(parameters):
    ours = pareto(parameters, *HISTORIES).rows
    theirs = [by_quadrature(parameters, *history) for history in HISTORIES.T]
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)


# Fader, Hardie (2005), note 009: A0 with two Gauss hypergeometric functions, for alpha ≥ beta.
def test_pareto_nbd_equals_the_published_closed_form_where_that_holds():
    r, alpha, s, beta = 0.61, 81.7, 0.55, 74.0
    x, recency, age = HISTORIES[:, :5]
    total = r + s + x

    def part(time):
        return hyp2f1(total, s + 1, total + 1, (alpha - beta) / (alpha + time)) / (alpha + time) ** total

    survived = 1 / ((alpha + age) ** (r + x) * (beta + age) ** s)
    inner = survived + s / total * (part(recency) - part(age))
    theirs = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta) + np.log(inner)
    np.testing.assert_allclose(pareto(np.array([r, alpha, s, beta]), x, recency, age).rows, theirs, rtol=1e-9)


@pytest.mark.parametrize(
    ("likelihood", "parameters", "data"),
    [
        (pareto, CALM, HISTORIES),
        (partial(beta_geometric, drops_at_once=False), np.array([0.24, 31.0, 0.8, 2.4]), HISTORIES),
        (partial(beta_geometric, drops_at_once=True), np.array([0.52, 43.0, 0.9, 1.6]), HISTORIES),
        (gamma_gamma, np.array([6.25, 3.74, 15.44]), np.array([(1, 20.0), (3, 5.5), (90, 400.0)]).T),
    ],
    ids=["pareto_nbd", "bg_nbd", "mbg_nbd", "gamma_gamma"],
)
def test_gradients_equal_differences(likelihood, parameters, data):
    gradient = likelihood(parameters, *data).gradient
    for number, value in enumerate(parameters):
        step = np.zeros(len(parameters))
        step[number] = 1e-5 * value
        ahead, behind = (likelihood(parameters + sign * step, *data).rows for sign in (1, -1))
        np.testing.assert_allclose(gradient[number], (ahead - behind) / (2e-5 * value), rtol=1e-5, atol=1e-8)
