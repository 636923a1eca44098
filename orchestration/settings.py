"""Where things lie and what a run is asked to do: the only module that reads the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

PROJECT_ROOT = Path(__file__).resolve().parent.parent
DBT_PROJECT_DIR = PROJECT_ROOT / "dbt_project"
SEEDS_DIR = Path(os.environ.get("RAPPORT_SEEDS") or PROJECT_ROOT / "seeds").resolve()
"""The business rules; a shop may keep its own rows elsewhere."""
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
    "identity_overrides",
)


class UnusableSettingError(Exception):
    """A setting that nothing can run with; the message names it and says what it may be."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One run's settings; every path below `home` follows the layout that INTERFACE promises.

    Attributes:
        home: folder that holds raw, quarantine, warehouse and releases.
        landing: folder where sources drop files; never written to.
        profile: source profile that turns a foreign export into extracts, or None for native extracts.
        as_of: last day that the run may know, or None for the last day of the data.
        full_refresh: read every landing file again, whatever the ledger says.
        from_raw: build on what raw holds; the landing folder is not looked at.
        reporting_time_zone: IANA zone of all published dates.
        reporting_currency: ISO code of all published money.
        memory_limit: DuckDB's memory limit, e.g. "8GB".
        threads: DuckDB threads.
        kept_releases: how many releases stay on disk.
        kept_runs: of how many nights Dagster's history stays.
        alert_webhook: address that failure alerts are posted to, or None (off).
        first_day: where the daily partitions of a backfill begin.
    """

    home: Path
    landing: Path
    profile: str | None = None
    as_of: date | None = None
    full_refresh: bool = False
    from_raw: bool = False
    reporting_time_zone: str = "Asia/Shanghai"
    reporting_currency: str = "CNY"
    memory_limit: str = "8GB"
    threads: int = field(default_factory=lambda: os.cpu_count() or 2)
    kept_releases: int = 7
    kept_runs: int = 90
    alert_webhook: str | None = None
    first_day: date = date(2020, 1, 1)

    @classmethod
    def from_environment(cls, *, home: Path | None = None, landing: Path | None = None) -> Settings:
        """Read settings from `RAPPORT_*` variables; arguments win over them.

        Raises:
            UnusableSettingError: a variable has a value that cannot be meant, or the home is no folder.
        """
        env = os.environ
        chosen_home = (home or Path(env.get("RAPPORT_HOME", "var"))).expanduser().resolve()
        if chosen_home.exists() and not chosen_home.is_dir():
            raise UnusableSettingError(f"The home {chosen_home} is a file; choose a folder with --home.")
        chosen_landing = landing or Path(env.get("RAPPORT_LANDING", chosen_home / "landing"))
        defaults = cls(home=chosen_home, landing=chosen_landing.expanduser().resolve())
        return replace(
            defaults,
            profile=env.get("RAPPORT_SOURCE") or None,
            reporting_time_zone=_time_zone(env, defaults.reporting_time_zone),
            reporting_currency=_matching(env, "RAPPORT_CURRENCY", defaults.reporting_currency),
            memory_limit=_matching(env, "RAPPORT_MEMORY_LIMIT", defaults.memory_limit),
            threads=_count(env, "RAPPORT_THREADS", defaults.threads),
            kept_releases=_count(env, "RAPPORT_KEPT_RELEASES", defaults.kept_releases),
            kept_runs=_count(env, "RAPPORT_KEPT_RUNS", defaults.kept_runs),
            alert_webhook=env.get("RAPPORT_ALERT_WEBHOOK") or None,
            first_day=_day(env, "RAPPORT_FIRST_DAY", defaults.first_day),
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
    def history_dir(self) -> Path:
        """What each release said, see `orchestration.release.history`."""
        return self.home / "history"

    @property
    def temp_dir(self) -> Path:
        """Scratch space: spilled sorts, transcoded files, half-written releases."""
        return self.home / "tmp"

    @property
    def dbt_target_dir(self) -> Path:
        """Where dbt leaves what it compiled, and its log."""
        return self.home / "dbt"

    @property
    def lock_path(self) -> Path:
        """Held while a run works."""
        return self.home / LOCK_NAME


FORMS = {
    "RAPPORT_CURRENCY": (r"[A-Z]{3}", "an ISO code such as CNY"),
    "RAPPORT_MEMORY_LIMIT": (r"(?i)[0-9]+(\.[0-9]+)? ?([KMGT]i?)?B", "a size such as 8GB"),
}
"""What a variable must look like, and how people call that."""


def _matching(env: Mapping[str, str], name: str, default: str) -> str:
    pattern, form = FORMS[name]
    value = env.get(name, default)
    if not re.fullmatch(pattern, value):
        raise UnusableSettingError(f"{name} is {value!r}; it must be {form}.")
    return value


def _count(env: Mapping[str, str], name: str, default: int) -> int:
    value = env.get(name, str(default))
    if not re.fullmatch("0*[1-9][0-9]*", value):
        raise UnusableSettingError(f"{name} is {value!r}; it must be a whole number from 1.")
    return int(value)


def _time_zone(env: Mapping[str, str], default: str) -> str:
    value = env.get("RAPPORT_TIME_ZONE", default)
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise UnusableSettingError(
            f"RAPPORT_TIME_ZONE is {value!r}; it must be an IANA zone such as Asia/Shanghai."
        ) from error
    return value


def _day(env: Mapping[str, str], name: str, default: date) -> date:
    value = env.get(name, default.isoformat())
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise UnusableSettingError(f"{name} is {value!r}; it must be a day such as 2024-01-31.") from error
