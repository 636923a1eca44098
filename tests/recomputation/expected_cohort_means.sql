select
    grain as cohort_grain,
    case grain when 'month' then date_diff('month', cohort, starts) else (starts - cohort) / 7 end as period_number,
    count(*) as cohorts,
    sum(size) as cohort_customers,
    sum(active) as active_customers,
    sum(active) / sum(size) as weighted_retention_rate,
    wilson(sum(active)::double, sum(size)::double, -1) as rate_low,
    wilson(sum(active)::double, sum(size)::double, 1) as rate_high,
    avg(active / size) as simple_retention_rate
from cells
where is_over and size > 0
group by cohort_grain, period_number
