"""Why a customer is what it is: its accounts and links, where its attributes, score and segments come from.

What belongs here: who is meant by an id, running the queries of `orchestration/explanations/`, and noticing where
they find something else than the warehouse holds. What does not: rules and sums (in the queries, which read the seeds
in force) and how it looks on a terminal (`explanation_view.py`). A person waits for it, so nothing heavy is imported.

The subject of the queries stands in temporary tables (`explanations/subject/`); no e-mail, telephone number, name or
birth date leaves the database, and an account id that is one is shown as it is published.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from expectations.personal_data import is_personal_id
from orchestration.release.pseudonyms import define_hashes, find_salt, pseudonyms
from orchestration.release.registry import list_releases
from orchestration.run_lock import RunInProgressError, hold_off_runs
from orchestration.settings import Settings
from orchestration.warehouse import open_warehouse

QUERIES_DIR = Path(__file__).resolve().parent / "explanations"
SUBJECT = (
    *("explained_registrations", "explained_identifiers", "explained_orders"),
    *("explained_scores", "explained_standing"),
)
"""Temporary tables with the customer's rows, in the order of reading each other."""
SEGMENTS = ("customer_category", "value_level", "activity_level", "lifecycle_stage", "vip")
PLATFORM_ENDS = re.compile("[/:]")
NAMED_PARAMETER = re.compile(r"\$(\w+)")

OUTDATED = (
    "The warehouse cannot be explained: it was built by another version of Rapport, or the accepted rows have "
    "changed or moved since. `rapport run` brings it up to date."
)

Row = dict[str, Any]


class NotExplainableError(Exception):
    """Nobody has this id, several have it, or there is no finished build to look into."""


def explain(*, settings: Settings, asked: str) -> dict[str, Any]:
    """Return what is known of a customer, and why.

    Args:
        settings: of the home.
        asked: a customer's id, an account's, or `platform/account`; as in the warehouse or as published.

    Returns:
        `customer_id, as_of, release_id, currency, accounts, links, unlinked_identifiers, attributes, rfm, segments,
        discrepancies`; the last lists, as sentences, where an explanation finds another figure than the warehouse.

    Raises:
        NotExplainableError: nobody or several are meant, or no build has finished.
        RunInProgressError: a run or another program holds the warehouse.
    """
    with _opened(settings) as connection:
        as_of = _finished_on(connection, settings)
        source = _source(settings)
        query = _Query(connection, as_of=as_of, reporting_time_zone=source["reporting_time_zone"])
        query.run(_text("macros"))
        salt = find_salt(settings.home)
        query.parameters["customer_id"] = _customer_of(query, asked=asked, salt=salt)
        shown_customer = _take_subject(query, salt=salt)
        rfm = query.rows("rfm")[0]
        found = {
            "customer_id": shown_customer,
            "as_of": as_of,
            "release_id": _release_of(query, settings),
            "currency": source["reporting_currency"],
            "accounts": query.rows("accounts"),
            "links": query.rows("links"),
            "unlinked_identifiers": query.rows("unlinked_identifiers"),
            "attributes": query.rows("attributes"),
            "rfm": rfm | {"points": query.rows("rfm_points"), "orders": query.rows("orders")},
            "segments": [
                {"segment": name} | row for name in SEGMENTS for row in query.rows(f"segments/{name}")
            ],
        }
    return found | {"discrepancies": _discrepancies(found)}


class _Query:
    """Runs the query files.

    Parameters are written into them as literals: binding one makes DuckDB import pandas and pyarrow, which takes
    0.4 s of the two that a person waits for.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, **parameters: Any) -> None:
        self.connection = connection
        self.parameters: dict[str, Any] = parameters

    def rows(self, name: str, **more: Any) -> list[Row]:
        """Return a query's rows by column name."""
        cursor = self.run(_text(name), **more)
        columns = [column[0] for column in cursor.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]

    def keep(self, name: str) -> None:
        """Keep a query's rows as a temporary table of its name."""
        self.run(f"create temporary table {name} as " + _text(f"subject/{name}"))

    def run(self, statement: str, **more: Any) -> duckdb.DuckDBPyConnection:
        """Execute a statement with its named parameters."""
        known = self.parameters | more
        return self.connection.execute(
            NAMED_PARAMETER.sub(lambda name: sql_literal(known[name[1]]), statement)
        )


def sql_literal(value: str | int | date | list[Any]) -> str:
    """Return a value as SQL text that cannot be read as anything else."""
    if isinstance(value, list):
        return f"[{', '.join(map(sql_literal, value))}]"
    if isinstance(value, date):
        return f"date '{value.isoformat()}'"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def _text(name: str) -> str:
    return (QUERIES_DIR / f"{name}.sql").read_text(encoding="utf-8")


