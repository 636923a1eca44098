{{ config(tags=['serving']) }}

with customers as (
    select *
    from {{ ref('int_customer_segments') }}
    where is_current or evaluated_on = {{ months_after(as_of_date(), '-1') }}
),

-- Whoever stands in the same cross segment on both days neither joined nor left it.
stayed as (
    select
        customer_id,
        value_level,
        activity_level,
        lifecycle_stage
    from customers
    group by customer_id, value_level, activity_level, lifecycle_stage
    having count(*) = 2
),

stayers as (
    select value_level, activity_level, lifecycle_stage, count(*) as customers
    from stayed
    group by value_level, activity_level, lifecycle_stage
),

counted as (
    select
        value_level,
        activity_level,
        lifecycle_stage,
        count(case when is_current then 1 end) as customers,
        sum(case when is_current then net_revenue_12m end) as net_revenue_12m,
        count(case when not is_current then 1 end) as customers_last_month,
        sum(case when not is_current then net_revenue_12m end) as net_revenue_12m_last_month
    from customers
    group by value_level, activity_level, lifecycle_stage
),

final as (
    select
        counted.value_level,
        counted.activity_level,
        counted.lifecycle_stage,
        cast(counted.customers as integer) as customers,
        cast(coalesce(counted.net_revenue_12m, 0) as decimal(18, 2)) as net_revenue_12m,
        cast(counted.customers_last_month as integer) as customers_last_month,
        cast(coalesce(counted.net_revenue_12m_last_month, 0) as decimal(18, 2)) as net_revenue_12m_last_month,
        cast(counted.customers - coalesce(stayers.customers, 0) as integer) as customers_joined,
        cast(counted.customers_last_month - coalesce(stayers.customers, 0) as integer) as customers_left
    from counted
    left join stayers
        on
            stayers.value_level = counted.value_level
            and stayers.activity_level = counted.activity_level
            and stayers.lifecycle_stage = counted.lifecycle_stage
)

select
    value_level,
    activity_level,
    lifecycle_stage,
    customers,
    net_revenue_12m,
    customers_last_month,
    net_revenue_12m_last_month,
    customers_joined,
    customers_left
from final
