"""The first notebook runs on the published file, as a script and as a page."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.pipeline.commands import PROJECT_ROOT

NOTEBOOK = PROJECT_ROOT / "notebooks" / "first_look.py"


def test_the_first_look_draws_its_three_charts(demo_home: Path, tmp_path: Path) -> None:
    page = tmp_path / "first_look.html"
    command = [sys.executable, "-m", "marimo", "export", "html", str(NOTEBOOK), "-o", str(page), "--force"]
    environment = os.environ | {"RAPPORT_HOME": str(demo_home)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    content = page.read_text(encoding="utf-8")
    for title in ("会员等级", "同期群留存", "客户终身价值"):
        assert title in content
    assert "Traceback" not in content
