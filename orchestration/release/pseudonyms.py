"""Account ids that are somebody's e-mail or telephone number are published as keyed hashes.

So are the ids of customers, visits and evidence that were made out of such an account id.

What belongs here: the home's secret, and the expressions that stand in for ids in the published file. What
does not: what looks personal (`expectations/personal_data.py`).
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

from expectations.personal_data import is_personal_id

SALT_FILE = Path("private") / "salt"
"""Below the home, for its owner only: with it, hashes of telephone numbers could be undone by trying all."""
SALT_BYTES = 32
ACCOUNT_DIGITS, CUSTOMER_DIGITS, SESSION_DIGITS, EVIDENCE_DIGITS = 20, 15, 20, 32
SALTED = "getvariable('pseudonym_salt') || '|' || "

ALL_ACCOUNTS = "marts.identity_map"


def find_salt(home: Path) -> str | None:
    """Return the home's secret, None before the first release: nothing is published by it yet."""
    path = home / SALT_FILE
    return path.read_text(encoding="ascii") if path.exists() else None


def read_salt(home: Path) -> str:
    """Return the home's secret; the first release makes it."""
    path = home / SALT_FILE
    if not path.exists():
        path.parent.mkdir(mode=0o700, exist_ok=True)
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(SALT_BYTES))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    return path.read_text(encoding="ascii")


def pseudonyms(
    *,
    connection: duckdb.DuckDBPyConnection,
    salt: str,
    columns: Mapping[str, Iterable[str]],
    accounts: str = ALL_ACCOUNTS,
) -> dict[str, str]:
    """Prepare a connection and return what stands in for columns in the published file.

    The same id gives the same hash in every table and every release of a home.

    Args:
        connection: the warehouse.
        salt: from `read_salt`.
        columns: by table of the warehouse.
        accounts: the table of accounts with their customers; all accounts of a customer or none are in it.

    Returns:
        Expression by column name; a table with `account_id` has `platform`, too.
    """
    _keep_salt(connection, salt)
    expressions = {"account_id": _account()}
    if {"customer_id", "account_id"} <= set(columns.get(accounts, ())):
        connection.execute(_personal_customers(accounts))
        connection.execute(_explained_customers(accounts))
        if connection.execute("select 1 from personal_customers limit 1").fetchone():
            expressions |= {
                "customer_id": _customer("customer_id"),
                "former_customer_id": _customer("former_customer_id"),
                "session_id": _session(),
                "linked_through": _evidence(),
            }
    return expressions


def define_hashes(*, connection: duckdb.DuckDBPyConnection, salt: str) -> None:
    """Define what an id would be published as, to find the one behind a hash.

    Args:
        connection: gets the macros `hashed_account(platform, account_id)` and `hashed_customer(customer_id)`.
        salt: from `find_salt`.
    """
    _keep_salt(connection, salt)
    connection.execute(
        f"create or replace temporary macro hashed_account(platform, account_id) as {_hashed_account()}; "
        f"create or replace temporary macro hashed_customer(customer_id) as {_hashed_customer()}"
    )


def _keep_salt(connection: duckdb.DuckDBPyConnection, salt: str) -> None:
    # As text, because binding a parameter makes DuckDB import pandas: too long for a command that only looks.
    literal = salt.replace("'", "''")
    connection.execute(f"set variable pseudonym_salt = '{literal}'")


def _personal_customers(accounts: str) -> str:
    """Return the statement that lists the customers with a personal account id.

    A customer's id comes from its first account (see int_account_customers). One whose id no other account
    explains is named after a personal account, and all numbers could be tried against that name.
    """
    return f"""
        create or replace temporary table personal_customers as
        select
            customer_id,
            not bool_or(
                not {is_personal_id("account_id")}
                and customer_id = 'C' || substr(md5(platform || '|' || account_id), 1, {CUSTOMER_DIGITS})
            ) as is_named_after_one
        from {accounts}
        group by customer_id
        having bool_or({is_personal_id("account_id")})
    """  # noqa: S608


def _explained_customers(accounts: str) -> str:
    """Return the statement that lists the customers that may be shown as they are unless they are named after one.

    History names customers that no account names any more: where some ids are personal, only those that an
    account explains which is not are shown.
    """
    return f"""
        create or replace temporary table explained_customers as
        select 'C' || substr(md5(platform || '|' || account_id), 1, {CUSTOMER_DIGITS}) as customer_id
        from {accounts}
        where not {is_personal_id("account_id")}
        union
        select customer_id from {accounts}
    """  # noqa: S608


def _account() -> str:
    return f"case when {is_personal_id('account_id')} then {_hashed_account()} else account_id end"


def _hashed_account() -> str:
    return "'A' || " + _keyed("platform || '|' || account_id", ACCOUNT_DIGITS)


def _customer(column: str) -> str:
    named = "select customer_id from personal_customers where is_named_after_one"
    explained = "select customer_id from explained_customers"
    return (
        f"case when {column} in ({named}) or {column} not in ({explained}) "
        f"then {_hashed_customer(column)} else {column} end"
    )


def _hashed_customer(column: str = "customer_id") -> str:
    return "'C' || " + _keyed(column, CUSTOMER_DIGITS)


def _session() -> str:
    """A visit that only its account identifies is named after account and start, which could be tried, too."""
    named = "select customer_id from personal_customers"
    hashed = _keyed("session_id", SESSION_DIGITS)
    return f"case when customer_id in ({named}) then 'S' || {hashed} else session_id end"


def _evidence() -> str:
    hashed = _keyed("part", EVIDENCE_DIGITS)
    parts = f"[split_part(part, ':', 1) || ':' || {hashed} for part in string_split(linked_through, ',')]"
    hashed_parts = f"array_to_string({parts}, ',')"
    named = "select customer_id from personal_customers"
    return f"case when customer_id in ({named}) then {hashed_parts} else linked_through end"


def _keyed(text: str, digits: int) -> str:
    return f"substr(sha256({SALTED}{text}), 1, {digits})"
