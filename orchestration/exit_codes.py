"""How a command ends: the sentence and the exit code of every error that INTERFACE promises one for."""

from __future__ import annotations

EXIT_FAILED, EXIT_USAGE, EXIT_REFUSED, EXIT_LOCKED, EXIT_INTERRUPTED = 1, 2, 3, 4, 130
EXIT_CODES = {
    "UnusableInputError": EXIT_USAGE,
    "UnusableSettingError": EXIT_USAGE,
    "SourceProfileError": EXIT_USAGE,
    "GateRefused": EXIT_REFUSED,
    "RunInProgressError": EXIT_LOCKED,
    "VerificationFailedError": EXIT_FAILED,
}
"""By name of the error, so that `--help` does not import the stages that raise them."""


def ending_of(error: BaseException) -> tuple[str, int]:
    """Return the sentence that a person reads about an error, and the command's exit code."""
    name = type(error).__name__
    if name in EXIT_CODES:
        return str(error), EXIT_CODES[name]
    if isinstance(error, KeyboardInterrupt):
        return "Interrupted.", EXIT_INTERRUPTED
    if isinstance(error, PermissionError) and error.filename:
        return f"No permission for {error.filename}. Run this as the owner of the home.", EXIT_USAGE
    return f"{name}: {error}\nRun it again with --debug to see where.", EXIT_FAILED
