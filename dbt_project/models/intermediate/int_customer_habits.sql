-- How a customer shops: device and part of the day of most orders, share of orders under discount.
with dayparts as (
    select hour_of_day, daypart from {{ rule_set_in_force('dayparts') }} as rules
),

orders as (
    select
        orders.customer_id,
        orders.device,
        dayparts.daypart,
        count(*) as orders,
        count(case when orders.discount_amount > 0 then 1 end) as discounted_orders,
        count(orders.discount_amount) as priced_orders
    from {{ ref('orders') }} as orders
    left join dayparts on dayparts.hour_of_day = {{ reporting_hour('orders.ordered_at') }}
    where orders.is_sale and orders.customer_id is not null
    group by orders.customer_id, orders.device, dayparts.daypart
),

-- Orders decide; the sessions of those who have not ordered yet fill the gap.
device_use as (
    select customer_id, device, orders, 0 as sessions from orders where device is not null
    union all
    select customer_id, device, 0, count(*)
    from {{ ref('sessions') }}
    where device is not null and customer_id is not null
    group by customer_id, device
),

device_totals as (
    select customer_id, device, sum(orders) as orders, sum(sessions) as sessions
    from device_use
    group by customer_id, device
),

devices as (
    select customer_id, {{ latest('device', ['orders', 'sessions', 'device']) }} as main_device
    from device_totals
    group by customer_id
),

daypart_totals as (
    select
        customer_id,
        daypart,
        sum(orders) as orders,
        sum(discounted_orders) as discounted_orders,
        sum(priced_orders) as priced_orders
    from orders
    group by customer_id, daypart
),

shopping as (
    select
        customer_id,
        {{ latest('daypart', ['orders', 'daypart']) }} as main_daypart,
        cast(round(sum(discounted_orders) * 1.0 / nullif(sum(priced_orders), 0), 6) as decimal(9, 6))
            as discount_order_share
    from daypart_totals
    group by customer_id
),

final as (
    select
        coalesce(devices.customer_id, shopping.customer_id) as customer_id,
        devices.main_device,
        shopping.main_daypart,
        shopping.discount_order_share
    from devices
    full join shopping on shopping.customer_id = devices.customer_id
)

select
    customer_id,
    main_device,
    main_daypart,
    discount_order_share
from final
