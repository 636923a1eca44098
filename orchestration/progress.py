"""What a person sees while a run works: one line per finished stage, and the stage that works now."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

PAUSE_SECONDS = 0.5
"""Nobody reads faster, and each sentence is a row in Dagster's history."""
STEP_STARTED = "STEP_START"
STEP_FINISHED = {"STEP_SUCCESS": "✓", "STEP_FAILURE": "✗"}


def in_pauses(say: Callable[[str], object]) -> Callable[[str], None]:
    """Pass on a sentence only if the last one was read; all of them took a quarter of ingesting 305 small files."""
    last = -PAUSE_SECONDS

    def say_seldom(sentence: str) -> None:
        nonlocal last
        if time.monotonic() - last >= PAUSE_SECONDS:
            last = time.monotonic()
            say(sentence)

    return say_seldom


@dataclass(frozen=True)
class StepFailure:
    """Why a step failed: the name of the error, and what it says."""

    error: str
    sentence: str

    def __str__(self) -> str:
        """Join both for a message of several failures."""
        return f"{self.error}: {self.sentence}"


class RunProgress(logging.Handler):
    """Turns Dagster's event log into progress on a terminal, or into plain lines elsewhere.

    Attributes:
        seconds: how long each finished step took, by step name, in the order of finishing.
        failures: why each failed step did, by step name.
    """

    def __init__(self, console: Console) -> None:
        super().__init__(level=logging.DEBUG)
        self.console = console
        self.seconds: dict[str, float] = {}
        self.failures: dict[str, StepFailure] = {}
        self._started: dict[str, float] = {}
        self._status = console.status("starting") if console.is_terminal else None
        if self._status:
            self._status.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Show one record of Dagster's log."""
        meta: dict[str, Any] = getattr(record, "dagster_meta", {})
        step = meta.get("step_key")
        event = meta.get("dagster_event")
        if step is None:
            return
        if event is None:
            self._show_now(f"{stage_name(step)}: {record.getMessage().rsplit(' - ', 1)[-1]}")
        elif event.event_type_value == STEP_STARTED:
            self._started[step] = time.monotonic()
            self._show_now(stage_name(step))
        elif event.event_type_value in STEP_FINISHED:
            self._finish(step, STEP_FINISHED[event.event_type_value])

    def stage(self) -> str:
        """Return the stage that works now as a person reads it."""
        working = [step for step in self._started if step not in self.seconds]
        return stage_name(working[-1]) if working else "the run"

    def close(self) -> None:
        """Take the spinner off the terminal."""
        if self._status:
            self._status.stop()
        super().close()

    def _show_now(self, text: str) -> None:
        if self._status:
            self._status.update(Text(text))

    def _finish(self, step: str, mark: str) -> None:
        self.seconds[step] = time.monotonic() - self._started.get(step, time.monotonic())
        self.console.print(f"{mark} {stage_name(step):<44} {self.seconds[step]:>7.1f} s", highlight=False)


def stage_name(step: str) -> str:
    """Return a step's name as a person reads it: `raw__orders` becomes `raw orders`."""
    return step.replace("__", " ")
