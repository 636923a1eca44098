"""What the lock file names has no known vulnerability."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from orchestration.settings import PROJECT_ROOT

LOCK = PROJECT_ROOT / "requirements.lock"
ACCEPTED: dict[str, str] = {}
"""Advisories that do not concern us: id → why, and until when that was decided."""


def vulnerable(report: dict[str, Any]) -> list[str]:
    """Name package, version and advisory of all that a report of pip-audit finds and nobody has accepted."""
    return [
        f"{item['name']} {item['version']}: {found['id']}, mended in {', '.join(found['fix_versions']) or 'none yet'}"
        for item in report["dependencies"]
        for found in item.get("vulns", [])
        if found["id"] not in ACCEPTED
    ]


def test_the_lock_pins_each_package_with_hashes_and_names_no_registry() -> None:
    text = LOCK.read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) > 100
    assert [entry for entry in entries if not re.match(r"[a-z0-9._-]+(\[.+\])?==\S+", entry)] == []
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text


def test_what_is_locked_has_no_known_vulnerability() -> None:
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--requirement",
        str(LOCK),
        "--require-hashes",
        "--disable-pip",
    ]
    done = subprocess.run(
        [*command, "--progress-spinner", "off", "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        report = json.loads(done.stdout)
    except ValueError:
        pytest.skip("nothing was audited: the list of advisories cannot be reached")
    unknown = [item["name"] for item in report["dependencies"] if "skip_reason" in item]
    if len(unknown) == len(report["dependencies"]):
        pytest.skip("nothing was audited: the list of advisories knows none of the locked packages")
    assert vulnerable(report) == []
    assert unknown == []


def test_an_advisory_is_told_with_its_remedy() -> None:
    found = {"id": "PYSEC-2023-74", "fix_versions": ["2.31.0"], "aliases": [], "description": ""}
    report = {"dependencies": [{"name": "requests", "version": "2.30.0", "vulns": [found]}]}
    assert vulnerable(report) == ["requests 2.30.0: PYSEC-2023-74, mended in 2.31.0"]
