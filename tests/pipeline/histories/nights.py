"""Nights of a small shop, without gates and release: ingest, then build what dbt builds of it."""

from __future__ import annotations

import shutil
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import duckdb

from orchestration import continuation, dbt_build
from orchestration.batch import dbt_vars, export_for_dbt, resolve_as_of
from orchestration.landing.arrivals import landing_files
from orchestration.landing.ingest import ingest_extract
from orchestration.landing.views import create_raw_views
from orchestration.release import history
from orchestration.release.content_hash import content_hash
from orchestration.settings import EXTRACTS, Settings
from orchestration.warehouse import open_warehouse

COMPARED = (
    *("marts.identity_map", "marts.orders", "marts.order_items", "marts.sessions", "marts.tickets"),
    *("marts.rfm_scores", "marts.rfm_tier_history", "intermediate.int_product_views"),
)
SELECTION = ["--select", *(f"+{table.split('.')[1]}" for table in COMPARED)]
WITHOUT_SEEDS = ["--exclude", "resource_type:seed"]


class InterruptedNight(Exception):  # noqa: N818 - it says what happened
    """Stands for a machine that dies."""


@dataclass
class Home:
    """One warehouse, fed from one landing folder.

    Attributes:
        settings: where it lies.
        seeds: content of the seeds that are loaded.
        continued: tables that the last night went on with.
    """

    settings: Settings
    seeds: str | None = None
    continued: list[str] = field(default_factory=list)

    def night(self, *, seeds: str, as_of: date | None = None, dies_after: int | None = None) -> date:
        """Take in what is new and build; return the last day that was known.

        Args:
            seeds: what tells one state of the seeds from another.
            as_of: last day to know, None for the last day with an order.
            dies_after: number of the step after which the machine dies, None for a night that ends well.

        Raises:
            InterruptedNight: it died, as asked.
        """
        files = landing_files(settings=self.settings)
        for number, extract in enumerate(EXTRACTS):
            ingest_extract(extract=extract, files=files.get(extract, []), settings=self.settings)
            if number == dies_after:
                raise InterruptedNight
        with open_warehouse(self.settings) as connection:
            create_raw_views(connection, self.settings)
        return self.build(seeds=seeds, as_of=as_of, dies=dies_after is not None)

    def build(self, *, seeds: str, as_of: date | None = None, dies: bool = False) -> date:
        """Build from what was taken in; as `night`."""
        settings = replace(self.settings, as_of=as_of)
        with open_warehouse(settings) as connection:
            history.create_views(connection, settings)
            day = resolve_as_of(connection=connection, settings=settings)
            found = continuation.begin(connection=connection, settings=settings, as_of=day)
        self.continued = found.models
        selection = SELECTION if self.seeds != seeds else [*SELECTION, *WITHOUT_SEEDS]
        if dies:
            self._build(["--select", "+int_browse_activity", "+orders"], settings, day, found)
            raise InterruptedNight
        self._build(selection, settings, day, found)
        with open_warehouse(settings) as connection:
            continuation.finish(connection=connection, settings=settings, as_of=day)
        self.seeds = seeds
        return day

    def forget_rows(self) -> None:
        """Start from nothing, but for the seeds that are loaded."""
        for folder in (self.settings.raw_dir, self.settings.quarantine_dir):
            shutil.rmtree(folder, ignore_errors=True)
        self.settings.ledger_path.unlink(missing_ok=True)
        if self.settings.warehouse_path.exists():
            with open_warehouse(self.settings) as connection:
                connection.execute("delete from build.finished")

    def contents(self) -> dict[str, str]:
        """Fingerprint of every compared table."""
        with open_warehouse(self.settings, read_only=True) as connection:
            return {
                table: content_hash(connection=connection, database="warehouse", table=table)
                for table in COMPARED
            }

    def _build(
        self, selection: list[str], settings: Settings, day: date, found: continuation.Continuation
    ) -> None:
        export_for_dbt(settings=settings)
        with (settings.home / "dbt.log").open("w") as log, redirect_stdout(log):
            done = dbt_build.build(
                selection=[
                    *selection,
                    "--exclude-resource-type",
                    "unit_test",
                    "--exclude-resource-type",
                    "test",
                ],
                variables=dbt_vars(settings=settings, as_of=day, continuation=found),
                target=settings.dbt_target_dir,
            )
        errors = [event["info"]["msg"] for event in done.events if event["info"]["level"] == "error"]
        assert done.is_successful, (done.error, errors[:3])


def home(folder: Path, *, landing: Path) -> Home:
    """Make an empty home."""
    folder.mkdir(parents=True)
    return Home(Settings(home=folder, landing=landing, memory_limit="1GB", threads=1))


def differences(one: Home, other: Home) -> list[str]:
    """Tables whose content differs, with a few rows that only one of them has."""
    ours, theirs = one.contents(), other.contents()
    return [
        f"{table}: {_only_in(one, other, table)} / {_only_in(other, one, table)}"
        for table in COMPARED
        if ours[table] != theirs[table]
    ]


def _only_in(one: Home, other: Home, table: str) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        for name, place in (("one", one), ("other", other)):
            connection.execute(f"attach '{place.settings.warehouse_path}' as {name} (read_only)")
        return connection.execute(f"from (from one.{table} except all from other.{table}) limit 3").fetchall()
