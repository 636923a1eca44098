"""How alike two accounts are, attribute by attribute: the levels of each comparison and the SQL that tells them.

Belongs here: comparisons, their levels in order (the first that holds counts), DuckDB conditions on a pair (`_l`, `_r`).
Does not belong here: what a level is worth (`seeds/identity_weights.csv`), how names and numbers are spelled
(`int_linkage_accounts`).

A name of two or three Chinese characters is no text to measure distances on: 王伟 and 王芳 share half of their letters
and nothing else. So Chinese names are equal, differ in one character of three or more, share the family name, or differ;
Jaro-Winkler judges Latin names alone.
"""

from __future__ import annotations

from dataclasses import dataclass

UNKNOWN = "unknown"
"""Level of a pair in which at least one account does not say; it counts neither for nor against."""

SIMILAR_LATIN = 0.92
"""Jaro-Winkler at and above which two Latin names are one with a slip: the first step of Splink's own name comparison."""


@dataclass(frozen=True, kw_only=True)
class Level:
    """One step of likeness.

    Attributes:
        name: as seeds and tables call it.
        condition: SQL on the pair; None for what is left over.
        shared: column whose shared value has a chance of coincidence of its own, its frequency; if any.
        told_apart_by: another attribute: accounts with equal values of both count once in that frequency, because they
            are rather one person than a coincidence. None counts every account.
    """

    name: str
    condition: str | None = None
    shared: str | None = None
    told_apart_by: str | None = None


_BOTH_CHINESE = "is_chinese_l and is_chinese_r"
_BOTH_LATIN = "not is_chinese_l and not is_chinese_r"
_FAMILY = f"{_BOTH_CHINESE} and substr(name_l, 1, 1) = substr(name_r, 1, 1)"
# DuckDB's distances count bytes, of which a Chinese character has three: so characters are compared as a list.
_ONE_CHARACTER = (
    f"{_FAMILY} and length(name_l) >= 3 and length(name_r) >= 3 "
    "and len(list_intersect(parts_l, parts_r)) >= greatest(length(name_l), length(name_r)) - 1"
)
_ONE_SLIP = (
    f"{_BOTH_LATIN} and greatest(jaro_winkler_similarity(name_l, name_r), jaro_winkler_similarity(words_l, words_r))"
    f" >= {SIMILAR_LATIN}"
)
_ONE_WORD = f"{_BOTH_LATIN} and list_has_any(parts_l, parts_r)"

_ONE_SLIP_IN_CITY = f"length(city_l) >= 5 and length(city_r) >= 5 and jaro_winkler_similarity(city_l, city_r) >= {SIMILAR_LATIN}"

COMPARISONS: dict[str, tuple[Level, ...]] = {
    "name": (
        Level(name="exact", condition='"name_l" = "name_r"', shared="name", told_apart_by="birth_date"),
        Level(name="similar", condition=f"({_ONE_CHARACTER}) or ({_ONE_SLIP})"),
        Level(name="part", condition=f"({_FAMILY}) or ({_ONE_WORD})"),
        Level(name="different"),
    ),
    "birth_date": (
        Level(
            name="exact",
            condition='"birth_date_l" = "birth_date_r"',
            shared="birth_date",
            told_apart_by="words",
        ),
        Level(name="similar", condition="damerau_levenshtein(birth_date_l, birth_date_r) = 1"),
        Level(name="different"),
    ),
    "phone": (
        Level(name="exact", condition='"phone_l" = "phone_r"', shared="phone", told_apart_by="words"),
        Level(name="similar", condition="damerau_levenshtein(phone_l, phone_r) <= 2"),
        Level(name="different"),
    ),
    "email": (
        Level(name="exact", condition='"email_l" = "email_r"', shared="email", told_apart_by="words"),
        Level(name="mailbox", condition='"mailbox_l" = "mailbox_r"', shared="mailbox", told_apart_by="words"),
        Level(name="different"),
    ),
    "city": (
        Level(name="exact", condition='"city_l" = "city_r"', shared="city"),
        Level(name="similar", condition=_ONE_SLIP_IN_CITY),
        Level(name="province", condition="province_l = province_r"),
        Level(name="different"),
    ),
}
"""Attribute → levels, the closest first. The attribute is also the column that is unknown where it is empty."""
