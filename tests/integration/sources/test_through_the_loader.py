"""The profiles as a run uses them: loader, contract, quarantine. The figures themselves are tested apart."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.landing import ingest, profiles
from orchestration.settings import Settings

BAD_DEBT_DAY = "2011-08-12"


def settings_for(*, profile: str, landing: Path, home: Path) -> Settings:
    currency = profiles.load_profile(profile).reporting_currency
    return Settings(
        home=home,
        landing=landing,
        profile=profile,
        reporting_currency=currency,
        memory_limit="2GB",
        threads=2,
    )


def fingerprint(connection: duckdb.DuckDBPyConnection, *, relation: str) -> Any:
    """Rows of a table or Parquet files, whatever their order: how many, and what they hold as text."""
    return connection.execute(
        f"select count(*), sum(hash(columns(*)::varchar)) from (from {relation})"
    ).fetchone()


def drop_days(*, shared_data: Path, landing: Path, days: list[str]) -> None:
    """Files, not links: the loader refuses a link that leads out of the landing folder."""
    landing.mkdir(exist_ok=True)
    for day in days:
        shutil.copy(shared_data / "online_retail" / "by-day" / f"{day}.csv", landing)


@pytest.fixture(scope="module", params=["olist", "thelook"])
def translated(
    request: pytest.FixtureRequest, shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """A home in which the loader has translated one whole export."""
    profile = request.param
    settings = settings_for(
        profile=profile, landing=shared_data / profile, home=tmp_path_factory.mktemp(profile)
    )
    profiles.translate(settings=settings)
    return settings


def test_the_loader_gives_the_rows_that_plain_duckdb_gives(
    translated: Settings, request: pytest.FixtureRequest
) -> None:
    plain: duckdb.DuckDBPyConnection = request.getfixturevalue(str(translated.profile))
    files = ingest.landing_files(settings=translated)
    extracts = set(profiles.load_profile(str(translated.profile)).queries)
    assert {extract for extract in files if files[extract]} == extracts
    for extract in extracts:
        loaded = fingerprint(plain, relation=f"'{files[extract][0]}'")
        assert loaded == fingerprint(plain, relation=f"extract.{extract}"), extract


def test_every_row_passes_its_contract(translated: Settings) -> None:
    files = ingest.landing_files(settings=translated)
    for extract in profiles.load_profile(str(translated.profile)).queries:
        receipts = ingest.ingest_extract(extract=extract, files=files[extract], settings=translated)
        assert [receipt.refused_reason for receipt in receipts] == [None]
        assert receipts[0].rows_accepted == receipts[0].rows_read > 0, extract


def test_bad_debt_is_all_that_the_contract_refuses_of_its_day(shared_data: Path, tmp_path: Path) -> None:
    drop_days(shared_data=shared_data, landing=tmp_path / "landing", days=[BAD_DEBT_DAY])
    settings = settings_for(profile="online_retail", landing=tmp_path / "landing", home=tmp_path / "home")
    profiles.translate(settings=settings)
    files = ingest.landing_files(settings=settings)
    for extract in ("orders", "order_items"):
        receipts = ingest.ingest_extract(extract=extract, files=files[extract], settings=settings)
        assert [receipt.rows_quarantined for receipt in receipts] == [2]
        quarantined = duckdb.execute(
            """
            select regexp_extract(raw_row, '"order_id":"([^"]+)"', 1), list_has_any(reasons, $reasons), amount
            from read_parquet($files) order by all
            """,
            {
                "reasons": ["paid_amount is negative", "unit_price is negative"],
                "files": str(settings.quarantine_dir / extract / "*.parquet"),
            },
        ).fetchall()
        assert quarantined == [
            ("A563186", True, Decimal("-11062.06")),
            ("A563187", True, Decimal("-11062.06")),
        ]


def test_days_that_arrive_one_by_one_give_what_they_give_together(shared_data: Path, tmp_path: Path) -> None:
    days = ["2010-12-01", "2010-12-02", "2010-12-03"]
    together, one_by_one = tmp_path / "together", tmp_path / "one_by_one"
    drop_days(shared_data=shared_data, landing=together, days=days)
    whole = profiles.translate(
        settings=settings_for(profile="online_retail", landing=together, home=tmp_path / "home_together")
    )
    settings = settings_for(profile="online_retail", landing=one_by_one, home=tmp_path / "home_one_by_one")
    first_day: set[str] = set()
    for day in days:
        drop_days(shared_data=shared_data, landing=one_by_one, days=[day])
        grown = profiles.translate(settings=settings)
        names = {path.name for path in (grown / "orders").iterdir()}
        first_day = first_day or names
        assert first_day <= names
    connection = duckdb.connect()
    for extract in ("orders", "order_items", "products"):
        expected = fingerprint(connection, relation=f"'{whole / extract}/*.parquet'")
        assert fingerprint(connection, relation=f"'{grown / extract}/*.parquet'") == expected
    connection.close()
