-- The next successful order within the horizon after the cut of every customer with a taste at the cut: its products, and
-- which of them the customer had never ordered.
with

next_orders as (

    select
        customers.customer_number,
        orders.platform,
        orders.order_id
    from marts.orders as orders
    inner join recommendation_customers as customers on orders.customer_id = customers.customer_id
    where
        orders.is_sale
        and orders.order_date > $cut_date
        and orders.order_date <= $cut_date + cast($horizon_days as integer)
        and customers.customer_number in (select customer_number from recommendation_tastes)
    qualify
        row_number() over (
            partition by customers.customer_number order by orders.ordered_at, orders.platform, orders.order_id
        ) = 1

)

select distinct
    cast(next_orders.customer_number as bigint) as customer_number,
    cast(products.product_number as bigint) as product_number,
    not coalesce(tastes.is_ordered, false) as is_new
from next_orders
inner join marts.order_items as items
    on next_orders.platform = items.platform and next_orders.order_id = items.order_id
inner join recommendation_products as products on items.product_id = products.product_id
left join recommendation_tastes as tastes
    on next_orders.customer_number = tastes.customer_number and products.product_number = tastes.product_number
where items.quantity > 0
order by customer_number, product_number
