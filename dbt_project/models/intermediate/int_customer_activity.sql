-- The 30 days are no rule to set: the promised names sessions_30d and logins_30d fix them.
with dates as (
    select evaluated_on from {{ ref('int_evaluation_dates') }} where purpose = 'segments'
),

session_days as (
    select
        dates.evaluated_on,
        days.session_date,
        days.session_date > {{ days_after('dates.evaluated_on', '-30') }} as is_in_30d
    from (select distinct session_date from {{ ref('sessions') }}) as days
    inner join dates on dates.evaluated_on >= days.session_date
),

final as (
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
)

select
    customer_id, evaluated_on, first_session_date, last_session_date, last_session_at, last_login_date,
    sessions_30d, logins_30d
from final
