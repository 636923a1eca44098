"""What stands in a published file and beside it, and what never gets there."""

from __future__ import annotations

import errno
import hashlib
import json
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from expectations.verdict import GateRefused
from orchestration.release import registry
from orchestration.release.publisher import publish
from orchestration.release.registry import Release
from orchestration.release.tables import MissingColumnError
from orchestration.settings import Settings
from orchestration.warehouse import open_warehouse

BUILT_AT = datetime(2026, 7, 1, 3, 0, 0, 123)
Publish = Callable[..., Release]


def rows(release: Release, query: str) -> list[tuple]:
    with duckdb.connect(str(release.file), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_every_described_table_is_published_typed_also_when_empty(publish_batch: Publish) -> None:
    release = publish_batch()
    found = rows(
        release,
        "select case schema_name when 'main' then database_name else schema_name end || '.' || table_name "
        "from duckdb_tables() order by all",
    )
    assert [table for (table,) in found] == [
        "governance.data_dictionary",
        "governance.gate_results",
        "governance.release",
        "marts.churn_scores",
        "marts.cltv_scores",
        "marts.customer_360",
        "marts.orders",
    ]
    assert rows(release, "select column_name, column_type from (describe marts.churn_scores)") == [
        ("customer_id", "VARCHAR"),
        ("risk_level", "VARCHAR"),
    ]


def test_columns_that_nobody_described_stay_private(publish_batch: Publish) -> None:
    columns = [name for (name,) in rows(publish_batch(), "select column_name from (describe marts.orders)")]
    assert columns == ["platform", "order_id", "customer_id", "net_revenue", "ordered_at"]


def test_all_tables_and_columns_carry_their_comments(publish_batch: Publish) -> None:
    release = publish_batch()
    assert rows(release, "select count(*) from duckdb_tables() where coalesce(comment, '') = ''") == [(0,)]
    bare = "select count(*) from duckdb_columns() where not internal and coalesce(comment, '') = ''"
    assert rows(release, bare) == [(0,)]
    assert rows(release, "select comment from duckdb_tables() where table_name = 'orders'") == [
        ("It's the table orders.",)
    ]


def test_floats_have_nine_significant_digits(publish_batch: Publish) -> None:
    release = publish_batch()
    assert rows(release, "select distinct discount_order_share from marts.customer_360") == [
        (3.33333333e-06,)
    ]
    assert rows(release, "select distinct p_alive from marts.cltv_scores") == [(0.3,)]


def test_odd_floats_survive_the_rounding(
    settings: Settings, publish_batch: Publish, pass_gates: Callable[..., None], manifest_path: Path
) -> None:
    publish_batch()
    odd = "0.0, -1234567891.5, 1e300, 1e-300, 'nan', 'inf', '-inf', null"
    with open_warehouse(settings) as connection:
        connection.execute(
            "create or replace table kpi.cltv_scores as "
            f"select 'c' as customer_id, unnest([{odd}]::double[]) as p_alive"
        )
    pass_gates(batch_id="odd")
    release = publish(
        settings=settings,
        batch_id="odd",
        as_of_date=date(2026, 6, 30),
        manifest_path=manifest_path,
        built_at=BUILT_AT.replace(hour=4),
    )
    found = {str(value) for (value,) in rows(release, "select p_alive from marts.cltv_scores")}
    assert found == {"0.0", "-1234567890.0", "1e+300", "1e-300", "nan", "inf", "-inf", "None"}


def test_the_dictionary_names_every_column_with_type_and_unit(publish_batch: Publish) -> None:
    release = publish_batch()
    query = """
        select count(*) from duckdb_columns() as columns
        anti join governance.data_dictionary as described using (table_name, column_name, data_type)
        where not columns.internal
    """
    assert rows(release, query) == [(0,)]
    query = "select * from governance.data_dictionary where column_name = 'net_revenue'"
    assert rows(release, query) == [
        ("marts", "orders", "net_revenue", "DECIMAL(18,2)", "It's net_revenue.", "CNY")
    ]


def test_the_release_table_says_where_the_file_comes_from(publish_batch: Publish) -> None:
    release = publish_batch()
    ((release_id, as_of, built_at, code, duckdb_version, currency, zone),) = rows(
        release, "select * from governance.release"
    )
    assert (release_id, as_of, built_at) == (release.release_id, date(2026, 6, 30), BUILT_AT)
    assert code.startswith("0.1.0+")
    assert (duckdb_version, currency, zone) == (duckdb.__version__, "CNY", "Asia/Shanghai")


def test_gate_results_are_those_of_the_batch_one_row_each(
    publish_batch: Publish, pass_gates: Callable[..., None]
) -> None:
    release = publish_batch()
    assert rows(release, "select gate, is_passed, checked_at from governance.gate_results order by gate") == [
        ("a", True, BUILT_AT),
        ("b", True, BUILT_AT),
    ]


def test_the_manifest_counts_hashes_and_names_the_inputs(settings: Settings, publish_batch: Publish) -> None:
    settings.home.mkdir(parents=True)
    line = {"file_hash": "f1", "extract": "orders", "file_name": "o.csv", "rows_read": 3, "seconds": 1.5}
    line["ingested_at"] = "2026-07-01T03:00:00"
    torn = '{"file_hash": "f2", "ext'
    settings.ledger_path.write_text(
        json.dumps(line | {"rows_read": 1}) + "\n" + json.dumps(line) + "\n" + torn
    )
    release = publish_batch()
    manifest = json.loads((release.path / "manifest.json").read_text())
    assert manifest["tables"]["marts.orders"]["rows"] == 3000 == release.row_counts["marts.orders"]
    assert len(manifest["tables"]["marts.orders"]["hash"]) == 32
    assert [(entry["file_hash"], entry["rows_read"]) for entry in manifest["inputs"]] == [("f1", 3)]
    assert manifest["file"]["size_bytes"] == release.file.stat().st_size
    assert manifest["versions"].keys() >= {"rapport", "duckdb", "dbt-core", "python"}
    assert (manifest["release_id"], manifest["as_of"]) == (release.release_id, "2026-06-30")
    assert "secret" not in json.dumps(manifest)
    assert str(settings.home) not in json.dumps(manifest, ensure_ascii=False)


def test_two_builds_of_the_same_input_have_the_same_hashes(publish_batch: Publish) -> None:
    first, second = (
        json.loads((publish_batch(number=number).path / "manifest.json").read_text())["tables"]
        for number in (1, 2)
    )
    assert first == second


def test_another_input_has_other_hashes_where_it_differs(publish_batch: Publish) -> None:
    first, second = (
        json.loads((publish_batch(number=number, orders=3000 + number).path / "manifest.json").read_text())
        for number in (1, 2)
    )
    differing = {name for name, table in first["tables"].items() if second["tables"][name] != table}
    assert differing == {"marts.orders", "marts.customer_360"}


def test_the_files_are_read_only_and_nothing_else_is_left(settings: Settings, publish_batch: Publish) -> None:
    release = publish_batch()
    assert {path.name for path in release.path.iterdir()} == {
        "manifest.json",
        "marts.duckdb",
        "review.html",
        "seeds",
    }
    files = [path for path in release.path.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o444}
    assert {path.name for path in (release.path / "seeds").iterdir()} >= {"rfm_points.csv", "vip_rules.csv"}
    assert list(settings.temp_dir.glob("release-*")) == []
    assert settings.current_link.readlink() == Path("releases") / release.release_id


PLANTED = ("Kongming", "@shu.example", "13944444")


def test_no_byte_of_the_published_file_is_personal(settings: Settings, publish_batch: Publish) -> None:
    release = publish_batch()
    content = b"".join(path.read_bytes() for path in release.path.rglob("*") if path.is_file())
    assert not [text for text in PLANTED if text.encode() in content]


def test_no_value_of_the_published_file_is_personal_however_it_is_compressed(
    settings: Settings, publish_batch: Publish, tmp_path: Path
) -> None:
    release = publish_batch()
    assert spelled_out(release.file, tmp_path / "published").isdisjoint(PLANTED)
    assert spelled_out(settings.warehouse_path, tmp_path / "private") == set(PLANTED), "the scan is blind"


def spelled_out(file: Path, folder: Path) -> set[str]:
    """Return which planted texts stand in a database, after writing all of it as plain CSV."""
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.execute(f"export database '{folder!s}' (format csv)")
    content = b"".join(path.read_bytes() for path in folder.iterdir())
    return {text for text in PLANTED if text.encode() in content}


def test_tables_are_found_under_their_promised_names(publish_batch: Publish) -> None:
    release = publish_batch()
    assert rows(release, "select count(*) from marts.orders") == [(3000,)]
    assert rows(release, "select count(*) from orders") == [(3000,)]
    assert rows(release, "select count(*) from governance.release") == [(1,)]


@pytest.mark.parametrize(
    ("sabotage", "reason"),
    [
        ({"failing": ("b",)}, "failed: b"),
        ({"expected": ("a", "b", "orders_month_missing")}, "not evaluated: orders_month_missing"),
        ({"expected": ()}, "not evaluated: every check of this batch"),
    ],
)
def test_a_refused_batch_leaves_the_previous_release_in_place(
    settings: Settings,
    publish_batch: Publish,
    build: Callable[..., None],
    pass_gates: Callable[..., None],
    manifest_path: Path,
    sabotage: dict[str, tuple[str, ...]],
    reason: str,
) -> None:
    before = publish_batch()
    build(orders=1)
    pass_gates(batch_id="refused", **sabotage)
    with pytest.raises(GateRefused, match=reason):
        publish(
            settings=settings,
            batch_id="refused",
            as_of_date=date(2026, 6, 30),
            manifest_path=manifest_path,
            built_at=BUILT_AT.replace(hour=5),
        )
    assert registry.current_release(settings=settings) == before
    assert len(registry.list_releases(settings=settings)) == 1
    assert list(settings.temp_dir.glob("release-*")) == []


def test_a_publish_that_stops_half_way_leaves_no_trace(
    settings: Settings, publish_batch: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = publish_batch(number=1)

    def die(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("orchestration.release.manifest.describe", die)
        with pytest.raises(KeyboardInterrupt):
            publish_batch(number=2)
    assert registry.current_release(settings=settings) == before
    assert list(settings.temp_dir.glob("release-*")) == []
    after = publish_batch(number=3)
    assert [release.release_id for release in registry.list_releases(settings=settings)] == [
        after.release_id,
        before.release_id,
    ]


# The warehouse of these tests has hardly a table that the page shows.
def test_a_page_that_cannot_be_drawn_is_told_and_refuses_nothing(
    settings: Settings, build: Callable[..., None], pass_gates: Callable[..., None], manifest_path: Path
) -> None:
    build()
    pass_gates(batch_id="batch")
    warnings: list[str] = []
    release = publish(
        settings=settings,
        batch_id="batch",
        as_of_date=date(2026, 6, 30),
        manifest_path=manifest_path,
        built_at=BUILT_AT,
        warn=warnings.append,
    )
    assert registry.current_release(settings=settings) == release
    said = json.loads((release.path / "manifest.json").read_text())["review"]
    page = (release.path / "review.html").read_bytes()
    assert said == {
        "name": "review.html",
        "size_bytes": len(page),
        "sha256": hashlib.sha256(page).hexdigest(),
        "undrawn": ["page"],
    }
    assert release.release_id in page.decode()
    (warning,) = warnings
    assert "Table with name ingested_files does not exist" in warning


def test_a_page_that_cannot_be_written_down_leaves_no_release(
    settings: Settings, publish_batch: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_text

    def fill_the_disk(path: Path, *args: str, **kwargs: str) -> int:
        if path.name == "review.html":
            raise OSError(errno.ENOSPC, "no space left")
        return write(path, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", fill_the_disk)
        with pytest.raises(OSError, match="no space left"):
            publish_batch()
    assert registry.list_releases(settings=settings) == []
    assert list(settings.temp_dir.glob("release-*")) == []


def test_a_promised_column_that_is_missing_stops_the_release(
    settings: Settings, build: Callable[..., None], pass_gates: Callable[..., None], manifest_path: Path
) -> None:
    build()
    with open_warehouse(settings) as connection:
        connection.execute("alter table marts.orders drop column net_revenue")
    pass_gates(batch_id="b")
    with pytest.raises(MissingColumnError, match=r"marts\.orders has no column net_revenue"):
        publish(
            settings=settings,
            batch_id="b",
            as_of_date=date(2026, 6, 30),
            manifest_path=manifest_path,
            built_at=BUILT_AT,
        )
    assert registry.list_releases(settings=settings) == []


def test_only_so_many_releases_stay_as_the_setting_says(settings: Settings, publish_batch: Publish) -> None:
    for number in range(settings.kept_releases + 2):
        publish_batch(number=number, orders=1)
    assert len(registry.list_releases(settings=settings)) == settings.kept_releases
    assert sorted(path.name for path in settings.releases_dir.iterdir()) == sorted(
        release.release_id for release in registry.list_releases(settings=settings)
    )


def test_a_rolled_back_release_is_what_readers_open(settings: Settings, publish_batch: Publish) -> None:
    first = publish_batch(number=1, orders=10)
    publish_batch(number=2, orders=20)
    registry.rollback(settings=settings, release_id=first.release_id)
    with duckdb.connect(str(settings.current_link / "marts.duckdb"), read_only=True) as connection:
        assert connection.execute("select count(*) from marts.orders").fetchone() == (10,)


def test_a_scratch_space_on_another_disk_is_not_renamed_from(
    settings: Settings, publish_batch: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.release.publisher._is_same_disk", lambda *_: False)
    release = publish_batch()
    assert release.file.exists()
    assert [path.name for path in settings.releases_dir.iterdir()] == [release.release_id]


def test_units_follow_the_reporting_currency(
    settings: Settings, publish_batch: Publish, pass_gates: Callable[..., None], manifest_path: Path
) -> None:
    publish_batch()
    pass_gates(batch_id="brl")
    release = publish(
        settings=replace(settings, reporting_currency="BRL"),
        batch_id="brl",
        as_of_date=date(2026, 6, 30),
        manifest_path=manifest_path,
        built_at=BUILT_AT.replace(hour=6),
    )
    query = "select unit from governance.data_dictionary where column_name = 'net_revenue'"
    assert rows(release, query) == [("BRL",)]
