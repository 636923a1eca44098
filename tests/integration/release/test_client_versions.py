"""Clients of DuckDB 1.0, 1.2 and 1.4 open the published file: each is installed and asked."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.release.registry import Release

QUESTION = """
import json, sys
import duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
one = lambda query: connection.execute(query).fetchone()[0]
print(json.dumps([
    duckdb.__version__,
    one("select count(*) from marts.orders"),
    one("select sum(net_revenue)::bigint from marts.orders"),
    one("select count(*) from governance.data_dictionary"),
    one("select comment from duckdb_tables() where table_name = 'orders'"),
]))
"""


def installed(version: str, folder: Path) -> Path:
    """Install one DuckDB client into a folder, or skip where the package registry is out of reach."""
    uv = shutil.which("uv") or Path(sys.executable).with_name("uv")
    if not Path(uv).exists():
        pytest.skip("uv is not installed, so other DuckDB clients cannot be fetched")
    command = [
        str(uv), "pip", "install", "--python", sys.executable, "--target", str(folder),
        "--no-deps", "--only-binary", ":all:", f"duckdb=={version}",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"the package registry gives no duckdb {version} here: {done.stderr.strip()[-200:]}")
    return folder


@pytest.mark.parametrize("version", ["1.0.0", "1.2.2", "1.4.4"])
def test_an_older_client_reads_tables_and_comments(
    version: str, tmp_path: Path, publish_batch: Callable[..., Release]
) -> None:
    client = installed(version, tmp_path / "client")
    release = publish_batch(orders=3000)
    answer = subprocess.run(
        [sys.executable, "-c", QUESTION, str(release.file)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(client)},
    )
    assert answer.returncode == 0, answer.stderr
    columns = release.row_counts["governance.data_dictionary"]
    assert json.loads(answer.stdout) == [version, 3000, 4498500, columns, "It's the table orders."]
