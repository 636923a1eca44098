"""The first notebook runs on the published file and draws what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.pipeline.commands import PROJECT_ROOT

CHARTS = {"tier_chart": "会员等级", "cohort_chart": "同期群留存", "value_chart": "客户终身价值"}
RUN = f"""
import json, runpy
_, defined = runpy.run_path("notebooks/first_look.py")["app"].run()
rows = {{name: len(defined[name]) for name in ("tiers", "cohorts", "values")}}
print(json.dumps([rows, {{name: defined[name].to_dict()["title"] for name in {list(CHARTS)}}}]))
"""


def test_the_first_look_draws_its_three_charts(demo_home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT_ROOT,
        env=os.environ | {"RAPPORT_HOME": str(demo_home)},
    )
    assert done.returncode == 0, done.stderr
    rows, titles = json.loads(done.stdout)
    assert rows["tiers"] == 4
    assert rows["cohorts"] > 100
    assert rows["values"] == 10
    for chart, label in CHARTS.items():
        assert label in titles[chart]
