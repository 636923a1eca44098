"""How a command ends: the sentence and the exit code of every error that INTERFACE promises one for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.shortages import shortage_of

EXIT_FAILED, EXIT_USAGE, EXIT_REFUSED, EXIT_LOCKED, EXIT_INTERRUPTED = 1, 2, 3, 4, 130
EXIT_CODES = {
    "UnusableInputError": EXIT_USAGE,
    "UnusableSettingError": EXIT_USAGE,
    "SourceProfileError": EXIT_USAGE,
    "NotExplainableError": EXIT_USAGE,
    "GateRefused": EXIT_REFUSED,
    "RunInProgressError": EXIT_LOCKED,
    "VerificationFailedError": EXIT_FAILED,
    "DiskFullError": EXIT_FAILED,
    "MemoryExhaustedError": EXIT_FAILED,
    "NotWritableError": EXIT_USAGE,
}
"""By name of the error, so that `--help` does not import the stages that raise them."""


def ending_of(error: BaseException) -> tuple[str, int]:
    """Return the sentence that a person reads about an error, and the command's exit code."""
    name = type(error).__name__
    if name in EXIT_CODES:
        return str(error), EXIT_CODES[name]
    if isinstance(error, KeyboardInterrupt):
        return "Interrupted.", EXIT_INTERRUPTED
    told = shortage_of(error)
    if told is not None:
        return str(told), EXIT_CODES[type(told).__name__]
    return f"{name}: {error}\nRun it again with --debug to see where.", EXIT_FAILED


@contextmanager
def shortages_told(home: Path, *, stage: Callable[[], str] = lambda: "the command") -> Iterator[None]:
    """Raise what the machine runs out of meanwhile as the error that says so and names the home.

    Args:
        home: whose disk it is.
        stage: tells what is stopped.

    Raises:
        DiskFullError: the disk is full.
        MemoryExhaustedError: the memory does not suffice.
        NotWritableError: a file or folder cannot be written.
    """
    try:
        yield
    except Exception as error:
        told = None if type(error).__name__ in EXIT_CODES else shortage_of(error, home=home, stage=stage())
        if told is None:
            raise
        raise told from error
