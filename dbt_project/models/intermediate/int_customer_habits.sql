-- How a customer shops: device, part of the day, weekday and way to pay of most orders, with their shares, and the
-- share of orders under discount. The orders are scanned once and counted by each trait.
with dayparts as (
    select hour_of_day, daypart from {{ rule_set_in_force('dayparts') }} as rules
),

orders as (
    select
        orders.customer_id,
        dayparts.daypart,
        cast({{ weekday_number('orders.order_date') }} as varchar) as weekday,
        orders.payment_method,
        orders.device,
        orders.discount_amount
    from {{ ref('orders') }} as orders
    left join dayparts on dayparts.hour_of_day = {{ reporting_hour('orders.ordered_at') }}
    where orders.is_sale and orders.customer_id is not null
),

traits as (
    select
        customer_id,
        case
            when grouping(daypart) = 0 then 'daypart'
            when grouping(weekday) = 0 then 'weekday'
            when grouping(payment_method) = 0 then 'payment_method'
            else 'device'
        end as trait,
        coalesce(daypart, weekday, payment_method, device) as trait_value,
        count(*) as orders,
        case when grouping(daypart) = 0 then count(*) end as daypart_orders,
        case when grouping(weekday) = 0 then count(*) end as weekday_orders,
        case when grouping(payment_method) = 0 then count(*) end as payment_orders,
        count(case when discount_amount > 0 then 1 end) as discounted_orders,
        count(discount_amount) as priced_orders
    from orders
    group by
        grouping sets (
            (customer_id, daypart), (customer_id, weekday), (customer_id, payment_method), (customer_id, device)
        )
),

-- Orders decide; the sessions of those whose orders name no device fill the gap.
device_use as (
    select customer_id, trait_value as device, orders, 0 as sessions
    from traits
    where trait = 'device' and trait_value is not null
    union all
    select customer_id, device, 0, count(*)
    from {{ ref('sessions') }}
    where device is not null and customer_id is not null
    group by customer_id, device
),

device_totals as (
    select
        customer_id,
        device,
        sum(orders) as orders,
        sum(sessions) as sessions,
        case when sum(sum(orders)) over (partition by customer_id) > 0 then sum(orders) else sum(sessions) end as uses
    from device_use
    group by customer_id, device
),

devices as (
    select
        customer_id,
        {{ latest('device', ['orders', 'sessions', 'device']) }} as main_device,
        {{ share_of('max(uses)', 'sum(uses)') }} as main_device_share,
        {{ share_of("sum(case when device = 'mobile' then uses else 0 end)", 'sum(uses)') }} as mobile_share
    from device_totals
    group by customer_id
),

shopping as (
    select
        customer_id,
        {{ latest("case when trait = 'daypart' then trait_value end", ['orders', 'trait_value']) }} as main_daypart,
        {{ share_of('max(daypart_orders)', 'sum(daypart_orders)') }} as main_daypart_share,
        {{ latest("case when trait = 'weekday' then trait_value end", ['orders', 'trait_value']) }} as main_weekday,
        {{ share_of('max(weekday_orders)', 'sum(weekday_orders)') }} as main_weekday_share,
        {{ share_of("sum(case when trait_value in ('6', '7') then weekday_orders else 0 end)", 'sum(weekday_orders)') }}
            as weekend_order_share,
        {{ latest("case when trait = 'payment_method' then trait_value end", ['orders', 'trait_value']) }}
            as main_payment_method,
        {{ share_of('max(payment_orders)', 'sum(payment_orders)') }} as main_payment_share,
        {{ share_of(
            "sum(case when trait = 'weekday' then discounted_orders end)",
            "sum(case when trait = 'weekday' then priced_orders end)"
        ) }} as discount_order_share
    from traits
    where trait_value is not null
    group by customer_id
),

final as (
    select
        coalesce(devices.customer_id, shopping.customer_id) as customer_id,
        devices.main_device,
        devices.main_device_share,
        devices.mobile_share,
        shopping.main_daypart,
        shopping.main_daypart_share,
        cast(shopping.main_weekday as integer) as main_weekday,
        shopping.main_weekday_share,
        shopping.weekend_order_share,
        shopping.main_payment_method,
        shopping.main_payment_share,
        shopping.discount_order_share
    from devices
    full join shopping on shopping.customer_id = devices.customer_id
)

select * from final
