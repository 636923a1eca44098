-- What became of the steward's list in force. Lines are named by their number: accounts may be personal data.
with judged as (
    select
        overrides.file_name,
        overrides.line_number,
        case
            when one.customer_id is null or other.customer_id is null then 'unknown'
            when overrides.decision = 'must_link' and one.customer_id <> other.customer_id then 'contradicted'
            when overrides.decision = 'cannot_link' and one.customer_id = other.customer_id then 'disregarded'
        end as fault
    from staging.stg_identity_overrides as overrides
    left join marts.identity_map as one
        on overrides.platform = one.platform and overrides.account_id = one.account_id
    left join marts.identity_map as other
        on overrides.other_platform = other.platform and overrides.other_account_id = other.account_id
),

faults as (
    select
        fault,
        count(*) as lines,
        'lines ' || array_to_string(list(line_number order by line_number)[1:10], ', ') || ' of ' || min(file_name)
            as subject
    from judged
    where fault is not null
    group by fault
)

select
    subject,
    case when fault = 'unknown' then lines else 0 end as overrides_of_unknown_accounts,
    case when fault = 'contradicted' then lines else 0 end as overrides_contradicted,
    case when fault = 'disregarded' then lines else 0 end as overrides_disregarded
from faults
