"""Source profiles: how a foreign export becomes extracts, as one SELECT per extract.

What belongs here: reading a profile's folder, running its SQL where it sees nothing but its inputs. What
does not: the SQL itself (`orchestration/sources/<profile>/`), reading the export's files (`foreign`).
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from orchestration.disk import make_folder, move_for_good
from orchestration.landing.arrivals import translated_dir
from orchestration.landing.foreign import ingest_input, kept_path
from orchestration.landing.ledger import FileReceipt
from orchestration.landing.sql_paths import parquet_scan
from orchestration.settings import EXTRACTS, SOURCES_DIR, Settings

_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
_BATCH_ROWS = 200_000


Kept = dict[str, list[FileReceipt]]


class SourceProfileError(Exception):
    """A profile that is unknown, incomplete, or whose SQL does not fit the export."""


@dataclass(frozen=True, kw_only=True)
class SourceProfile:
    """One folder below `orchestration/sources/`.

    Attributes:
        name: the folder's name.
        description: which export this is, in a sentence.
        reporting_time_zone: IANA zone of published dates.
        reporting_currency: ISO code of published money.
        inputs: view name that the SQL uses → glob below the landing folder.
        per_file: extract → input whose files are translated one by one.
        queries: extract → its SELECT.
    """

    name: str
    description: str
    reporting_time_zone: str
    reporting_currency: str
    inputs: dict[str, str]
    queries: dict[str, str]
    per_file: dict[str, str] = field(default_factory=dict)


def load_profile(name: str) -> SourceProfile:
    """Read a profile's folder.

    Raises:
        SourceProfileError: no such profile, or its files are not valid; the message says what to do.
    """
    available = sorted(path.parent.name for path in SOURCES_DIR.glob("*/profile.toml"))
    if name not in available:
        raise SourceProfileError(f"There is no source profile {name!r}. Available: {', '.join(available)}.")
    folder = SOURCES_DIR / name
    try:
        values = tomllib.loads((folder / "profile.toml").read_text(encoding="utf-8"))
        profile = SourceProfile(
            name=name,
            description=values["description"],
            reporting_time_zone=values["reporting_time_zone"],
            reporting_currency=values["reporting_currency"],
            inputs=dict(values["inputs"]),
            per_file=dict(values.get("per_file", {})),
            queries={path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.sql"))},
        )
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise SourceProfileError(f"{name}/profile.toml is not valid: {error}.") from error
    _check(profile)
    return profile


def _check(profile: SourceProfile) -> None:
    wrong = [name for name in profile.inputs if not _IDENTIFIER.fullmatch(name)]
    if wrong:
        raise SourceProfileError(f"Input {wrong[0]!r} of {profile.name} must be a plain lower-case name.")
    unknown = sorted(set(profile.queries) - set(EXTRACTS))
    if unknown:
        raise SourceProfileError(f"{profile.name}/{unknown[0]}.sql names no extract.")
    for extract, name in profile.per_file.items():
        if extract not in profile.queries or name not in profile.inputs:
            raise SourceProfileError(
                f"[per_file] of {profile.name} names {extract} = {name}, but one of them is missing."
            )


def translate(
    *,
    settings: Settings,
    batch_id: str | None = None,  # noqa: ARG001 - the result depends on nothing but files and SQL
    on_progress: Callable[[str], None] | None = None,
    now: datetime | None = None,
) -> Path:
    """Turn a foreign export into files of extracts; what is there already is not made again.

    Args:
        settings: where things lie; `profile` names the source profile.
        batch_id: the run's name; the result does not depend on it.
        on_progress: told in a sentence what is being done.
        now: moment of ingestion, UTC without zone; None for the clock.

    Returns:
        Folder with one folder per extract, which `ingest.landing_files` lists.

    Raises:
        SourceProfileError: the profile is unknown or its SQL fails on this export.
    """
    moment = now or datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    profile = load_profile(str(settings.profile))
    kept: Kept = {}
    for name, pattern in profile.inputs.items():
        if on_progress:
            on_progress(f"reading {profile.name}.{name}")
        kept[name] = ingest_input(
            name=f"{profile.name}.{name}", pattern=pattern, settings=settings, now=moment
        )
    root = translated_dir(settings)
    wanted: set[Path] = set()
    with _closed_room(kept, settings=settings) as connection:
        for extract in profile.queries:
            if on_progress:
                on_progress(f"translating {profile.name} to {extract}")
            for files, target in _slices(profile, extract, kept=kept, root=root):
                if settings.full_refresh or not target.exists():
                    _run(connection, profile, extract, files=files, target=target, settings=settings)
                wanted.add(target)
    for path in root.glob("*/*"):
        if path not in wanted:
            path.unlink()
    return root


def _slices(profile: SourceProfile, extract: str, *, kept: Kept, root: Path) -> Iterator[tuple[Kept, Path]]:
    """What each run of an extract's SELECT sees, and the file it makes.

    An extract of which an input has no file is left out. The file's name says what it was made from, so that
    a changed SELECT or new inputs make a new file.
    """
    query = profile.queries[extract]
    used = {name: files for name, files in kept.items() if re.search(rf"\b{name}\b", query, re.IGNORECASE)}
    if not all(used.values()):
        return
    apart = profile.per_file.get(extract)
    slices = [used | {apart: [receipt]} for receipt in used[apart]] if apart in used else [used]
    for files in slices:
        stem = Path(files[apart][0].file_name).name.split(".")[0] if apart in files else extract
        name = re.sub(r"[^A-Za-z0-9-]+", "-", stem)[:60]
        yield files, root / extract / f"{name}-{_digest(query, files)}.parquet"


def _digest(query: str, files: Kept) -> str:
    content = [query, *(f"{name}={item.file_hash}" for name in sorted(files) for item in files[name])]
    return hashlib.sha256("\n".join(content).encode()).hexdigest()[:16]


def _run(
    connection: duckdb.DuckDBPyConnection,
    profile: SourceProfile,
    extract: str,
    *,
    files: Kept,
    target: Path,
    settings: Settings,
) -> None:
    """Run one SELECT over its inputs; rows come out in one order, so that equal inputs give equal files."""
    query = f"select * from (\n{profile.queries[extract].strip().rstrip(';')}\n) order by all"  # noqa: S608
    make_folder(target.parent)
    part = target.with_suffix(".part")
    try:
        for name, receipts in files.items():
            paths = [kept_path(item, settings=settings) for item in receipts]
            scan = parquet_scan(paths, options=", union_by_name = true")
            connection.execute(f"create or replace view {name} as select * from {scan}")  # noqa: S608
        rows = connection.execute(query).to_arrow_reader(_BATCH_ROWS)
        with pq.ParquetWriter(part, rows.schema, compression="zstd", compression_level=1) as writer:
            for batch in rows:
                writer.write_batch(batch)
    except (duckdb.OutOfMemoryException, duckdb.IOException):
        raise  # memory or disk failed, not the export
    except duckdb.Error as error:
        part.unlink(missing_ok=True)
        raise SourceProfileError(
            f"{profile.name}/{extract}.sql does not fit the export below {settings.landing}: {error}"
        ) from error
    move_for_good(part, target)


def _closed_room(kept: Kept, *, settings: Settings) -> duckdb.DuckDBPyConnection:
    """A database from which only the kept foreign files can be reached, and no setting changed."""
    settings.temp_dir.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(
        config={
            "memory_limit": settings.memory_limit,
            "threads": settings.threads,
            "temp_directory": str(settings.temp_dir),
        }
    )
    paths = [kept_path(item, settings=settings) for receipts in kept.values() for item in receipts]
    allowed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    connection.execute(f"set allowed_paths = [{allowed}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection
