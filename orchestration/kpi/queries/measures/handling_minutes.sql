-- Minutes from a ticket to what $until names (first_response, resolution), median and nine of ten, of the tickets that
-- have come so far; by the calendar, and in business hours as seeds/service_rules.csv has them.
with

hours as (

    select
        max(value) filter (where rule = 'business_day_start') as day_start,
        max(value) filter (where rule = 'business_day_end') - max(value) filter (
            where rule = 'business_day_start'
        ) as day_minutes,
        max(value) filter (where rule = 'business_weekdays') as weekdays
    from (
        select
            rule,
            arg_max(value, valid_from) as value
        from seeds.service_rules
        where valid_from <= $as_of
        group by rule
    )

),

handled as (

    select
        cast(
            case $until when 'first_response' then first_response_minutes else resolution_minutes end as double
        ) as calendar_minutes,
        list_transform(
            [created_at, case $until when 'first_response' then first_response_at else resolved_at end],
            lambda instant: timezone($reporting_time_zone, timezone('UTC', instant))
        ) as ends
    from marts.tickets
    where
        created_date between $period_start and $period_end
        and case $until when 'first_response' then first_response_minutes else resolution_minutes end is not null

),

-- Business minutes from Monday, 5 January 1970, to either end: whole weeks, whole days, and what is gone of the day.
counted as (

    select
        handled.calendar_minutes,
        list_transform(
            handled.ends,
            lambda instant: hours.day_minutes
            * (
                hours.weekdays * (date_diff('day', date '1970-01-05', instant) // 7)
                + least(hours.weekdays, date_diff('day', date '1970-01-05', instant) % 7)
            )
            + case
                when date_diff('day', date '1970-01-05', instant) % 7 < hours.weekdays
                    then
                        least(
                            hours.day_minutes,
                            greatest(
                                0, epoch(instant - date_trunc('day', instant)) / 60 - hours.day_start
                            )
                        )
                else 0
            end
        ) as business_ends
    from handled
    cross join hours

),

measured as (

    select
        count(*) as n,
        quantile_cont(calendar_minutes, [0.5, 0.9]) as calendar,
        quantile_cont(business_ends[2] - business_ends[1], [0.5, 0.9]) as business
    from counted

)

select
    unnest(['p50', 'p90', 'business_p50', 'business_p90']) as segment,
    unnest(calendar || business) as value,
    n
from measured
where n > 0
