-- The segments of every buyer, and the orders of the last 12 months that the plan's formula of customer value is made
-- of. Credit notes lower the revenue but are no orders.
with

orders as (

    select
        customer_id,
        count(*) filter (where is_sale and order_date > cast($as_of as date) - interval 12 month) as orders_12m,
        count(*) filter (where is_sale and order_date > cast($as_of as date) - interval 12 month and order_number > 1) as repeat_orders_12m,
        coalesce(sum(net_revenue) filter (where order_date > cast($as_of as date) - interval 12 month), 0) as net_revenue_12m
    from marts.orders
    where customer_id is not null and order_date <= $as_of
    group by customer_id
    having count(*) filter (where is_sale) > 0

)

select
    orders.customer_id,
    scores.rfm_tier,
    segments.value_level,
    orders.orders_12m,
    orders.repeat_orders_12m,
    cast(orders.net_revenue_12m as decimal(18, 2)) as net_revenue_12m
from orders
left join marts.rfm_scores as scores on orders.customer_id = scores.customer_id
left join intermediate.int_customer_segments as segments
    on orders.customer_id = segments.customer_id and segments.is_current
order by orders.customer_id
