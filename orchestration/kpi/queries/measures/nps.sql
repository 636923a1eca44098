-- Share of promoters (9–10) less share of detractors (0–6).
select
    'all' as segment,
    count(*) filter (where score >= 9) - count(*) filter (where score <= 6) as numerator,
    count(score) as denominator
from staging.stg_feedback
where
    kind = 'nps'
    and cast(timezone($reporting_time_zone, timezone('UTC', created_at)) as date) between $period_start and $period_end
