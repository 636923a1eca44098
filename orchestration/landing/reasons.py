"""What a broken rule is called: sentences for people, without the value itself (it may be personal data).

What belongs here: wording. What does not: the rules (see `contracts`).
"""

from __future__ import annotations

import dataframely as dy
import polars as pl

_BY_CHECK = {
    "nullability": "{column} is missing",
    "min": "{column} is smaller than allowed",
    "max": "{column} is larger than allowed",
    "check__too_early": "{column} lies too far in the past",
    "check__too_late": "{column} lies in the future",
    "check__negative": "{column} is negative",
    "check__too_large": "{column} is larger than allowed",
}
_BY_RULE = {
    "refund_exceeds_payment": "refunded_amount is larger than paid_amount",
    "refund_exceeds_quantity": "refunded_quantity is larger than quantity",
    "other_currency": "currency is not the reporting currency",
    "answered_before_created": "first_response_at lies before created_at",
    "resolved_before_created": "resolved_at lies before created_at",
    "same_account": "other_account_id is the account itself",
    "score_outside_kind": "score lies outside the scale of its kind",
}
LINE_FAULTS = ("the line ", "a quote ", "a text ")
"""How reasons begin that speak of a line that never became a row; all others begin with a column."""
USED_EVENT_ID = "event_id was already used by an event with other content"


def sentence(*, rule: str, schema: type[dy.Schema]) -> str:
    """Name a broken rule, e.g. `paid_amount|check__negative` → "paid_amount is negative".

    Raises:
        KeyError: a rule without a wording.
    """
    if rule in _BY_RULE:
        return _BY_RULE[rule]
    column, check = rule.split("|", 1)
    if column == "_unreadable":
        name = check.removeprefix("check__")
        return unreadable_sentence(column=name, definition=schema.columns()[name])
    return _BY_CHECK[check].format(column=column)


def unreadable_sentence(*, column: str, definition: dy.Column) -> str:
    """Say which kind of value was expected."""
    kinds: dict[type[dy.Column], str] = {
        dy.Decimal: "a number",
        dy.Int32: "a whole number",
        dy.Datetime: "a date with time",
        dy.Date: "a date",
        dy.Bool: "yes or no",
        dy.String: "a known value",
    }
    return f"{column} is not {kinds[type(definition)]}"


def reasons_column(*, rules: list[str], schema: type[dy.Schema]) -> pl.Expr:
    """List of sentences per failed row, in the order of the columns.

    Args:
        rules: names of the rules that failed anywhere in the batch; each is an Enum column with
            "valid"/"invalid"/"unknown" as `FailureInfo.details` gives it.
        schema: contract that the rules belong to.
    """
    bits = (schema.columns()["_unreadable"].metadata or {})["bits"]
    named = []
    names = schema.column_names()
    for rule in sorted(rules, key=lambda rule: names.index(sentence(rule=rule, schema=schema).split()[0])):
        is_broken = pl.col(rule) == "invalid"
        column = rule.removesuffix("|nullability")
        if column != rule and column in bits:  # text that could not be read is not missing
            is_broken &= (pl.col("_unreadable") & (1 << bits.index(column))) == 0
        named.append(pl.when(is_broken).then(pl.lit(sentence(rule=rule, schema=schema))))
    return pl.concat_list(named).list.drop_nulls()
