"""What a scratch home holds is built in a process of its own, whose seeds are those of the release.

What belongs here: that process. What does not: what it builds from and what is compared (`verify`). A process reads where
the seeds lie once, when it starts.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from orchestration.dbt_manifest import PARSED_DIR
from orchestration.endings import shortage_among
from orchestration.progress import RunProgress
from orchestration.release import registry
from orchestration.release.registry import MANIFEST_FILE, Release
from orchestration.runner import build_release
from orchestration.settings import Settings


class VerificationFailedError(Exception):
    """A release differs from what its inputs give."""


def rebuild(settings: Settings, *, seeds: Path | None, console: Console) -> dict[str, Any]:
    """Build and publish in a scratch home; return the manifest of what came out.

    Args:
        settings: of the scratch home.
        seeds: folder of the rules to build by, None for those in force.
        console: where progress goes.

    Raises:
        VerificationFailedError: a stage failed, or the process was killed.
        DiskFullError, MemoryExhaustedError, NotWritableError: the machine gave out.
    """
    work = (settings, seeds is not None, console.file is sys.stderr)
    with (
        _seeds_from(seeds),
        ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn")) as pool,
    ):
        try:
            return pool.submit(_build, *work).result()
        except BrokenProcessPool:
            raise VerificationFailedError(
                "The process that built the release again was killed from outside, perhaps because the machine's memory "
                "ended. Nothing was changed; give the same command again."
            ) from None


def read_manifest(release: Release) -> dict[str, Any]:
    """Return what a release says of itself."""
    content: dict[str, Any] = json.loads((release.path / MANIFEST_FILE).read_text(encoding="utf-8"))
    return content


@contextmanager
def _seeds_from(folder: Path | None) -> Iterator[None]:
    before = os.environ.get("RAPPORT_SEEDS")
    if folder:
        os.environ["RAPPORT_SEEDS"] = str(folder)
    try:
        yield
    finally:
        if folder:
            os.environ.pop("RAPPORT_SEEDS")
        if before is not None:
            os.environ["RAPPORT_SEEDS"] = before


def _build(settings: Settings, has_own_seeds: bool, is_on_stderr: bool) -> dict[str, Any]:
    stream = sys.stderr if is_on_stderr else sys.stdout
    progress = RunProgress(Console(file=stream, soft_wrap=True, markup=False, emoji=False))
    try:
        succeeded = build_release(settings=settings, progress=progress, batch_id=str(uuid.uuid4()))
    finally:
        progress.close()
        if has_own_seeds:
            shutil.rmtree(PARSED_DIR, ignore_errors=True)  # nobody builds by these seeds again
    release = registry.current_release(settings=settings)
    shortage = shortage_among(progress.failures, home=settings.home)
    if shortage:
        raise shortage
    if not succeeded or release is None:
        reasons = "; ".join(f"{step}: {failure}" for step, failure in progress.failures.items())
        raise VerificationFailedError(
            f"The release could not be built again ({reasons or 'no reason given'})."
        )
    return read_manifest(release)
