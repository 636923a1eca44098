-- Accounts of platforms that give e-mails at all; a column that is empty throughout was not delivered.
-- A delivery (one file, and one batch) counts those of its accounts that are still empty: a corrected file
-- heals it. Its share is of all its rows, so that it does not rise when other accounts are updated later.
with versions as (
    select
        platform,
        _file_hash,
        _file_name,
        _ingested_at,
        coalesce(trim(email), '') = '' as is_empty,
        not regexp_full_match(trim(email), '[^@\s]+@[^@\s]+\.[^@\s]+') as is_invalid,
        row_number() over (
            partition by platform, account_id
            order by
                coalesce(updated_at, registered_at) desc,
                case when status = 'blocked' then 1 else 0 end desc,
                _row_hash desc
        ) = 1 as is_latest,
        bool_or(coalesce(trim(email), '') <> '') over (partition by platform) as has_emails
    from raw.registrations
),

deliveries as (
    select
        max(_file_name) as file_name,
        _ingested_at,
        count(*) filter (where is_empty and is_latest) / count(*) as empty_share
    from versions
    where has_emails
    group by grouping sets ((platform, _file_hash), (platform, _ingested_at))
    having count(*) >= $delivery_reference_rows
)

select
    cast(null as varchar) as subject,
    coalesce(count(*) filter (where is_empty) / nullif(count(*), 0), 0) as registrations_email_empty,
    0 as registrations_email_empty_in_delivery,
    coalesce(count(*) filter (where is_invalid and not is_empty) / nullif(count(*) filter (where not is_empty), 0), 0)
        as registrations_email_invalid
from versions
where has_emails and is_latest

union all

select
    case when _ingested_at is null then file_name else 'batch of ' || strftime(_ingested_at, '%Y-%m-%d %H:%M:%S') end
        as subject,
    0 as registrations_email_empty,
    empty_share as registrations_email_empty_in_delivery,
    0 as registrations_email_invalid
from deliveries
