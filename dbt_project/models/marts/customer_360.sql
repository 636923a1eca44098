{{ config(tags=['serving']) }}

with as_of as (
    select evaluated_on from {{ ref('int_evaluation_dates') }} where purpose = 'segments' and is_current
),

-- What no source delivers stays unknown (NULL); only what was delivered can be counted as none (0).
delivered as (
    select
        exists(select 1 from {{ ref('order_items') }}) as has_items,
        exists(select 1 from {{ ref('sessions') }}) as has_sessions,
        exists(select 1 from {{ ref('tickets') }}) as has_tickets,
        exists(
            select 1 from {{ ref('int_customer_activity') }} where last_login_date is not null
        ) as has_logins
),

orders as (
    select facts.* from {{ ref('int_customer_orders') }} as facts
    inner join as_of on as_of.evaluated_on = facts.evaluated_on
),

activity as (
    select facts.* from {{ ref('int_customer_activity') }} as facts
    inner join as_of on as_of.evaluated_on = facts.evaluated_on
),

vip as (
    select periods.customer_id, periods.vip_until
    from {{ ref('int_customer_vip') }} as periods
    inner join as_of on periods.earned_on <= as_of.evaluated_on and as_of.evaluated_on < periods.vip_until
),

final as (
    select
        customers.customer_id,
        customers.account_count,
        customers.platforms,
        customers.first_registered_at,
        customers.country,
        customers.province,
        customers.city,
        customers.gender,
        customers.age_band,
        customers.occupation,
        customers.acquisition_channel,
        customers.is_email_valid,
        customers.is_phone_valid,
        customers.has_email_consent,
        customers.has_sms_consent,
        customers.is_blocked,
        segments.customer_category,
        rfm.rfm_tier,
        rfm.rfm_score,
        case when delivered.has_items then vip.customer_id is not null end as is_vip,
        vip.vip_until,
        segments.value_level,
        segments.activity_level,
        segments.lifecycle_stage,
        orders.first_order_at,
        orders.last_order_at,
        cast(coalesce(orders.orders_12m, 0) as integer) as orders_12m,
        cast(case when delivered.has_items then coalesce(orders.items_12m, 0) end as integer) as items_12m,
        cast(coalesce(orders.net_revenue_12m, 0) as decimal(18, 2)) as net_revenue_12m,
        cast(
            {{ share_of_amount('orders.net_revenue_12m', '1', 'nullif(orders.orders_12m, 0)') }} as decimal(18, 2)
        ) as avg_order_value_12m,
        cast(coalesce(orders.lifetime_orders, 0) as integer) as lifetime_orders,
        cast(coalesce(orders.lifetime_net_revenue, 0) as decimal(18, 2)) as lifetime_net_revenue,
        greatest(activity.last_session_at, orders.last_placed_at) as last_active_at,
        cast(case when delivered.has_sessions then coalesce(activity.sessions_30d, 0) end as integer)
            as sessions_30d,
        cast(case when delivered.has_logins then coalesce(activity.logins_30d, 0) end as integer)
            as logins_30d,
        favourites.favourite_category,
        favourites.favourite_brand,
        habits.main_device,
        habits.main_daypart,
        habits.discount_order_share,
        cast(case when delivered.has_tickets then coalesce(service.tickets_90d, 0) end as integer)
            as tickets_90d,
        cast(case when delivered.has_tickets then coalesce(service.complaints_90d, 0) end as integer)
            as complaints_90d,
        service.last_satisfaction,
        cltv.cltv_12m,
        churn.churn_probability_90d,
        cltv.expected_orders_12m,
        next_orders.next_order_date
    from {{ ref('int_customers') }} as customers
    cross join delivered
    left join orders on orders.customer_id = customers.customer_id
    left join activity on activity.customer_id = customers.customer_id
    left join {{ ref('int_customer_segments') }} as segments
        on segments.customer_id = customers.customer_id and segments.is_current
    left join {{ ref('rfm_scores') }} as rfm on rfm.customer_id = customers.customer_id
    left join vip on vip.customer_id = customers.customer_id
    left join {{ ref('int_customer_favourites') }} as favourites
        on favourites.customer_id = customers.customer_id
    left join {{ ref('int_customer_habits') }} as habits on habits.customer_id = customers.customer_id
    left join {{ ref('int_customer_service') }} as service on service.customer_id = customers.customer_id
    left join {{ source('kpi', 'cltv_scores') }} as cltv on cltv.customer_id = customers.customer_id
    left join {{ source('kpi', 'churn_scores') }} as churn on churn.customer_id = customers.customer_id
    left join {{ source('kpi', 'next_orders') }} as next_orders on next_orders.customer_id = customers.customer_id
)

select * from final
