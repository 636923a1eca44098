-- Mean answer of satisfaction surveys, 1 to 5.
select
    'all' as segment,
    sum(score) as numerator,
    count(score) as denominator
from staging.stg_feedback
where
    kind = 'csat'
    and cast(timezone($reporting_time_zone, timezone('UTC', created_at)) as date) between $period_start and $period_end
