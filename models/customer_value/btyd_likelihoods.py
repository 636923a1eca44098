"""Log-likelihoods of the buy-till-you-die models with their gradients, vectorised over counted histories.

Belongs here: one function per family that takes arrays and gives the log-likelihood of every row and its
derivatives. Does not belong here: searching for the maximum (`models/customer_value/btyd.py`).

Published closed forms of Pareto/NBD subtract two Gauss hypergeometric functions, which overflow for loyal
customers and cancel for those who bought last just now. The integral that they stand for, over the moment of
dropping out, has neither trouble: a positive, smooth function on a short interval, which Gauss-Legendre nodes
sum to ten digits, and the gradient comes from the same nodes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import digamma, expit, gammaln

from models.arrays import Floats

NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(16)
"""Nodes of the integral over the moment of dropping out, on −1 to 1."""

NEGLIGIBLE_EXPONENT = 40.0
"""Where the integrand has fallen to e^−40 of its height, the rest of the interval adds nothing."""


class Likelihood(NamedTuple):
    """What a fit asks for at one point.

    Attributes:
        rows: log-likelihood per history, shape (n,).
        gradient: its derivatives by the parameters, shape (parameters, n).
    """

    rows: Floats
    gradient: Floats


class DropOut(NamedTuple):
    """The integral over the moment of dropping out between the last purchase and the end of observation.

    Attributes:
        log_density: logarithm of the integral, −∞ where the interval is empty; shape (n,).
        log_alpha, log_beta: mean of ln(α + τ) and ln(β + τ) under the integrand; shape (n,).
        per_alpha, per_beta: mean of 1 / (α + τ) and 1 / (β + τ); shape (n,).
    """

    log_density: Floats
    log_alpha: Floats
    per_alpha: Floats
    log_beta: Floats
    per_beta: Floats


def beta_geometric(
    parameters: Floats, frequency: Floats, recency: Floats, age: Floats, *, drops_at_once: bool
) -> Likelihood:
    """BG/NBD (Fader, Hardie, Lee 2005, equation 6), or MBG/NBD (Batislam and others 2007, equation 3).

    Args:
        parameters: r, alpha, a, b; alpha in the unit of time.
        frequency: repeat purchases, shape (n,).
        recency: time from the first to the last purchase, shape (n,).
        age: time from the first purchase to the end of observation, shape (n,).
        drops_at_once: whether a buyer may drop out right after the first purchase (MBG/NBD).

    Returns:
        Log-likelihood and gradient.
    """
    r, alpha, a, b = parameters
    chances = frequency + 1 if drops_at_once else frequency
    k = r + frequency
    survived = np.maximum(chances - 1, 0) + b
    is_dead_possible = chances > 0
    alive = -k * np.log(alpha + age)
    dead = np.where(is_dead_possible, np.log(a) - np.log(survived) - k * np.log(alpha + recency), -np.inf)
    share_dead = expit(dead - alive)
    rows = (
        gammaln(k) - gammaln(r) + r * np.log(alpha)
        + gammaln(a + b) + gammaln(b + chances) - gammaln(b) - gammaln(a + b + chances)
        + np.logaddexp(alive, dead)
    )  # fmt: skip
    kept = 1 - share_dead
    both = digamma(a + b) - digamma(a + b + chances)
    gradient = np.stack(
        [
            digamma(k) - digamma(r) + np.log(alpha)
            - kept * np.log(alpha + age) - share_dead * np.log(alpha + recency),
            r / alpha - k * (kept / (alpha + age) + share_dead / (alpha + recency)),
            both + share_dead / a,
            both + digamma(b + chances) - digamma(b) - share_dead / survived,
        ]
    )  # fmt: skip
    return Likelihood(rows, gradient)


def pareto(parameters: Floats, frequency: Floats, recency: Floats, age: Floats) -> Likelihood:
    """Pareto/NBD (Schmittlein, Morrison, Colombo 1987; Fader, Hardie 2005, note 009, before equation 19).

    Args:
        parameters: r, alpha, s, beta; alpha and beta in the unit of time.
        frequency: repeat purchases, shape (n,).
        recency: time from the first to the last purchase, shape (n,).
        age: time from the first purchase to the end of observation, shape (n,).

    Returns:
        Log-likelihood and gradient.
    """
    r, alpha, s, beta = parameters
    k = r + frequency
    drop_out = pareto_drop_out(parameters, frequency, recency, age)
    alive = -k * np.log(alpha + age) - s * np.log(beta + age)
    dead = np.log(s) + drop_out.log_density
    share_dead = expit(dead - alive)
    kept = 1 - share_dead
    rows = gammaln(k) - gammaln(r) + r * np.log(alpha) + s * np.log(beta) + np.logaddexp(alive, dead)
    gradient = np.stack(
        [
            digamma(k) - digamma(r) + np.log(alpha)
            - kept * np.log(alpha + age) - share_dead * drop_out.log_alpha,
            r / alpha - k * (kept / (alpha + age) + share_dead * drop_out.per_alpha),
            np.log(beta) - kept * np.log(beta + age) + share_dead * (1 / s - drop_out.log_beta),
            s / beta - kept * s / (beta + age) - share_dead * (s + 1) * drop_out.per_beta,
        ]
    )  # fmt: skip
    return Likelihood(rows, gradient)


def pareto_drop_out(parameters: Floats, frequency: Floats, recency: Floats, age: Floats) -> DropOut:
    """Integrate (α + τ)^−(r+x) · (β + τ)^−(s+1) over τ from the last purchase to the end of observation.

    The variable of the nodes is the logarithm of the smaller of α and β, plus τ: the integrand is smooth in it
    whichever of the two is small.

    Args:
        parameters: r, alpha, s, beta.
        frequency: repeat purchases, shape (n,).
        recency: lower limit, shape (n,).
        age: upper limit, shape (n,).

    Returns:
        The integral's logarithm and the means that a gradient needs.
    """
    r, alpha, s, beta = parameters
    k, shift = r + frequency, min(alpha, beta)
    start = shift + recency
    reach = (alpha + recency) * np.exp(np.minimum(NEGLIGIBLE_EXPONENT / k, 700.0)) - alpha
    half = np.log((shift + np.minimum(age, reach)) / start) / 2
    highest = -k * np.log(alpha + recency) - (s + 1) * np.log(beta + recency) + np.log(start)
    total = np.zeros((5, len(k)))
    for node, weight in zip(NODES, NODE_WEIGHTS, strict=True):
        moment = start * np.exp(half * (1 + node)) - shift
        log_alpha, log_beta = np.log(alpha + moment), np.log(beta + moment)
        height = weight * np.exp(-k * log_alpha - (s + 1) * log_beta + np.log(shift + moment) - highest)
        total[0] += height
        total[1] += height * log_alpha
        total[2] += height / (alpha + moment)
        total[3] += height * log_beta
        total[4] += height / (beta + moment)
    with np.errstate(divide="ignore"):
        log_density = np.log(half * total[0]) + highest
    return DropOut(log_density, *(total[1:] / total[0]))


def gamma_gamma(parameters: Floats, frequency: Floats, money: Floats) -> Likelihood:
    """Gamma-Gamma spend per order (Fader, Hardie 2013, note 025, equation 1a).

    Args:
        parameters: p, q, v; v in the unit of money.
        frequency: repeat purchases, ≥1, shape (n,).
        money: mean spend per repeat purchase, >0, shape (n,).

    Returns:
        Log-likelihood and gradient.
    """
    p, q, v = parameters
    shape, total = p * frequency, frequency * money
    log_sum = np.log(total + v)
    rows = (
        gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(v)
        + (shape - 1) * np.log(money) + shape * np.log(frequency) - (shape + q) * log_sum
    )  # fmt: skip
    both = digamma(shape + q)
    gradient = np.stack(
        [
            frequency * (both - digamma(shape) + np.log(total) - log_sum),
            both - digamma(q) + np.log(v) - log_sum,
            q / v - (shape + q) / (total + v),
        ]
    )
    return Likelihood(rows, gradient)
