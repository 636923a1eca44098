"""What the releases on disk were built from, so that nothing deletes it while they stay.

What belongs here: reading the inputs of manifests. What does not: which files hold them (`landing.commit`).
"""

from __future__ import annotations

import json
from typing import NamedTuple

from orchestration.release.registry import MANIFEST_FILE, list_releases
from orchestration.settings import Settings


class Input(NamedTuple):
    """Rows that a release was built from: one reading of one landing file, and the last replay of it."""

    extract: str
    file_hash: str
    ingested_at: str
    replayed_at: str | None = None


def kept_inputs(settings: Settings) -> set[Input]:
    """Return every input that the manifest of a release on disk names, as long as it gave rows."""
    manifests = [
        json.loads((release.path / MANIFEST_FILE).read_text(encoding="utf-8"))
        for release in list_releases(settings=settings)
    ]
    return {
        Input(entry["extract"], entry["file_hash"], entry["ingested_at"], entry.get("replayed_at"))
        for manifest in manifests
        for entry in manifest["inputs"]
        if entry.get("ingested_at")
    }
