-- Tickets within the limit ÷ tickets whose outcome is known: done, or out of time. A source that never tells the time
-- has no outcome at all.
with

limits as (

    select value as limit_minutes
    from seeds.service_rules
    where rule = 'resolution_under' and valid_from <= $as_of
    order by valid_from desc
    limit 1

),

outcomes as (

    select
        tickets.resolution_minutes,
        tickets.resolution_minutes < limits.limit_minutes as is_in_time
    from marts.tickets as tickets
    cross join limits
    where
        tickets.created_date between $period_start and $period_end
        and (
            tickets.resolution_minutes is not null
            or tickets.created_date <= cast($as_of as date) - cast(ceil(limits.limit_minutes / 1440.0) as integer)
        )

)

select
    'all' as segment,
    count(*) filter (where is_in_time) as numerator,
    count(*) as denominator
from outcomes
having count(resolution_minutes) > 0
