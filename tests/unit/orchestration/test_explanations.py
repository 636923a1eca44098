"""What an explanation masks, how it writes parameters into its queries, and how it looks."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date

import duckdb
import pytest
from rich.console import Console

from orchestration.explanation_queries import define_macros, sql_literal
from orchestration.explanation_view import Section, _show_lines, _show_table


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        define_macros(opened)
        yield opened


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("email", "wang.fang@163.com", "w***@163.com"),
        ("email", "12345678@qq.com", "1***@qq.com"),
        ("email", "w@163.com", "***@163.com"),  # the one letter is all there is to know
        ("email", "wf@163.com", "***@163.com"),
        ("email", "a@b@mail.cn", "a***@mail.cn"),
        ("email", "王小芳", "王***"),
        ("email", "王小芳@", "王***"),
        ("email", "x@13912345678", "***"),
        ("email", "wang@13912345678.com", "w***"),
        ("email", "13912345678", "1***"),
        ("email", "", "***"),
        ("phone", "13912345678", "139****5678"),
        ("phone", "+447911123456", "+44****3456"),
        ("phone", "138****1234", "138****1234"),
        ("phone", "05711234567", "057****4567"),
        ("phone", "81234567", "81****7"),
        ("phone", "12345", "****"),
        ("phone", "wang.fang", "w***"),
        ("phone", "ab", "***"),
        ("browser", "f3a9c0d1e2b7", "f3a9…"),
        ("browser", "abc123", "…"),
        ("steward", "12-34", None),
        ("similarity", "12-34", None),
    ],
)
def test_evidence_is_masked(
    connection: duckdb.DuckDBPyConnection, kind: str, value: str, shown: str | None
) -> None:
    found = connection.execute("select masked(?, ?)", [kind, value]).fetchall()[0][0]
    assert found == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [("13912345678", "139****5678"), ("wang.fang@163.com", "w***@163.com"), ("139-1234-5678", "1***")],
)
def test_a_personal_account_id_is_masked_where_nothing_is_published_yet(
    connection: duckdb.DuckDBPyConnection, value: str, shown: str
) -> None:
    assert connection.execute("select masked_id(?)", [value]).fetchall() == [(shown,)]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Rang from 139 1234 5678, twice", "Rang from ***, twice"),
        ("电话13912345678或+8613812345678，同一人", "电话***或***，同一人"),
        ("１３９１２３４５６７８ 来电", "*** 来电"),
        ("wrote from wang.fang@163.com on 2026-06-30", "wrote from *** on 2026-06-30"),
        ("+44 7911 123456 is hers", "*** is hers"),
        ("13812345671 13812345672", "*** ***"),
        ("orders 20260630001 and T7547621 of 2026-06-30", "orders 20260630001 and T7547621 of 2026-06-30"),
        (None, None),
    ],
)
def test_what_people_wrote_is_shown_without_numbers_to_ring(
    connection: duckdb.DuckDBPyConnection, words: str | None, shown: str | None
) -> None:
    assert connection.execute("select without_contacts(?)", [words]).fetchall() == [(shown,)]


@pytest.mark.parametrize(
    "value",
    [
        "it's",
        "'; drop table x; --",
        "\\'",
        "$asked",
        "%s {0}",
        "王\n",
        date(2026, 6, 30),
        7,
        [],
        [1, 2],
        ["a'", "b"],
    ],
)
def test_a_literal_is_read_back_as_it_was(connection: duckdb.DuckDBPyConnection, value: object) -> None:
    assert connection.execute(f"select {sql_literal(value)}").fetchall() == [(value,)]  # type: ignore[arg-type]


@pytest.mark.parametrize("is_terminal", [False, True])
def test_an_id_can_neither_mark_up_nor_command_the_terminal(is_terminal: bool) -> None:
    console = Console(file=io.StringIO(), width=200, force_terminal=is_terminal, color_system=None)
    section = Section(
        title="Accounts", columns=("account",), rows=[("web/[red]x[/red]\x1b]0;owned\x07\n:smile:",)]
    )
    (_show_table if is_terminal else _show_lines)(section, console)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "web/[red]x[/red]\\x1b]0;owned\\x07\\x0a:smile:" in shown
    assert "\x1b]0" not in shown
