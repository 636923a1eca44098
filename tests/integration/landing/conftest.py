"""A landing folder and a home, both empty, and short ways to drop a file and to ingest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from orchestration.landing import quarantine
from orchestration.landing.ingest import ingest_extract, landing_files
from orchestration.landing.ledger import FileReceipt
from orchestration.landing.views import create_raw_views
from orchestration.settings import Settings

NOW = datetime(2026, 7, 1, 9)
HEADER = "platform,order_id,account_id,ordered_at,status,paid_amount,refunded_amount"


def order_line(
    number: int, *, account: str = "a1", paid: str = "10.00", at: str = "2026-06-01 10:00:00"
) -> str:
    return f"web,o{number},{account},{at},paid,{paid},0"


def orders_csv(*lines: str) -> str:
    return "\n".join([HEADER, *lines]) + "\n"


@dataclass
class Shop:
    """One landing folder with its home."""

    settings: Settings
    messages: list[str] = field(default_factory=list)

    def drop(self, name: str, content: str | bytes) -> Path:
        path = self.settings.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def ingest(self, extract: str = "orders", *, now: datetime = NOW, **changes: Any) -> list[FileReceipt]:
        settings = replace(self.settings, **changes)
        files = landing_files(settings=settings)[extract]
        receipts = ingest_extract(
            extract=extract, files=files, settings=settings, on_progress=self.messages.append, now=now
        )
        for receipt in receipts:
            total = receipt.rows_accepted + receipt.rows_quarantined + receipt.rows_duplicate
            assert receipt.rows_read == total
        return receipts

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect() as connection:
            create_raw_views(connection, self.settings)
            return connection.execute(sql).fetchall()

    def orders(self) -> list[str]:
        return [name for (name,) in self.query("select order_id from raw.orders order by order_id")]

    def refused_rows(self) -> pl.DataFrame:
        return quarantine.list_rows(settings=self.settings)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    landing = tmp_path / "landing"
    landing.mkdir()
    return Shop(Settings(home=tmp_path / "home", landing=landing))


@pytest.fixture
def make_shop(tmp_path: Path) -> Callable[[str], Shop]:
    def make(name: str) -> Shop:
        return Shop(Settings(home=tmp_path / name, landing=tmp_path / "landing"))

    return make
