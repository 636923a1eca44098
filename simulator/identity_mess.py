"""Mess in identifiers: written differently, masked, shared, re-used, invalid, empty."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from simulator.accounts import Accounts
from simulator.columns import DAY_SECONDS, Bools, Ints, pick_word
from simulator.draws import happens
from simulator.identifier_forms import rewritable, rewritten_emails, rewritten_phones
from simulator.registrations import phones

SHARING_GROUP = 20
SHARED_BROWSER_SHARE = 0.03
REUSE_AFTER_DAYS = 380
FAMILY_SHARE = 0.03
"""Accounts of one-account persons, at full mess, whose household shares one mailbox."""
FAMILY_SIZES = (2, 4)

# Share of the accounts of one-account persons at full mess; the gates refuse more than 10 % empty and 5 %
# invalid e-mails, placeholders counted as invalid.
PHONE_MESS = {
    "masked_phone": 0.06, "placeholder_phone": 0.015, "shared_phone": 0.02, "reused_phone": 0.02,
    "empty_phone": 0.03,
}  # fmt: skip
EMAIL_MESS = {"empty_email": 0.07, "invalid_email": 0.025, "placeholder_email": 0.01}
PLACEHOLDER_PHONES = ("13800000000", "13800138000", "11111111111", "null", "无")
PLACEHOLDER_EMAILS = ("test@test.com", "test@qq.com", "null", "无", "none@none.com")


def shared_browsers(rng: np.random.Generator, accounts: Accounts, *, mess: float) -> Accounts:
    """Accounts of which some one-account persons log in at the same public computers."""
    lonely = _lonely(accounts)
    chosen = np.flatnonzero(lonely & happens(rng, SHARED_BROWSER_SHARE * mess, accounts.count))
    leader = _leaders(chosen)
    browser = accounts.browser_slot.copy()
    browser[chosen] = accounts.browser_slot[leader]
    return replace(accounts, browser_slot=browser)


def dirty_identities(
    rng: np.random.Generator, *, frame: pl.DataFrame, accounts: Accounts, mess: float, seed_offset: int
) -> pl.DataFrame:
    """Registrations with planted mess, and tags that name it.

    Identifiers that join a person's accounts stay usable: they are only written differently. Everything else
    is planted on persons with a single account.

    Args:
        rng: stream of random numbers.
        frame: clean registrations, in the order of `accounts`.
        accounts: the chunk's accounts.
        mess: 0..1.
        seed_offset: shift of the shop's phones.
    """
    lonely = _lonely(accounts)
    phone_kind = _kinds(rng, PHONE_MESS, lonely=lonely, mess=mess)
    email_kind = _kinds(rng, EMAIL_MESS, lonely=lonely, mess=mess)
    phone, phone_tag = _dirty_phones(
        rng,
        frame=frame,
        accounts=accounts,
        kind=phone_kind,
        clean=lonely & (phone_kind < 0),
        offset=seed_offset,
    )
    email, email_tag = _dirty_emails(rng, frame=frame, kind=email_kind)
    email, email_tag = _family_emails(
        rng.spawn(1)[0], frame=frame, email=email, tag=email_tag, may=lonely & (email_kind < 0), mess=mess
    )
    joins = accounts.link > 0
    phone, phone_form = rewritten_phones(rng, phone, may=rewritable(rng, phone_tag, joins=joins, mess=mess))
    email, email_form = rewritten_emails(rng, email, may=rewritable(rng, email_tag, joins=joins, mess=mess))
    crowd = np.unique_inverse(accounts.browser_slot).inverse_indices
    crowded = np.bincount(crowd)[crowd] >= SHARING_GROUP // 2
    link = np.where(joins, accounts.link - 1, -1)
    return frame.with_columns(
        phone=phone,
        email=email,
        _phone=phone_tag,
        _email=email_tag,
        _phone_form=phone_form,
        _email_form=email_form,
        _browser=pick_word(["shared_browser"], crowded.astype(np.int64) - 1),
        _link=pick_word([f"several_platforms_{word}" for word in ("all", "phone", "email", "browser")], link),
        _blocked=pl.when(frame["status"] == "blocked").then(pl.lit("blocked_account")),
    )


def _leaders(members: Ints) -> Ints:
    """The first member of each one's group, of SHARING_GROUP members or more where there are enough."""
    group = np.arange(members.size) // SHARING_GROUP
    last = max(members.size // SHARING_GROUP - 1, 0)
    return np.asarray(members[np.minimum(group, last) * SHARING_GROUP])


def _lonely(accounts: Accounts) -> Bools:
    """True for accounts of persons with one account."""
    return np.asarray((accounts.slot == 0) & (accounts.second[accounts.person] < 0))


def _kinds(rng: np.random.Generator, shares: dict[str, float], *, lonely: Bools, mess: float) -> Ints:
    """Index of the mess planted on each account, or -1."""
    edges = np.cumsum(list(shares.values())) * mess
    kind = np.searchsorted(edges, rng.random(lonely.size), side="right")
    return np.where(lonely & (kind < len(shares)), kind, -1)


def _dirty_phones(
    rng: np.random.Generator,
    *,
    frame: pl.DataFrame,
    accounts: Accounts,
    kind: Ints,
    clean: Bools,
    offset: int,
) -> tuple[pl.Series, pl.Series]:
    """Phones with their planted mess, and the tags."""
    names = list(PHONE_MESS)
    phone = frame["phone"]
    slot = accounts.phone_slot.copy()
    shared = np.flatnonzero(kind == names.index("shared_phone"))
    slot[shared] = slot[_leaders(shared)]
    receiver, donor = _reuse(rng, kind == names.index("reused_phone"), accounts=accounts, clean=clean)
    kind = np.where(kind == names.index("reused_phone"), -1, kind)
    kind[receiver] = names.index("reused_phone")
    slot[receiver] = slot[donor]
    moved = phones(slot, seed_offset=offset)
    placeholder = pick_word(PLACEHOLDER_PHONES, rng.integers(0, len(PLACEHOLDER_PHONES), kind.size))
    tag = pick_word(names, kind)
    dirty = pl.select(
        pl.when(tag == "masked_phone")
        .then(phone.str.slice(0, 3) + "****" + phone.str.slice(7))
        .when(tag == "placeholder_phone")
        .then(placeholder)
        .when(tag.is_in(["shared_phone", "reused_phone"]))
        .then(moved)
        .when(tag == "empty_phone")
        .then(pl.lit(None, pl.String))
        .otherwise(phone)
    ).to_series()
    return dirty, tag


def _reuse(rng: np.random.Generator, wanted: Bools, *, accounts: Accounts, clean: Bools) -> tuple[Ints, Ints]:
    """Accounts that got a phone of somebody who registered more than a year before, and that somebody."""
    donors = np.flatnonzero(clean)
    donors = donors[np.argsort(accounts.registered_second[donors], kind="stable")]
    receiver = np.flatnonzero(wanted)
    limit = accounts.registered_second[receiver] - REUSE_AFTER_DAYS * DAY_SECONDS
    earlier = np.searchsorted(accounts.registered_second[donors], limit)
    receiver, earlier = receiver[earlier > 0], earlier[earlier > 0]
    rank, first = np.unique((rng.random(receiver.size) * earlier).astype(np.int64), return_index=True)
    return receiver[first], donors[rank]


def _dirty_emails(
    rng: np.random.Generator, *, frame: pl.DataFrame, kind: Ints
) -> tuple[pl.Series, pl.Series]:
    """E-mails with their planted mess, and the tags."""
    email, tag = frame["email"], pick_word(list(EMAIL_MESS), kind)
    placeholder = pick_word(PLACEHOLDER_EMAILS, rng.integers(0, len(PLACEHOLDER_EMAILS), kind.size))
    form = pl.Series(rng.integers(0, 3, kind.size))
    invalid = (
        pl.when(form == 0)
        .then(email.str.replace("@", " at ", literal=True))
        .when(form == 1)
        .then(email.str.replace("@", "@@", literal=True))
        .otherwise(email.str.split("@").list.first() + "@")
    )
    dirty = pl.select(
        pl.when(tag == "invalid_email")
        .then(invalid)
        .when(tag == "placeholder_email")
        .then(placeholder)
        .when(tag == "empty_email")
        .then(pl.lit(None, pl.String))
        .otherwise(email)
    ).to_series()
    return dirty, tag


def _family_emails(
    rng: np.random.Generator,
    *,
    frame: pl.DataFrame,
    email: pl.Series,
    tag: pl.Series,
    may: Bools,
    mess: float,
) -> tuple[pl.Series, pl.Series]:
    """E-mails of which some are shared by a household: one family name and city, all else different; and the tags.

    The stream is one of its own, so that all other mess stays where it was.
    """
    people = frame.select(
        "name",
        "birth_date",
        account=pl.int_range(pl.len()),
        household=pl.struct(pl.col("name").str.slice(0, 1), "city"),
        order=pl.Series(rng.random(frame.height)),
        size=pl.Series(rng.integers(FAMILY_SIZES[0], FAMILY_SIZES[1] + 1, frame.height)),
        is_chosen=pl.Series(happens(rng, FAMILY_SHARE * mess, frame.height)),
    ).filter(pl.Series(may), pl.col("birth_date").is_not_null())
    family = (
        people.sort("order")
        .unique(["household", "name"], keep="first", maintain_order=True)
        .unique(["household", "birth_date"], keep="first", maintain_order=True)
        .with_columns(number=pl.int_range(pl.len()).over("household") // pl.first("size").over("household"))
        .filter(pl.len().over("household", "number") > 1, pl.first("is_chosen").over("household", "number"))
        .with_columns(head=pl.first("account").over("household", "number"))
    )
    members = family["account"]
    shared = email.clone().scatter(members, email.gather(family["head"]))
    return shared, tag.clone().scatter(members, "family_email")