@contextmanager
def _opened(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    path = settings.warehouse_path
    if not path.exists():
        raise NotExplainableError(
            f"No run has finished in {settings.home}; `rapport run` builds the warehouse."
        )
    if not os.access(path, os.R_OK):
        raise NotExplainableError(f"{path} may be read by its owner only. Run this as the owner of the home.")
    with hold_off_runs(settings.lock_path):
        try:
            with open_warehouse(settings, read_only=True) as connection:
                yield connection
        except duckdb.IOException as error:
            if "set lock on file" in str(error):
                raise RunInProgressError(
                    f"Another program holds the warehouse: {_first_line(error)}"
                ) from error
            raise NotExplainableError(f"{OUTDATED} ({_first_line(error)})") from error
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            raise NotExplainableError(f"{OUTDATED} ({_first_line(error)})") from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _finished_on(connection: duckdb.DuckDBPyConnection, settings: Settings) -> date:
    """Return the last day that the finished build knows; a build under way or given up has no such note."""
    noted = connection.execute("from duckdb_tables() where schema_name = 'build' and table_name = 'finished'")
    finished = connection.execute("from build.finished").fetchone() if noted.fetchone() else None
    if finished is None:
        raise NotExplainableError(
            f"No build of {settings.home} has finished, or the last one was cut short; `rapport run` completes it."
        )
    as_of: date = finished[0]
    return as_of


def _source(settings: Settings) -> dict[str, str]:
    """Return currency and time zone of the home's figures; a profile may have its own (see `home_source`)."""
    path = settings.home / "source.json"
    told = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    own = {
        "reporting_currency": settings.reporting_currency,
        "reporting_time_zone": settings.reporting_time_zone,
    }
    return own | {name: told[name] for name in own if name in told}


def _release_of(query: _Query, settings: Settings) -> str | None:
    """Return the release that publishes this build; None if a gate refused it."""
    batch_id = query.rows("build")[0]["batch_id"]
    releases = list_releases(settings=settings)
    return next((release.release_id for release in releases if release.batch_id == batch_id), None)


def _customer_of(query: _Query, *, asked: str, salt: str | None) -> str:
    """Return the one customer that is meant, by the id of the warehouse."""
    endings = [asked, *(asked[sign.end() :] for sign in PLATFORM_ENDS.finditer(asked))]
    found = query.rows("find_private", asked=asked, endings=endings)
    if not found and salt:
        define_hashes(connection=query.connection, salt=salt)
        found = query.rows("find_published", asked=asked)
    if not found:
        raise NotExplainableError(
            f"No customer and no account is called {asked}. Accounts can be named with their platform, as in "
            "shop/1042; ids may be those of the published file."
        )
    if len({row["customer_id"] for row in found}) > 1:
        choices = ", ".join(f"{row['platform']}/{asked}" for row in found)
        raise NotExplainableError(f"{asked} is an account of several customers. Which one: {choices}?")
    return str(found[0]["customer_id"])


def _take_subject(query: _Query, *, salt: str | None) -> str:
    """Put the customer's rows into temporary tables; return the customer's id as it may be shown.

    Without a secret nothing has been published yet, so a personal account id is masked instead.
    """
    query.keep("explained_accounts")
    shown = {
        "account_id": f"case when {is_personal_id('account_id')} then masked_id(account_id) else account_id end"
    }
    if salt:
        columns = {"explained_accounts": ("customer_id", "account_id")}
        shown = pseudonyms(
            connection=query.connection, salt=salt, columns=columns, accounts="explained_accounts"
        )
    query.run("alter table explained_accounts add column shown_id varchar")
    query.run(f"update explained_accounts set shown_id = {shown['account_id']}")  # noqa: S608
    accounts = query.run("select account_id, account_number from explained_accounts").fetchall()
    query.parameters["account_ids"] = [account_id for account_id, _ in accounts]
    query.parameters["account_numbers"] = [number for _, number in accounts]
    for name in SUBJECT:
        query.keep(name)
    named = query.run(f"select {shown.get('customer_id', 'customer_id')} from explained_accounts limit 1")  # noqa: S608
    return str((named.fetchone() or ("",))[0])


def _discrepancies(found: dict[str, Any]) -> list[str]:
    """Return a sentence for each figure that the explanation finds otherwise: an error of ours, not of the data."""
    rfm = found["rfm"]
    sentences = [
        f"{row['attribute']}: the accounts' statements do not give the value that the warehouse holds."
        for row in found["attributes"]
        if not row["agrees"]
    ]
    if not rfm["agrees"]:
        sentences.append(
            f"RFM: {rfm['orders_counted']} orders with a net revenue of {rfm['orders_net_revenue']} stand in the "
            f"period, and the score counts {rfm['frequency'] or 0} with {rfm['net_revenue'] or 0}."
        )
    return sentences + [
        f"{row['segment']}: the rules in force give {row['level_by_rule'] or 'another level'}, "
        f"and the warehouse holds {row['level']}."
        for row in found["segments"]
        if row["level"] != row["level_by_rule"]
    ]
