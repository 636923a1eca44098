select
    cohort as cohort_month,
    cohort as cohort_week,
    case grain() when 'month' then date_diff('month', cohort, starts) else (starts - cohort) / 7 end as period_number,
    size as cohort_size,
    if(is_over, active, null) as active_customers,
    if(is_over and size > 0, active / size, null) as retention_rate,
    if(is_over and size > 0, wilson(active, size, -1), null) as rate_low,
    if(is_over and size > 0, wilson(active, size, 1), null) as rate_high,
    if(is_over, revenue, null) as net_revenue,
    if(is_over and size > 0, round(revenue_so_far * 100 / size::double) / 100, null) as cumulative_net_revenue_per_customer
from cells
where grain = grain()
