"""Linkage: how alike is alike, which pairs are compared at all, and that nothing but the accounts decides."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from models.identity.linkage import PAIR_SCHEMA, score_pairs, weights_by_level
from models.identity.linkage_levels import COMPARISONS
from orchestration.settings import PROJECT_ROOT

WEIGHTS = pl.read_csv(PROJECT_ROOT / "seeds" / "identity_weights.csv")
SCHEMA = {
    "account_number": pl.Int64,
    "name": pl.String,
    "birth_date": pl.Date,
    "phone": pl.String,
    "email": pl.String,
    "city": pl.String,
    "province": pl.String,
}
BORN = date(1990, 5, 6)


def accounts(*rows: dict[str, Any]) -> pl.DataFrame:
    """Accounts numbered from 1; what a row leaves out says nothing."""
    numbered = [{"account_number": number, **row} for number, row in enumerate(rows, start=1)]
    return pl.DataFrame(numbered, schema=SCHEMA)


def pairs(frame: pl.DataFrame, *, limit: int = 20, above: float | Decimal = 0.0) -> pl.DataFrame:
    return score_pairs(
        accounts=frame,
        weights=WEIGHTS,
        matches_per_account=0.05,
        max_block_accounts=limit,
        keep_above=float(above),
    )


NAMES = [
    ("王芳", "王芳", "exact"),
    ("王伟", "王芳", "part"),
    ("李芳", "王芳", "different"),
    ("张文博", "张文波", "similar"),
    ("张博文", "张文博", "similar"),
    ("张文博", "李文博", "different"),
    ("张文博", "张大海", "part"),
    ("欧阳修远", "欧阳远", "similar"),
    ("李丽丽", "李丽华", "similar"),
    ("张文博", "张博", "part"),
    ("王芳", "wang fang", "different"),
    ("wang fang", "fang wang", "similar"),
    ("mikhayla hannagan", "hannagan mikhvyla", "similar"),
    ("jonathan smith", "jonathon smith", "similar"),
    ("john smith", "mary smith", "part"),
    ("john smith", "mary jones", "different"),
    ("王芳", None, "unknown"),
    (None, None, "unknown"),
]
BIRTH_DATES = [
    (BORN, BORN, "exact"),
    (BORN, date(1990, 5, 7), "similar"),
    (date(1990, 5, 12), date(1990, 5, 21), "similar"),
    (BORN, date(1991, 5, 7), "different"),
    (BORN, None, "unknown"),
]
PHONES = [
    ("13912345678", "13912345678", "exact"),
    ("13912345678", "13912345699", "similar"),
    ("13912345678", "13912345999", "different"),
    (None, "13912345678", "unknown"),
]
CITIES = [
    ("上海", "上海", "exact"),
    ("广州", "杭州", "different"),
    ("tingalpa", "tingalpaa", "similar"),
    ("上海", None, "unknown"),
]


@pytest.mark.parametrize(
    ("attribute", "cases"),
    [("name", NAMES), ("birth_date", BIRTH_DATES), ("phone", PHONES), ("city", CITIES)],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_values_are_alike_in_their_own_ways_in_either_order(
    attribute: str, cases: list[tuple[Any, Any, str]]
) -> None:
    both = [*cases, *[(other, one, expected) for one, other, expected in cases]]
    # Two accounts are compared over a mailbox of their own.
    rows = [
        {attribute: value, "email": f"pair{number}@qq.com"}
        for number, (one, other, _) in enumerate(both)
        for value in (one, other)
    ]
    found = {
        (left - 1) // 2: level
        for left, right, level in pairs(accounts(*rows), limit=len(rows))
        .select("left_account", "right_account", f"{attribute}_level")
        .iter_rows()
        if left % 2 == 1 and right == left + 1
    }
    assert [found[number] for number in range(len(both))] == [expected for *_, expected in both]


def test_a_mailbox_moves_between_providers_and_a_city_has_a_province() -> None:
    found = pairs(
        accounts(
            {"name": "王芳", "email": "wangfang@qq.com", "city": "广州", "province": "广东"},
            {"name": "王芳", "email": "wangfang@163.com", "city": "深圳", "province": "广东"},
        )
    )
    assert found.select("email_level", "city_level").rows() == [("mailbox", "province")]


def shop(count: int) -> list[dict[str, Any]]:
    """Strangers who share nothing."""
    return [
        {
            "name": chr(0x4E00 + number) + chr(0x5E00 + number),
            "birth_date": date.fromordinal(BORN.toordinal() + 40 * number),
            "phone": f"1{number:04d}{number * 7919 % 10**6:06d}",
            "email": f"someone{number}@qq.com",
            "city": f"city{number % 7}",
        }
        for number in range(count)
    ]


def test_more_agreement_is_more_probable_and_disagreement_less() -> None:
    person = {"name": "张文博", "birth_date": BORN, "phone": "13912345678", "city": "上海"}
    variants = [
        {**person, "phone": "13512349999", "city": "杭州"},
        {**person, "phone": "13512349999"},
        {**person, "phone": None},
        {**person},
    ]
    probabilities = []
    for variant in variants:
        found = pairs(accounts(*shop(300), person, variant)).filter(pl.col("left_account") == 301)
        probabilities.append(found["match_probability"][0])
    assert probabilities == sorted(probabilities)
    assert len(set(probabilities)) == len(probabilities)


def test_a_common_name_says_less_than_a_rare_one() -> None:
    namesakes = [{**person, "name": "王伟"} for person in shop(60)]
    common, rare = ({"name": name, "birth_date": BORN, "city": "上海"} for name in ("王伟", "欧阳修远"))
    found = pairs(accounts(*namesakes, common, common, rare, rare)).filter(pl.col("name_level") == "exact")
    probability = dict(found.select("left_account", "match_probability").iter_rows())
    assert probability[61] < probability[63]


def test_copies_of_one_person_do_not_make_the_name_common() -> None:
    person = {"name": "欧阳修远", "birth_date": BORN, "city": "上海"}
    twice = pairs(accounts(*shop(100), person, person))["match_probability"].max()
    often = pairs(accounts(*shop(96), *([person] * 6)))["match_probability"].max()
    assert float(twice) == pytest.approx(float(often), abs=0.001)  # type: ignore[arg-type]


def test_a_pair_at_the_threshold_is_left_out() -> None:
    person = {"name": "张文博", "birth_date": date(1985, 1, 2)}
    frame = accounts(*shop(50), person, person)
    (probability,) = pairs(frame)["match_probability"]
    assert pairs(frame, above=probability).is_empty()
    assert pairs(frame, above=probability - Decimal("0.000001")).height == 1


def test_the_order_of_accounts_changes_nothing() -> None:
    frame = accounts(*shop(200), *[{**person, "phone": None} for person in shop(200)])
    first = pairs(frame)
    assert first.height >= 200
    assert pairs(frame.reverse()).equals(first)
    assert pairs(frame.sample(fraction=1, shuffle=True, seed=3)).equals(first)


def test_a_block_that_is_too_large_is_not_compared() -> None:
    crowd = accounts(*[{"name": "王伟", "email": None} for _ in range(5)])
    assert pairs(crowd, limit=5).height == 10
    assert pairs(crowd, limit=4).is_empty()


def test_pairs_of_a_large_shop_stay_within_the_bound() -> None:
    crowd = [
        {"name": "王伟", "birth_date": date.fromordinal(BORN.toordinal() + number % 50)}
        for number in range(500)
    ]
    found = pairs(accounts(*crowd), limit=10)
    assert found.height == 50 * 45  # each birth date's ten accounts among themselves, the name no more


def test_no_account_one_account_and_accounts_that_say_nothing_give_no_pair() -> None:
    for frame in (accounts(), accounts({"name": "王伟"}), accounts({}, {}), accounts(*shop(30))):
        found = pairs(frame)
        assert found.is_empty()
        assert dict(found.schema) == PAIR_SCHEMA


def test_splink_is_not_imported_where_there_is_nothing_to_compare() -> None:
    code = (
        "import sys, polars as pl; from models.identity.linkage import score_pairs, ACCOUNT_COLUMNS; "
        "none = pl.DataFrame(schema=dict.fromkeys(ACCOUNT_COLUMNS, pl.String)); "
        "frame = none.cast({'account_number': pl.Int64, 'birth_date': pl.Date}); "
        "score_pairs(accounts=frame, weights=pl.read_csv('seeds/identity_weights.csv'), matches_per_account=0.05, "
        "max_block_accounts=20, keep_above=0.5); "
        "sys.exit('splink' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, check=False)
    assert done.returncode == 0


def test_each_level_has_exactly_one_weight() -> None:
    assert set(weights_by_level(WEIGHTS)) == {
        (name, each.name) for name, levels in COMPARISONS.items() for each in levels
    }


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        (WEIGHTS.head(3), "one row for each"),
        (pl.concat([WEIGHTS, WEIGHTS.head(1)]), "one row for each"),
        (WEIGHTS.with_columns(m=pl.lit(1.0)), "out of bounds"),
        (WEIGHTS.with_columns(u=pl.lit(0.0)), "out of bounds"),
        (WEIGHTS.drop("u"), "weights lacks u"),
    ],
)
def test_weights_that_are_wrong_are_refused(weights: pl.DataFrame, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        score_pairs(
            accounts=accounts(),
            weights=weights,
            matches_per_account=0.05,
            max_block_accounts=20,
            keep_above=0.5,
        )
