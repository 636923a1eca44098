"""Progress is for people: no more sentences than one can read."""

from __future__ import annotations

import pytest

from orchestration import progress


def test_sentences_come_in_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([10.0, 10.0, 10.2, 10.6, 10.6, 10.7])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    said: list[str] = []
    say = progress.in_pauses(said.append)
    for sentence in ("first", "too soon", "after a pause", "too soon again"):
        say(sentence)
    assert said == ["first", "after a pause"]
