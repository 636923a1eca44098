-- Customers who registered in the period ÷ customers registered before it; also by month.
with

periods as (

    select
        cast(unnest(
            case
                when $is_monthly
                    then generate_series(
                        cast($period_start as timestamp), cast($period_end as timestamp), interval 1 month
                    )
                else [cast($period_start as timestamp)]
            end
        ) as date) as period_start

),

registrations as (

    select
        cast(timezone($reporting_time_zone, timezone('UTC', first_registered_at)) as date) as registered_date,
        count(*) as members
    from intermediate.int_customers
    where first_registered_at is not null
    group by 1

)

select
    periods.period_start,
    'all' as segment,
    coalesce(sum(registrations.members) filter (where registrations.registered_date >= periods.period_start), 0)
        as numerator,
    sum(registrations.members) filter (where registrations.registered_date < periods.period_start) as denominator
from periods
inner join registrations
    on
        registrations.registered_date <= $period_end
        and (not $is_monthly or registrations.registered_date < periods.period_start + interval 1 month)
group by periods.period_start
