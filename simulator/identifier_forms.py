"""One identifier in many spellings: all of them are still usable."""

from __future__ import annotations

import numpy as np
import polars as pl

from simulator.columns import Bools, nullable, pick_word
from simulator.draws import happens

# Share of identifiers of one-account persons that are written differently at full mess.
REWRITTEN_SHARE = 0.1

# The same for identifiers that join a person's accounts, at any mess.
JOINING_REWRITTEN_SHARE = 0.7


def rewritable(rng: np.random.Generator, tag: pl.Series, *, joins: Bools, mess: float) -> Bools:
    """Identifiers to write differently: most that join accounts, some others, none already planted on."""
    share = np.where(joins, JOINING_REWRITTEN_SHARE, REWRITTEN_SHARE * mess)
    return np.asarray(happens(rng, share, joins.size) & tag.is_null().to_numpy())


def rewritten_phones(
    rng: np.random.Generator, phone: pl.Series, *, may: Bools
) -> tuple[pl.Series, pl.Series]:
    """Phones as +86, spaced, or in full-width digits; and the tags."""
    forms = ["phone_plus_86", "phone_spaced", "phone_full_width"]
    tag = nullable(pick_word(forms, rng.integers(0, len(forms), may.size)), may)
    wide = phone
    for digit in "0123456789":
        wide = wide.str.replace_all(digit, chr(ord(digit) + 0xFEE0), literal=True)
    spaced = phone.str.slice(0, 3) + " " + phone.str.slice(3, 4) + " " + phone.str.slice(7)
    written = pl.select(
        pl.when(tag == forms[0])
        .then("+86" + phone)
        .when(tag == forms[1])
        .then(spaced)
        .when(tag == forms[2])
        .then(wide)
        .otherwise(phone)
    ).to_series()
    return written, tag


def rewritten_emails(
    rng: np.random.Generator, email: pl.Series, *, may: Bools
) -> tuple[pl.Series, pl.Series]:
    """E-mails in upper case or with spaces around; and the tags."""
    forms = ["email_upper_case", "email_with_spaces"]
    tag = nullable(pick_word(forms, rng.integers(0, len(forms), may.size)), may)
    written = pl.select(
        pl.when(tag == forms[0])
        .then(email.str.to_uppercase())
        .when(tag == forms[1])
        .then(" " + email + " ")
        .otherwise(email)
    ).to_series()
    return written, tag
