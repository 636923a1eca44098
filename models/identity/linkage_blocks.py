"""Which accounts are compared at all: keys that two accounts must share, each bounded in how many may share it.

Belongs here: the columns that comparisons and keys read, the keys, the bound. Does not belong here: how alike a pair is.

All pairs of a million accounts are 5 × 10¹¹. A pair is compared when the two share at least one key; a key value
that more accounts share than the limit is no key, so a rule gives at most accounts × limit / 2 pairs, whatever the data
hold. Broad keys (a birth date, a name) therefore serve a small shop and the rare values of a large one; the narrow ones
beside them still find what the broad ones no longer can.
"""

from __future__ import annotations

COLUMNS_SQL = """
select
    account_number,
    name,
    strftime(birth_date, '%Y%m%d') as birth_date,
    phone,
    email,
    split_part(email, '@', 1) as mailbox,
    city,
    province,
    coalesce(regexp_matches(name, '[一-鿿]'), false) as is_chinese,
    string_split(name, case when regexp_matches(name, '[一-鿿]') then '' else ' ' end) as parts,
    array_to_string(list_sort(string_split(name, ' ')), ' ') as words
from accounts
"""

KEYS: dict[str, tuple[str, ...]] = {
    "name_and_birth_date": ("words", "birth_date"),
    "name_city_and_birth_year": ("words", "city", "substr(birth_date, 1, 4)"),
    "birth_date_and_city": ("birth_date", "city"),
    "name": ("words",),
    "birth_date": ("birth_date",),
    "mailbox": ("mailbox",),
    "end_of_phone": ("substr(phone, -6)",),
    "start_of_phone_and_birth_year": ("substr(phone, 1, length(phone) - 4)", "substr(birth_date, 1, 4)"),
}
"""Key → expressions that two accounts must share; empty where one of them is."""


def keyed_accounts_sql(*, max_block_accounts: int) -> str:
    """Return the SQL of the accounts with their columns and keys.

    Args:
        max_block_accounts: a key value that more accounts share is emptied, as is one of a single account.
    """
    stated = ", ".join(f"{_joined(parts)} as {key}" for key, parts in KEYS.items())
    bounded = ", ".join(
        f"case when count(*) over (partition by {key}) between 2 and {max_block_accounts:d} then {key} end as key_{key}"
        for key in KEYS
    )
    return f"""
        with
        wide as ({COLUMNS_SQL}),
        stated as (select account_number, {stated} from wide),
        bounded as (select account_number, {bounded} from stated)
        select wide.*, bounded.* exclude (account_number)
        from wide
        inner join bounded using (account_number)
    """  # noqa: S608


def _joined(parts: tuple[str, ...]) -> str:
    """A hash of the parts, eight bytes to join on instead of a text; empty where one of them is."""
    known = " and ".join(f"{part} is not null" for part in parts)
    return f"case when {known} then hash({', '.join(parts)}) end"
