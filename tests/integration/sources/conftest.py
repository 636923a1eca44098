"""The source profiles' SELECTs run by plain DuckDB, so that their meaning is tested apart from the loader."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.settings import SOURCES_DIR

Translate = Callable[[str, Iterable[Path]], duckdb.DuckDBPyConnection]
Figures = Callable[[str, str], Any]


def _create_input(*, connection: duckdb.DuckDBPyConnection, view: str, files: list[str]) -> None:
    if files[0].endswith(".parquet"):
        reader = "read_parquet($files, filename = true, file_row_number = true)"
        numbered = "*, file_row_number + 1 as _line_number"
    else:
        reader = "read_csv($files, all_varchar = true, header = true, filename = true, parallel = false)"
        numbered = "*, row_number() over () as _line_number"
    connection.execute(
        f"create table {view} as select {numbered}, filename as _file_name from {reader}",
        {"files": files},
    )


def translate(profile: str, folders: Iterable[Path]) -> duckdb.DuckDBPyConnection:
    """Return a connection whose schema `extract` holds one table per SELECT of the profile."""
    connection = duckdb.connect(config={"threads": 1})
    declared = tomllib.loads((SOURCES_DIR / profile / "profile.toml").read_text(encoding="utf-8"))
    for view, pattern in declared["inputs"].items():
        files = sorted(str(file) for folder in folders for file in folder.glob(pattern))
        _create_input(connection=connection, view=view, files=files)
    connection.execute("create schema extract")
    for select in sorted((SOURCES_DIR / profile).glob("*.sql")):
        sql = select.read_text(encoding="utf-8")
        connection.execute(f"create table extract.{select.stem} as {sql}")
    # the statuses that seeds/order_statuses.csv counts as sales
    connection.execute(
        """
        create view sales as
        from extract.orders where status in ('paid', 'shipped', 'delivered', 'completed')
        """
    )
    return connection


@pytest.fixture(scope="session")
def figures(shared_data: Path) -> Figures:
    """Reference figures of one data set by query name, as an independent author computed them."""

    def read(data_set: str, name: str) -> Any:
        reference = json.loads((shared_data / data_set / "reference.json").read_text(encoding="utf-8"))
        return reference["results"][name]

    return read


@pytest.fixture(scope="session")
def online_retail(shared_data: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """All of Online Retail, translated."""
    connection = translate("online_retail", [shared_data / "online_retail"])
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def olist(shared_data: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """All of the Olist sample, translated."""
    connection = translate("olist", [shared_data / "olist"])
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def thelook(shared_data: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """All of theLook, translated."""
    connection = translate("thelook", [shared_data / "thelook"])
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def translate_folder() -> Translate:
    """Run a profile's SELECTs over the files of any folders."""
    return translate
