"""What each release said of customers and accounts: added to by every release, changed by none, kept for ever.

A release tells what today's knowledge makes of every day. Late orders and merged accounts change that also for days
that are over, so what was published is kept beside: per release the customers and accounts of which it says something
else than all releases before it. The files are inputs of the next build, like raw (schema `history` of the warehouse).

What belongs here: keeping and showing these files. What does not: what is made of them (dbt).

Safe to interrupt: a release's files are written as `.pending` before readers see it and count as soon as it stands. A
release of an earlier day than the last is made with later knowledge; it adds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration.disk import make_folder, move_for_good, sync_folder
from orchestration.landing.sql_paths import parquet_scan
from orchestration.release import registry
from orchestration.settings import Settings

PENDING = ".pending"
ISO_DATE = len("2026-06-30")
"""A file is named after the last day that its release knew, and the release."""
ORIGIN = {"as_of_date": "date", "release_id": "varchar", "is_gone": "boolean"}
"""What every row says beside its content: which release told it, and whether the key was told no more."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One kind of thing whose published state is kept.

    Attributes:
        key: columns that name it.
        columns: all columns with their types, the key first.
        query: its state in the warehouse.
    """

    key: tuple[str, ...]
    columns: Mapping[str, str]
    query: str


KINDS: Mapping[str, Kept] = {
    "customers": Kept(
        key=("customer_id",),
        columns={
            "customer_id": "varchar",
            "customer_category": "varchar",
            "rfm_tier": "varchar",
            "evaluated_tier": "varchar",
            "is_vip": "boolean",
            "value_level": "varchar",
            "activity_level": "varchar",
            "lifecycle_stage": "varchar",
        },
        query="select * from marts.customer_history where valid_to is null",
    ),
    "accounts": Kept(
        key=("platform", "account_id"),
        columns={"platform": "varchar", "account_id": "varchar", "customer_id": "varchar", "rule": "varchar"},
        query="select * from intermediate.int_account_customers",
    ),
}


def create_views(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Create or replace `history.<kind>`, every change that a release told, and `history.releases`.

    Before the first release they are empty and typed.
    """
    connection.execute("create schema if not exists history")
    releases = [f"('{_as_of_date(path)}', '{_release_of(path)}')" for path in _files(settings, "accounts")]
    connection.execute(
        f"""
        create or replace view history.releases as
        select as_of_date::date as as_of_date, release_id::varchar as release_id
        from (values {", ".join([*releases, "(null, null)"])}) as releases (as_of_date, release_id)
        where release_id is not null
        """  # noqa: S608
    )
    for kind, kept in KINDS.items():
        columns = {**kept.columns, **ORIGIN}
        files = _files(settings, kind)
        if files:
            names = ", ".join(f'"{name}"' for name in columns)
            source = f"select {names} from {parquet_scan(files)}"  # noqa: S608
        else:
            names = ", ".join(f'null::{dtype} as "{name}"' for name, dtype in columns.items())
            source = f"select {names} where false"
        connection.execute(f"create or replace view history.{kind} as {source}")


def settle(settings: Settings) -> None:
    """Let count what belongs to a release that stands; remove what was written for one that never did."""
    standing = {release.release_id for release in registry.list_releases(settings=settings)}
    for path in sorted(settings.history_dir.glob(f"*/*{PENDING}")):
        if _release_of(path) in standing:
            path.rename(path.with_name(path.name.removesuffix(PENDING)))
            sync_folder(path.parent)
        else:
            path.unlink()


def write_pending(
    connection: duckdb.DuckDBPyConnection, *, settings: Settings, release_id: str, as_of_date: date
) -> None:
    """Write what a release that is about to be published says anew; `settle` makes it count.

    Args:
        connection: to the warehouse whose tables are published.
        settings: where things lie.
        release_id: name of the release.
        as_of_date: last day that it knows.
    """
    create_views(connection, settings)
    if any(_as_of_date(path) > as_of_date.isoformat() for path in _files(settings, "accounts")):
        return
    for kind, kept in KINDS.items():
        folder = settings.history_dir / kind
        make_folder(folder)
        part = settings.temp_dir / f"history-{kind}-{release_id}.parquet"
        quoted = str(part).replace("'", "''")
        connection.execute(
            f"copy ({_changes(kind, kept)}) to '{quoted}' (format parquet, compression zstd)",
            {"as_of_date": as_of_date, "release_id": release_id},
        )
        move_for_good(part, folder / f"{as_of_date}-{release_id}.parquet{PENDING}")


def kept_files(settings: Settings) -> list[Path]:
    """Return the files that count, relative to the home, by name."""
    return [path.relative_to(settings.home) for kind in KINDS for path in _files(settings, kind)]


def _changes(kind: str, kept: Kept) -> str:
    """Select what differs from all releases before, and the keys that are gone, in the order of the key."""
    columns = ", ".join(kept.columns)
    key = ", ".join(kept.key)
    rest = ", ".join(f"null as {name}" for name in kept.columns if name not in kept.key)
    return f"""
        with known as (
            select {columns} from (
                select *, row_number() over (partition by {key} order by as_of_date desc, release_id desc) as age
                from history.{kind}
            ) where age = 1 and not is_gone
        ),
        now as (select {columns} from ({kept.query})),
        changed as (
            select *, false as is_gone from (select * from now except select * from known)
            union all
            select {key}, {rest}, true from (select {key} from known except select {key} from now)
        )
        select {columns}, $as_of_date::date as as_of_date, $release_id as release_id, is_gone
        from changed
        order by {key}
    """  # noqa: S608


def _files(settings: Settings, kind: str) -> list[Path]:
    return sorted((settings.history_dir / kind).glob("*.parquet"))


def _as_of_date(path: Path) -> str:
    return path.name[:ISO_DATE]


def _release_of(path: Path) -> str:
    return path.name.removesuffix(PENDING).removesuffix(".parquet")[ISO_DATE + 1 :]
