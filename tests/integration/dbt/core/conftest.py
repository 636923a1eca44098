"""dbt's own reading of the project: its manifest, without building anything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECT_ROOT = Path(__file__).resolve().parents[4]
DBT_PROJECT = PROJECT_ROOT / "dbt_project"


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `dbt parse` makes of the project."""
    scratch = tmp_path_factory.mktemp("manifest")
    command = [
        str(Path(sys.executable).with_name("dbt")), "parse", "--no-use-colors", "--quiet",
        "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT),
        "--target-path", str(scratch), "--log-path", str(scratch / "logs"),
    ]  # fmt: skip
    environment = {**os.environ, "RAPPORT_WAREHOUSE": str(scratch / "warehouse.duckdb")}
    done = subprocess.run(
        command, cwd=DBT_PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    content: dict[str, Any] = json.loads((scratch / "manifest.json").read_text(encoding="utf-8"))
    return content
