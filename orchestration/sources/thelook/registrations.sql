-- One account per user. Street, postal code and coordinates are left behind: no rule needs them.
select
    cast(id as varchar) as account_id,
    'thelook' as platform,
    created_at as registered_at,
    first_name || ' ' || last_name as name,
    email,
    case gender when 'F' then 'female' when 'M' then 'male' end as gender,
    country,
    state as province,
    -- the generator writes the word where a place has no city
    nullif(city, 'null') as city,
    lower(traffic_source) as acquisition_channel,
    'active' as status
from users
