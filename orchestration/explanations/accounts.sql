-- The accounts of the customer, the one that names the customer first.
select
    platform,
    shown_id as account_id,
    reporting_date(registered_at, $reporting_time_zone) as registered_on,
    rule
from explained_accounts
order by registered_at nulls last, account_number
