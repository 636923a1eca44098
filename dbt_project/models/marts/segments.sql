{{ config(tags=['serving']) }}

with customers as (
    select *
    from {{ ref('int_customer_segments') }}
    where is_current or evaluated_on = {{ months_after(as_of_date(), '-1') }}
),

final as (
    select
        value_level,
        activity_level,
        lifecycle_stage,
        cast(count(case when is_current then 1 end) as integer) as customers,
        cast(coalesce(sum(case when is_current then net_revenue_12m end), 0) as decimal(18, 2))
            as net_revenue_12m,
        cast(count(case when not is_current then 1 end) as integer) as customers_last_month
    from customers
    group by value_level, activity_level, lifecycle_stage
)

select
    value_level,
    activity_level,
    lifecycle_stage,
    customers,
    net_revenue_12m,
    customers_last_month
from final
