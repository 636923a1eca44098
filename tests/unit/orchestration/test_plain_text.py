"""Words of extracts and names of files are shown as they are, whatever they mean to the terminal library."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from orchestration.cli import _present
from orchestration.progress import RunProgress
from orchestration.summary import show

ODD = ("orders [copy].csv", "[/b] is no number", "[red]x[/red]", ":smile:.csv", "back\\slash[")


@pytest.mark.parametrize("text", ODD)
def test_quarantined_rows_show_names_and_reasons_as_they_are(text: str) -> None:
    console = Console(file=io.StringIO(), width=200, emoji=False)
    rows = [{"extract": "orders", "file_name": text, "line_number": 2, "reasons": [text]}]
    show(kind="quarantine", result={"rows": rows, "note": text}, console=console)
    assert console.file.getvalue().count(text) == 3  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ODD)
def test_the_command_line_prints_text_as_it_is(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    def work(console: Console) -> dict[str, object]:
        console.print(f"! {text}/ is no extract")
        return {"releases": [{"release_id": text, "as_of": "", "built_at": "", "is_current": True}]}

    _present(work, "releases", as_json=False, debug=False)
    assert capsys.readouterr().out.count(text) == 2


def test_the_spinner_takes_any_text() -> None:
    console = Console(file=io.StringIO(), width=80, force_terminal=True)
    progress = RunProgress(console)
    progress._show_now("raw orders: [/b] orders [copy].csv")
    progress.close()
    assert "raw orders: [/b] orders [copy].csv" in console.file.getvalue()  # type: ignore[attr-defined]
