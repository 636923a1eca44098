"""Who is meant by an id, and the rows of that customer that an explanation reads.

What belongs here: finding the customer, also by a published id, and taking its rows into temporary tables. What does
not: what is told of them (`explain.py` and the queries).

The subject of the queries stands in temporary tables (`explanations/subject/`); an account id that is an e-mail or a
telephone number is shown as it is published, also one of another customer.
"""

from __future__ import annotations

import re

from orchestration.explanation_queries import Query
from orchestration.release.pseudonyms import define_hashes, pseudonyms

EVERYBODY = ("explained_ties", "explained_decisions", "explained_reviews")
"""Temporary tables that lead to others than the customer."""
SUBJECT = (
    *("explained_accounts", "explained_verdicts", "explained_likeness"),
    *("explained_registrations", "explained_statements", "explained_identifiers"),
    *("explained_rules", "explained_sources"),
    *("explained_orders", "explained_scores", "explained_standing"),
)
"""Temporary tables with the customer's rows, in the order of reading each other."""
PLATFORM_ENDS = re.compile("[/:]")


class NotExplainableError(Exception):
    """Nobody has this id, several have it, or there is no finished build to look into."""


def find_customer(query: Query, *, asked: str, salt: str | None) -> tuple[str, bool]:
    """Return the one customer that is meant, by the id of the warehouse, and whether it was meant by an id of the past.

    Args:
        query: on the warehouse.
        asked: a customer's id, also one of the past, an account's, or `platform/account`; as in the warehouse or as
            published.
        salt: the home's secret; None before the first release.

    Raises:
        NotExplainableError: nobody or several are meant.
    """
    endings = [asked, *(asked[sign.end() :] for sign in PLATFORM_ENDS.finditer(asked))]
    found = query.rows("find_private", asked=asked, endings=endings)
    if not found and salt:
        define_hashes(connection=query.connection, salt=salt)
        found = query.rows("find_published", asked=asked)
    former = query.rows("find_former", asked=asked) if salt and not found else []
    if len(former) > 1:
        raise NotExplainableError(
            f"{asked} is no customer any more: its accounts belong to {len(former)} customers since. Ask for one of "
            "the accounts."
        )
    found = found or former
    if not found:
        raise NotExplainableError(
            f"No customer and no account is called {asked}. Accounts can be named with their platform, as in "
            "shop/1042; ids may be those of the published file."
        )
    if len({row["customer_id"] for row in found}) > 1:
        choices = ", ".join(f"{row['platform']}/{asked}" for row in found)
        raise NotExplainableError(f"{asked} is an account of several customers. Which one: {choices}?")
    return str(found[0]["customer_id"]), bool(former)


def take_subject(query: Query, *, customer_id: str, salt: str | None) -> str:
    """Put the customer's rows into temporary tables; return the customer's id as it may be shown.

    Args:
        query: on the warehouse; gets the parameters that the other queries need.
        customer_id: by the id of the warehouse.
        salt: the home's secret. Without one nothing has been published yet, so a personal account id is masked instead.
    """
    query.parameters["customer_id"] = customer_id
    query.keep("explained_members")
    accounts = query.run("select account_id, account_number from explained_members").fetchall()
    query.parameters["account_ids"] = [account_id for account_id, _ in accounts]
    query.parameters["account_numbers"] = [number for _, number in accounts]
    # Only of a link it is told since when it is known, so a lone account's earlier statements are not looked for.
    query.parameters["linked_ids"] = query.parameters["account_ids"] if len(accounts) > 1 else []
    for name in EVERYBODY:
        query.keep(name)
    tied = query.run("select distinct account_number from explained_ties").fetchall()
    # Mostly empty, and then nobody else is looked for.
    query.parameters["tied_numbers"] = sorted(
        {number for (number,) in tied} - set(query.parameters["account_numbers"])
    )
    query.keep("explained_people")
    _name_people(query, salt=salt)
    for name in SUBJECT:
        query.keep(name)
    named = query.run("select any_value(shown_customer_id) from explained_accounts").fetchall()
    return str(named[0][0])


def _name_people(query: Query, *, salt: str | None) -> None:
    shown = {
        "account_id": "case when is_personal_id(account_id) then masked_id(account_id) else account_id end"
    }
    if salt:
        columns = {"explained_people": ("customer_id", "account_id")}
        shown = pseudonyms(
            connection=query.connection, salt=salt, columns=columns, accounts="explained_people"
        )
    query.run("alter table explained_people add column shown_id varchar")
    query.run("alter table explained_people add column shown_customer_id varchar")
    query.run(
        f"update explained_people set shown_id = {shown['account_id']}, "  # noqa: S608
        f"shown_customer_id = {shown.get('customer_id', 'customer_id')}"
    )
