-- What a steward decided on the customer's accounts, and what came of it.
select
    decision,
    platform,
    account_id,
    other_platform,
    other_account_id,
    other_shown_customer_id as other_customer_id,
    outcome,
    reason,
    author,
    reporting_date(decided_at, $reporting_time_zone) as decided_on,
    file_name,
    line_number
from explained_verdicts
order by file_name, line_number
