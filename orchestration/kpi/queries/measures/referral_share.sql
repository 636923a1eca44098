-- New registrations that name who referred them ÷ new registrations; a source that never names anybody says nothing.
with

registrations as (

    select
        referred_by,
        cast(timezone($reporting_time_zone, timezone('UTC', registered_at)) as date) as registered_date
    from staging.stg_registrations

)

select
    'all' as segment,
    count(referred_by) filter (where registered_date >= $period_start) as numerator,
    count(*) filter (where registered_date >= $period_start) as denominator
from registrations
where registered_date <= $period_end
having count(referred_by) > 0
