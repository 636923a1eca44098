"""Cells on their way through a spreadsheet."""

from __future__ import annotations

import polars as pl
import pytest

from orchestration.landing.spreadsheet import as_written, harmless, is_same_cell

CELLS = [
    "=1+1",
    "'=1+1",
    "''@x",
    "-5.00",
    "+86",
    "@a",
    "\tx",
    "'s-Hertogenbosch",
    "''",
    "'",
    "plain",
    "王=",
    "",
]


def test_every_cell_comes_back_exactly_and_none_is_a_formula() -> None:
    cells = pl.DataFrame({"cell": CELLS})
    shown = cells.select(harmless(pl.col("cell")))
    assert [cell for cell in shown["cell"] if cell and cell[0] in "=+-@\t\r"] == []
    assert shown.select(as_written(pl.col("cell"))).equals(cells)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("00123", "123"),
        ("10.00", "10"),
        ("310110199003078888", "3.1011E+17"),
        ("2026-06-01 10:00:27", "2026/6/1 10:00"),
        ("2026-06-01", "2026/6/1"),
        ("a\r\nb", "a\nb"),
        (None, ""),
    ],
)
def test_another_display_is_the_same_cell(old: str | None, new: str) -> None:
    assert is_same_cell(old=old, new=new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("10.00", "10.01"),
        ("1_000", "1000"),
        ("１２", "12"),
        ("7", "007"),
        ("2026.6.1", "2026-06-01"),
        ("2026-06-01 10:00:27", "2026-06-01 10:00:28"),
        ("2026-13-01", "2026-12-01"),
        ("310110199003078888", "3.1012E+17"),
        ("", "x"),
        ("x", ""),
    ],
)
def test_another_value_is_a_repair(old: str, new: str) -> None:
    assert not is_same_cell(old=old, new=new)
