-- The 30 days are no rule to set: the promised names sessions_30d and logins_30d fix them. A session is counted for the
-- next evaluation day and for those within 30 days; what holds of later days follows from the days before them.
with dates as (
    select evaluated_on from {{ ref('int_evaluation_dates') }} where purpose = 'segments'
),

known_days as (
    select
        days.session_date,
        dates.evaluated_on,
        days.session_date > {{ days_after('dates.evaluated_on', '-30') }} as is_in_30d,
        row_number() over (partition by days.session_date order by dates.evaluated_on) = 1 as is_next
    from (select distinct session_date from {{ ref('sessions') }}) as days
    inner join dates on dates.evaluated_on >= days.session_date
),

session_days as (
    select session_date, evaluated_on, is_in_30d from known_days where is_next or is_in_30d
),

counted as (
    select
        sessions.customer_id,
        session_days.evaluated_on,
        min(sessions.session_date) as first_session_date,
        max(sessions.session_date) as last_session_date,
        max(sessions.ended_at) as last_session_at,
        max(case when sessions.logins > 0 then sessions.session_date end) as last_login_date,
        count(case when session_days.is_in_30d then 1 end) as sessions_30d,
        cast(sum(case when session_days.is_in_30d then sessions.logins else 0 end) as bigint) as logins_30d
    from {{ ref('sessions') }} as sessions
    inner join session_days on session_days.session_date = sessions.session_date
    where sessions.customer_id is not null
    group by sessions.customer_id, session_days.evaluated_on
),

first_days as (
    select customer_id, min(evaluated_on) as evaluated_from from counted group by customer_id
),

customer_days as (
    select first_days.customer_id, dates.evaluated_on
    from first_days
    cross join dates
    where dates.evaluated_on >= first_days.evaluated_from
),

final as (
    select
        customer_days.customer_id,
        customer_days.evaluated_on,
        min(counted.first_session_date) over up_to_the_day as first_session_date,
        max(counted.last_session_date) over up_to_the_day as last_session_date,
        max(counted.last_session_at) over up_to_the_day as last_session_at,
        max(counted.last_login_date) over up_to_the_day as last_login_date,
        coalesce(counted.sessions_30d, 0) as sessions_30d,
        coalesce(counted.logins_30d, 0) as logins_30d
    from customer_days
    left join counted
        on counted.customer_id = customer_days.customer_id and counted.evaluated_on = customer_days.evaluated_on
    window
        up_to_the_day as (
            partition by customer_days.customer_id
            order by customer_days.evaluated_on
            rows between unbounded preceding and current row
        )
)

select
    customer_id, evaluated_on, first_session_date, last_session_date, last_session_at, last_login_date,
    sessions_30d, logins_30d
from final
