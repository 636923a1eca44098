-- Tickets within the limit of a service rule ($rule: first_response_under, resolution_under) ÷ tickets whose outcome is
-- known: done, or out of time. A source that never tells the time has no outcome at all.
with

limits as (

    select value as limit_minutes
    from seeds.service_rules
    where rule = $rule and valid_from <= $as_of
    order by valid_from desc
    limit 1

),

handled as (

    select
        created_date,
        case
            when $rule = 'first_response_under' then first_response_minutes
            when $rule = 'resolution_under' then resolution_minutes
        end as minutes_taken
    from marts.tickets
    where created_date between $period_start and $period_end

),

outcomes as (

    select
        handled.minutes_taken,
        handled.minutes_taken < limits.limit_minutes as is_in_time
    from handled
    cross join limits
    where
        handled.minutes_taken is not null
        or handled.created_date <= cast($as_of as date) - cast(ceil(limits.limit_minutes / 1440.0) as integer)

)

select
    'all' as segment,
    count(*) filter (where is_in_time) as numerator,
    count(*) as denominator
from outcomes
having count(minutes_taken) > 0
