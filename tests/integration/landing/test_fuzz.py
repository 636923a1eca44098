"""A small share of the soak run (`make soak-fuzz`): no traceback, no hang, no good row lost, sums that add up."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.settings import EXTRACTS
from tests.soak.cases import FORMS, PACKINGS, make_case
from tests.soak.fuzz import run_case

SEED, FILES, PARTS = 618, 360, 12
MAX_SECONDS = 10


@pytest.mark.parametrize("part", range(PARTS))
def test_fuzzed_files_are_taken_in_or_refused_with_a_sentence(part: int, tmp_path: Path) -> None:
    results = [run_case(seed=SEED, number=number, folder=tmp_path) for number in range(part, FILES, PARTS)]
    assert [result for result in results if result["findings"]] == []
    assert max(result["seconds"] for result in results) < MAX_SECONDS


def test_the_small_share_has_every_extract_in_every_form_and_packing() -> None:
    cases = [make_case(seed=SEED, number=number) for number in range(FILES)]
    combinations = {(case.extract, case.name) for case in cases}
    assert len(combinations) == len(EXTRACTS) * len(FORMS) * len(PACKINGS)
    assert sum(len(case.untouched) for case in cases) > 5_000


def test_a_case_depends_on_its_seed_and_number_alone() -> None:
    assert make_case(seed=1, number=7) == make_case(seed=1, number=7)
    assert make_case(seed=1, number=7) != make_case(seed=2, number=7)
