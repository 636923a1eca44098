-- What the segment rules look at: everyone who was known on an evaluation day, with the facts of that day.
with customers as (
    select
        customers.customer_id,
        customers.is_blocked,
        cast({{ reporting_date('customers.first_registered_at') }} as date) as registered_date,
        dates.evaluated_on,
        dates.is_current
    from {{ ref('int_customers') }} as customers
    cross join {{ ref('int_evaluation_dates') }} as dates
    where dates.purpose = 'segments'
),

orders as (
    select * from {{ ref('int_customer_orders') }}
),

activity as (
    select * from {{ ref('int_customer_activity') }}
),

gaps as (
    select * from {{ ref('int_customer_gaps') }}
),

shop_gaps as (
    select evaluated_on, max(shop_gap_days) as shop_gap_days from gaps group by evaluated_on
),

-- A source without log-in events up to the day says nothing about log-ins, which is not the same as none.
delivered as (
    select evaluated_on, count(last_login_date) > 0 as has_logins from activity group by evaluated_on
),

joined as (
    select
        customers.customer_id,
        customers.evaluated_on,
        customers.is_current,
        customers.is_blocked,
        coalesce(orders.lifetime_orders, 0) as lifetime_orders,
        coalesce(orders.placed_orders_in_period, 0) as placed_orders_in_period,
        coalesce(orders.orders_in_period, 0) as orders_in_period,
        coalesce(orders.net_revenue_12m, 0) as net_revenue_12m,
        {{ dbt.datediff('orders.last_order_date', 'customers.evaluated_on', 'day') }}
            as days_since_last_order,
        gaps.own_gap_days,
        shop_gaps.shop_gap_days,
        case when delivered.has_logins then coalesce(activity.logins_30d, 0) end as logins_30d,
        coalesce(delivered.has_logins, false) as has_logins,
        activity.last_login_date,
        activity.sessions_30d,
        activity.last_session_date,
        case when customers.registered_date <= customers.evaluated_on then customers.registered_date end
            as registered_date,
        least(customers.registered_date, orders.first_placed_date, activity.first_session_date) as known_from,
        greatest(activity.last_session_date, orders.last_placed_date) as last_active_date
    from customers
    left join delivered on delivered.evaluated_on = customers.evaluated_on
    left join orders
        on orders.customer_id = customers.customer_id and orders.evaluated_on = customers.evaluated_on
    left join activity
        on activity.customer_id = customers.customer_id and activity.evaluated_on = customers.evaluated_on
    left join gaps
        on gaps.customer_id = customers.customer_id and gaps.evaluated_on = customers.evaluated_on
    left join shop_gaps on shop_gaps.evaluated_on = customers.evaluated_on
),

final as (
    select
        *,
        greatest(last_active_date, registered_date) as last_seen_date
    from joined
    where is_current or known_from <= evaluated_on
)

select
    customer_id,
    evaluated_on,
    is_current,
    is_blocked,
    lifetime_orders,
    placed_orders_in_period,
    orders_in_period,
    net_revenue_12m,
    days_since_last_order,
    own_gap_days,
    shop_gap_days,
    has_logins,
    logins_30d,
    last_login_date,
    sessions_30d,
    last_session_date,
    last_seen_date
from final
