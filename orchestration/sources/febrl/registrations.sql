-- One account per record. Streets and postal codes are left behind: no rule needs them.
select
    rec_id as account_id,
    'febrl' as platform,
    -- the export has no dates but birthdays; all its records stand for one day
    timestamp '2000-01-01 00:00:00' as registered_at,
    nullif(concat_ws(' ', trim(given_name), trim(surname)), '') as name,
    -- No record has a telephone. The number of the social insurance takes its place: one person's, stated, mistyped.
    '+61' || nullif(trim(soc_sec_id), '') as phone,
    -- a mistyped day that no calendar has would cost the record; empty, it costs the day
    try_strptime(trim(date_of_birth), '%Y%m%d') as birth_date,
    trim(suburb) as city,
    trim(state) as province,
    'AU' as country,
    'active' as status
from persons
