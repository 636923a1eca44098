-- The 90 days are no rule to set: the promised names tickets_90d and complaints_90d fix them.
with as_of as (
    select evaluated_on from {{ ref('int_evaluation_dates') }} where purpose = 'segments' and is_current
),

tickets as (
    select
        tickets.platform,
        tickets.ticket_id,
        tickets.customer_id,
        tickets.created_at,
        tickets.category,
        tickets.satisfaction,
        tickets.created_date > {{ days_after('as_of.evaluated_on', '-90') }} as is_in_90d
    from {{ ref('tickets') }} as tickets
    cross join as_of
    where tickets.customer_id is not null
),

final as (
    select
        customer_id,
        cast(count(case when is_in_90d then 1 end) as integer) as tickets_90d,
        cast(count(case when is_in_90d and category = 'complaint' then 1 end) as integer) as complaints_90d,
        {{ latest('satisfaction', ['created_at', 'platform', 'ticket_id']) }} as last_satisfaction
    from tickets
    group by customer_id
)

select
    customer_id,
    tickets_90d,
    complaints_90d,
    last_satisfaction
from final
