"""What counts as personal data in a table that is about to be published (DOMAIN section 9).

What belongs here: names of columns and patterns of values. What does not: how a personal account id is
published (`orchestration/release/pseudonyms.py`).
"""

from __future__ import annotations

PERSONAL_COLUMNS = frozenset(
    {
        *(
            "name",
            "full_name",
            "first_name",
            "last_name",
            "nickname",
            "birth_date",
            "birthday",
            "date_of_birth",
        ),
        *(
            "email",
            "email_address",
            "phone",
            "phone_number",
            "mobile",
            "tel",
            "message",
            "text",
            "comment_text",
        ),
        *("address", "street", "postcode", "zip_code", "id_card", "anonymous_id", "ip_address", "raw_row"),
    }
)
"""Columns that hold personal data wherever they appear (DOMAIN section 9)."""

EMAIL_PATTERN = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"
PHONE_PATTERN = r"(^|[^0-9A-Za-z.])(\+?86[- ]?)?1[3-9][0-9]{9}($|[^0-9A-Za-z])"
"""A Chinese mobile number that stands alone: digits inside a hash or a decimal fraction are none."""

SEPARATOR, DIGIT = "[[:space:]　().（）．－-]*", "[0-9０-９]"
PERSONAL_ID_PATTERN = "|".join(
    (
        rf"(^|[^0-9A-Za-z.])([+＋]?(00)?86{SEPARATOR})?[1１]{SEPARATOR}[3-9３-９]({SEPARATOR}{DIGIT}){{9}}"
        r"([.]0)?($|[^0-9A-Za-z])",
        rf"^[+＋]({SEPARATOR}{DIGIT}){{7,15}}$",
        r"[@＠][^@[:space:]]+[.．][^@[:space:]]{2,}",
    )
)
"""Mobile numbers and e-mails as people write them: full-width, with spaces or dashes, as a spreadsheet's
`13812345678.0`, and foreign numbers with their plus. Whatever the two patterns above see, this one sees."""

CONTACTS_IN_TEXT = (
    r"[^[:space:]@]*@[^[:space:]]+",
    rf"[+]({SEPARATOR}[0-9]){{7,15}}",
    rf"\b((00)?86{SEPARATOR})?1{SEPARATOR}[3-9]({SEPARATOR}[0-9]){{9}}\b",
)
"""E-mails and telephone numbers among other words, with half-width digits and signs."""

NUMBERED_THINGS = ("order_id", "product_id", "ticket_id", "session_id", "campaign_id", "release_id")
"""Identifiers of things, which a shop may count with eleven digits; those of people are searched."""


def is_personal_id(column: str) -> str:
    """Return the SQL condition that an account id is somebody's e-mail or telephone number."""
    return f"regexp_matches({column}, '{PERSONAL_ID_PATTERN}')"


def without_contacts(column: str) -> str:
    """Return the SQL expression for a text that people wrote, its e-mails and telephone numbers blotted out."""
    text = f"translate({column}, '０１２３４５６７８９＋＠．', '0123456789+@.')"
    for pattern in CONTACTS_IN_TEXT:
        text = f"regexp_replace({text}, '{pattern}', '***', 'g')"
    return text


def holds_personal_text(column: str) -> str:
    """Return the SQL condition that a column would publish an e-mail or a telephone number.

    A personal account id is published as a hash, so what counts of `account_id` is the rest. The cheap test
    comes first, so that a pattern is only matched on what passes it.
    """
    text = f'cast("{column}" as varchar)'
    condition = f"(contains({text}, '@') and regexp_matches({text}, '{EMAIL_PATTERN}'))"
    if column not in NUMBERED_THINGS and not column.endswith("_hash"):
        condition += f" or (length({text}) >= 11 and regexp_matches({text}, '{PHONE_PATTERN}'))"
    return f"({condition}) and not {is_personal_id(text)}" if column == "account_id" else condition
