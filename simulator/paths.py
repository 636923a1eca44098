"""What happens in a visit: event types, and the paths that visitors take through them."""

from __future__ import annotations

import numpy as np

from simulator.columns import Bools, Ints
from simulator.draws import Chances

EVENT_TYPES = (
    "page_view", "product_view", "search", "add_to_cart", "remove_from_cart", "checkout", "login",
)  # fmt: skip

# What happens in a visit, one letter per event, and how often it is so: V product_view, S search,
# P page_view, C add_to_cart, R remove_from_cart, K checkout, L login.
LETTERS = "PVSCRKL"
PATH_SHARES = {
    "order": {"VCK": 0.30, "VK": 0.25, "LVK": 0.17, "VLCK": 0.10, "SVCK": 0.06, "LK": 0.07, "VCLK": 0.05},
    "browse": {
        "V": 0.40, "P": 0.14, "S": 0.09, "L": 0.12, "VV": 0.06, "LV": 0.11, "VC": 0.04, "SV": 0.03,
        "VCR": 0.01,
    },
    "register": {"PL": 0.6, "VL": 0.3, "SVL": 0.1},
    "stranger": {"P": 0.5, "V": 0.3, "SV": 0.2},
}  # fmt: skip
PATHS = tuple(path for shares in PATH_SHARES.values() for path in shares)
PATH_START = dict(zip(PATH_SHARES, (0, 7, 16, 19), strict=True))
GLANCE = PATH_START["browse"]  # one product view

NEVER_KNOWN = 99


def draw_paths(rng: np.random.Generator, kind: str, count: int) -> Ints:
    """Paths of `count` visits of a kind, as indices into PATHS."""
    return Chances(list(PATH_SHARES[kind].values())).draw(rng, count).astype(np.int64) + PATH_START[kind]


def known_since(path: Ints, *, remembered: Bools) -> Ints:
    """Position from which the account is known: its login, or 0 where the browser remembers it."""
    login = np.array([p.index("L") if "L" in p else NEVER_KNOWN for p in PATHS])[path]
    return np.where(login < NEVER_KNOWN, login, np.where(remembered, 0, NEVER_KNOWN))
