"""A telephone number or an e-mail that serves as account id is published as a hash, the same everywhere."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from orchestration.release.dictionary import Column, Table
from orchestration.release.pseudonyms import read_salt
from orchestration.release.tables import write_tables

PERSONAL = (
    "13812345678",
    "+86 138-1234-5679",
    "１３８１２３４５６７０",
    "wang.fang@163.com",
    "+447911123456",
    "13812345671.0",
)
ORDINARY = ("tmall-000123", "wangfang_88", "123456789012", "1042", "0013")
TABLES = {
    "identity_map": ("platform", "account_id", "customer_id", "linked_through"),
    "orders": ("platform", "order_id", "account_id", "customer_id"),
    "sessions": ("session_id", "customer_id"),
}


def name_of(account: str) -> str:
    """Return the customer's id as the warehouse makes it from the first account."""
    return "C" + hashlib.md5(f"web|{account}".encode(), usedforsecurity=False).hexdigest()[:15]


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(
            "create schema marts; "
            "create table marts.identity_map "
            "(platform text, account_id text, customer_id text, linked_through text)"
        )
        for account in (*PERSONAL, *ORDINARY):
            row = ["web", account, name_of(account), f"email:{'a' * 32},phone:{'b' * 32}"]
            connection.execute("insert into marts.identity_map values (?, ?, ?, ?)", row)
        second = ["jd", "13912345678", name_of("1042"), f"email:{'c' * 32}"]
        connection.execute("insert into marts.identity_map values (?, ?, ?, ?)", second)
        connection.execute(
            "create table marts.orders as "
            "select platform, 'o' || rowid as order_id, account_id, customer_id from marts.identity_map; "
            "create table marts.sessions as select 'S' || rowid as session_id, customer_id from marts.identity_map"
        )
        yield connection


def publish(connection: duckdb.DuckDBPyConnection, *, salt: str = "s") -> None:
    connection.execute("detach database if exists published")
    connection.execute("attach ':memory:' as published")
    tables = [
        Table(
            schema="marts",
            name=name,
            warehouse_name=f"marts.{name}",
            is_written_by_release=False,
            description="A table.",
            columns=tuple(
                Column(name=column, data_type="varchar", description="A column.", unit=None)
                for column in columns
            ),
        )
        for name, columns in TABLES.items()
    ]
    write_tables(connection=connection, tables=tables, salt=salt)


def published(connection: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    return [value for (value,) in connection.execute(query).fetchall()]


def test_personal_account_ids_are_hashed_and_all_others_stay(warehouse: duckdb.DuckDBPyConnection) -> None:
    publish(warehouse)
    found = published(warehouse, "select account_id from published.main.identity_map")
    assert set(ORDINARY) <= set(found)
    hashed = [account for account in found if account not in ORDINARY]
    assert len(set(hashed)) == len(PERSONAL) + 1
    assert all(len(account) == 21 and account.startswith("A") for account in hashed)


def test_an_id_has_one_hash_in_every_table_and_release(warehouse: duckdb.DuckDBPyConnection) -> None:
    found = []
    for _ in range(2):
        publish(warehouse)
        for table in ("identity_map", "orders"):
            found.append(published(warehouse, f"select account_id from published.main.{table} order by all"))
    assert all(accounts == found[0] for accounts in found)


def test_another_home_has_other_hashes(warehouse: duckdb.DuckDBPyConnection) -> None:
    publish(warehouse)
    ours = set(published(warehouse, "select account_id from published.main.orders"))
    publish(warehouse, salt="another")
    theirs = set(published(warehouse, "select account_id from published.main.orders"))
    assert ours & theirs == set(ORDINARY)


def test_no_published_id_can_be_guessed_from_a_telephone_number(warehouse: duckdb.DuckDBPyConnection) -> None:
    publish(warehouse)
    for table in TABLES:
        customers = set(published(warehouse, f"select customer_id from published.main.{table}"))
        assert customers.isdisjoint(name_of(account) for account in PERSONAL)
        assert {name_of(account) for account in ORDINARY} <= customers
    joined = published(
        warehouse,
        "select count(*) from published.main.orders join published.main.identity_map "
        "using (platform, account_id, customer_id)",
    )
    assert joined == [len(PERSONAL) + len(ORDINARY) + 1]


def test_evidence_and_visits_of_personal_accounts_are_hashed_again(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    publish(warehouse)
    evidence = dict(
        warehouse.execute("select customer_id, linked_through from published.main.identity_map").fetchall()
    )
    assert evidence[name_of("tmall-000123")] == f"email:{'a' * 32},phone:{'b' * 32}"
    assert "c" * 32 not in evidence[name_of("1042")]
    kinds = {tuple(part.split(":")[0] for part in text.split(",")) for text in evidence.values()}
    assert kinds == {("email", "phone"), ("email",)}
    sessions = published(
        warehouse, "select session_id from published.main.sessions where length(session_id) = 21"
    )
    assert len(sessions) == len(PERSONAL) + 2


def test_the_salt_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    salt = read_salt(tmp_path)
    assert len(salt) == 64
    assert read_salt(tmp_path) == salt
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "private" / "salt").stat().st_mode) == 0o600
