"""Where things lie and what a run is asked to do: the only module that reads the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent
DBT_PROJECT_DIR = PROJECT_ROOT / "dbt_project"
SEEDS_DIR = PROJECT_ROOT / "seeds"
LOCK_NAME = "run.lock"
SOURCES_DIR = Path(__file__).resolve().parent / "sources"

EXTRACTS = (
    "registrations",
    "orders",
    "order_items",
    "browse_events",
    "tickets",
    "products",
    "campaigns",
    "campaign_events",
    "feedback",
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One run's settings; every path below `home` follows the layout that INTERFACE promises.

    Attributes:
        home: folder that holds raw, quarantine, warehouse and releases.
        landing: folder where sources drop files; never written to.
        profile: source profile that turns a foreign export into extracts, or None for native extracts.
        as_of: last day that the run may know, or None for the last day of the data.
        full_refresh: read every landing file again, whatever the ledger says.
        reporting_time_zone: IANA zone of all published dates.
        reporting_currency: ISO code of all published money.
        memory_limit: DuckDB's memory limit, e.g. "8GB".
        threads: DuckDB threads.
        kept_releases: how many releases stay on disk.
        alert_webhook: address that failure alerts are posted to, or None (off).
    """

    home: Path
    landing: Path
    profile: str | None = None
    as_of: date | None = None
    full_refresh: bool = False
    reporting_time_zone: str = "Asia/Shanghai"
    reporting_currency: str = "CNY"
    memory_limit: str = "8GB"
    threads: int = field(default_factory=lambda: os.cpu_count() or 2)
    kept_releases: int = 7
    alert_webhook: str | None = None

    @classmethod
    def from_environment(cls, *, home: Path | None = None, landing: Path | None = None) -> Settings:
        """Read settings from `RAPPORT_*` variables; arguments win over them."""
        env = os.environ
        chosen_home = (home or Path(env.get("RAPPORT_HOME", "var"))).expanduser().resolve()
        chosen_landing = landing or Path(env.get("RAPPORT_LANDING", chosen_home / "landing"))
        defaults = cls(home=chosen_home, landing=chosen_landing.expanduser().resolve())
        return replace(
            defaults,
            profile=env.get("RAPPORT_SOURCE") or None,
            reporting_time_zone=env.get("RAPPORT_TIME_ZONE", defaults.reporting_time_zone),
            reporting_currency=env.get("RAPPORT_CURRENCY", defaults.reporting_currency),
            memory_limit=env.get("RAPPORT_MEMORY_LIMIT", defaults.memory_limit),
            threads=int(env.get("RAPPORT_THREADS", defaults.threads)),
            kept_releases=int(env.get("RAPPORT_KEPT_RELEASES", defaults.kept_releases)),
            alert_webhook=env.get("RAPPORT_ALERT_WEBHOOK") or None,
        )

    @property
    def raw_dir(self) -> Path:
        """Accepted rows, one folder per extract."""
        return self.home / "raw"

    @property
    def quarantine_dir(self) -> Path:
        """Refused rows, one folder per extract."""
        return self.home / "quarantine"

    @property
    def ledger_path(self) -> Path:
        """One JSON line per ingested file and extract."""
        return self.home / "ledger.jsonl"

    @property
    def warehouse_path(self) -> Path:
        """The private build; nobody else opens it."""
        return self.home / "warehouse.duckdb"

    @property
    def releases_dir(self) -> Path:
        """One folder per complete release."""
        return self.home / "releases"

    @property
    def current_link(self) -> Path:
        """Symbolic link to the release that BI tools open."""
        return self.home / "current"

    @property
    def temp_dir(self) -> Path:
        """Scratch space: spilled sorts, transcoded files, half-written releases."""
        return self.home / "tmp"

    @property
    def dbt_target_dir(self) -> Path:
        """Where dbt leaves its run results."""
        return self.home / "dbt"

    @property
    def lock_path(self) -> Path:
        """Held while a run works."""
        return self.home / LOCK_NAME
