"""What a user's mistake ends in: a sentence and the promised exit code, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.run_lock import hold_run_lock
from tests.pipeline.commands import rapport


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run", "--landing", "{tmp}/nowhere"], "does not exist"),
        (["run", "--landing", "{tmp}"], "No orders below"),
        (["run", "--landing", "{tmp}", "--source", "unheard_of"], "no source profile"),
        (["run", "--landing", "{tmp}", "--as-of", "2999-01-01"], "lies in the future"),
        (["run", "--as-of", "yesterday"], "Invalid value"),
        (["simulate", "{tmp}/shop", "--mess", "7"], "Invalid value"),
        (["run", "--landing", "{tmp}/a file"], "is a file"),
        (["simulate", "{tmp}/a file"], "cannot be made a folder"),
        (["simulate", "/proc/nowhere"], "cannot be made a folder"),
        (["quarantine", "ordrs"], "There is no extract ordrs. Known are: registrations, orders"),
        (["quarantine", "--export", "{tmp}"], "is a folder"),
        (["run", "--as-of", "[/b]"], "Invalid value"),
        (["rollback", "never"], "There is no release"),
        (["explain", "1042"], "No run has finished"),
        (["nonsense"], "No such command"),
    ],
)
def test_a_mistake_ends_with_code_2_and_a_sentence(
    arguments: list[str], sentence: str, tmp_path: Path
) -> None:
    (tmp_path / "a folder").mkdir()
    (tmp_path / "a folder" / "a file").touch()
    words = [word.format(tmp=tmp_path / "a folder") for word in arguments]
    home = [] if words[0] == "nonsense" else ["--home", str(tmp_path / "home")]
    outcome = rapport(*words, *home)
    assert outcome.code == 2, outcome.out + outcome.err
    assert sentence in " ".join(outcome.err.split())
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize("command", ["run", "status", "demo", "quarantine"])
def test_a_home_that_is_a_file_is_refused(command: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    outcome = rapport(command, "--home", tmp_path / "file")
    assert outcome.code == 2, outcome.out + outcome.err
    assert "is a file; choose a folder with --home" in " ".join(outcome.err.split())


@pytest.mark.parametrize("command", ["run", "demo"])
def test_a_home_that_cannot_be_written_is_refused(command: str) -> None:
    outcome = rapport(command, "--home", "/proc/nowhere")
    assert outcome.code == 2, outcome.out + outcome.err
    assert "cannot be written" in outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RAPPORT_THREADS", "two"),
        ("RAPPORT_TIME_ZONE", "Mars/Olympus"),
        ("RAPPORT_KEPT_RELEASES", "x"),
        ("RAPPORT_MEMORY_LIMIT", "lots"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_named(name: str, value: str, tmp_path: Path) -> None:
    outcome = rapport("run", "--home", tmp_path, variables={name: value})
    assert outcome.code == 2, outcome.out + outcome.err
    assert outcome.err.startswith(f"{name} is '{value}'; it must be ")
    assert "Traceback" not in outcome.err


def test_a_second_run_says_who_holds_the_lock(tmp_path: Path) -> None:
    orders = tmp_path / "landing" / "orders"
    orders.mkdir(parents=True)
    (orders / "orders.csv").write_text("order_id\n")
    with hold_run_lock(tmp_path / "home" / "run.lock"):
        outcome = rapport("run", "--landing", tmp_path / "landing", "--home", tmp_path / "home")
    assert outcome.code == 4
    assert "process" in outcome.err


@pytest.mark.parametrize(
    "command",
    ["demo", "simulate", "run", "status", "releases", "rollback", "quarantine", "replay", "explain"],
)
def test_every_command_helps_with_an_example(command: str) -> None:
    outcome = rapport(command, "--help")
    assert outcome.code == 0
    assert f"rapport {command}" in outcome.out
    assert "--home" in outcome.out
    assert "--json" in outcome.out
