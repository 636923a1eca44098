"""Why a customer is what it is: its accounts and links, where its attributes, score and segments come from.

What belongs here: opening the last finished build, running the queries of `orchestration/explanations/`, and noticing
where they find something else than the warehouse holds. What does not: rules and sums (in the queries, which read the
seeds in force), who is meant (`explanation_subject.py`) and how it looks on a terminal (`explanation_view.py`). A person
waits for it, so nothing heavy is imported.

No e-mail, telephone number, name or birth date leaves the database, and an account id that is one is shown as it is
published.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import duckdb

from orchestration.explanation_queries import Query, Row
from orchestration.explanation_subject import NotExplainableError, find_customer, take_subject
from orchestration.release.pseudonyms import find_salt
from orchestration.release.registry import list_releases
from orchestration.run_lock import RunInProgressError, hold_off_runs
from orchestration.settings import Settings
from orchestration.warehouse import open_warehouse

__all__ = ["NotExplainableError", "explain"]

SEGMENTS = ("customer_category", "value_level", "activity_level", "lifecycle_stage", "vip")
IDENTITY = ("accounts", "links", "broken_links", "decisions", "review", "unlinked_identifiers", "attributes")
HISTORY = ("identity_events", "history", "restatements")
"""Parts of an explanation that are the rows of one query each."""

OUTDATED = (
    "The warehouse cannot be explained: it was built by another version of Rapport, or the accepted rows have "
    "changed or moved since. `rapport run` brings it up to date."
)


def explain(*, settings: Settings, asked: str) -> dict[str, Any]:
    """Return what is known of a customer, and why.

    Args:
        settings: of the home.
        asked: a customer's id, an account's, or `platform/account`; as in the warehouse or as published.

    Returns:
        `customer_id, is_former_id` (whether a customer was asked for that is part of this one by now), `as_of,
        release_id, currency`, the parts `IDENTITY` and `HISTORY`, `rfm`, `segments`, `discrepancies`; the last lists, as sentences, where an explanation finds something else than the warehouse.

    Raises:
        NotExplainableError: nobody or several are meant, or no build has finished.
        RunInProgressError: a run or another program holds the warehouse.
    """
    with _opened(settings) as connection:
        as_of = _finished_on(connection, settings)
        source = _source(settings)
        query = Query(connection, as_of=as_of, reporting_time_zone=source["reporting_time_zone"])
        salt = find_salt(settings.home)
        customer_id, is_former_id = find_customer(query, asked=asked, salt=salt)
        found = {
            "customer_id": take_subject(query, customer_id=customer_id, salt=salt),
            "is_former_id": is_former_id,
            "as_of": as_of,
            "release_id": _release_of(query, settings),
            "currency": source["reporting_currency"],
            **{part: query.rows(part) for part in (*IDENTITY, *HISTORY)},
            "rfm": query.rows("rfm")[0]
            | {"points": query.rows("rfm_points"), "orders": query.rows("orders")},
            "segments": [
                {"segment": name} | row for name in SEGMENTS for row in query.rows(f"segments/{name}")
            ],
        }
    return found | {"discrepancies": [*_identity_discrepancies(found), *_discrepancies(found)]}


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


def _release_of(query: Query, settings: Settings) -> str | None:
    """Return the release that publishes this build; None if a gate refused it."""
    batch_id = query.rows("build")[0]["batch_id"]
    releases = list_releases(settings=settings)
    return next((release.release_id for release in releases if release.batch_id == batch_id), None)


def _identity_discrepancies(found: dict[str, Any]) -> list[str]:
    """Return a sentence for each account that no link explains, and for each decision that does not hold."""
    accounts = {(row["platform"], row["account_id"]) for row in found["accounts"]}
    unreached = accounts - _reached(found["accounts"], found["links"])
    sentences = [
        f"{platform}/{account_id}: no link that is shown joins it with the customer's first account."
        for platform, account_id in sorted(unreached)
    ]
    sentences += [
        f"{row['platform']}/{row['account_id']} and {row['other_platform']}/{row['other_account_id']} share evidence "
        "and are two customers, and no steward keeps them apart."
        for row in found["broken_links"]
        if row["kept_account_id"] is None
    ]
    return sentences + [
        f"{row['platform']}/{row['account_id']} and {row['other_platform']}/{row['other_account_id']} are one customer, "
        "and a steward keeps them apart."
        for row in found["decisions"]
        if row["outcome"] == "disregarded"
    ]


def _reached(accounts: list[Row], links: list[Row]) -> set[tuple[str, str]]:
    """Return the accounts that one gets to from the first one, by platform and id, over the links."""
    reached = {(accounts[0]["platform"], accounts[0]["account_id"])}
    pairs = [
        {(row[f"{side}_platform"], row[f"{side}_account_id"]) for side in ("left", "right")} for row in links
    ]
    while more := {account for pair in pairs if pair & reached for account in pair - reached}:
        reached |= more
    return reached


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
