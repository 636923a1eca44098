{{ config(tags=['serving']) }}

-- What a doubled join breaks: orders and revenue over all customers are those of the orders with a customer.
with customers as (
    select
        coalesce(sum(lifetime_orders), 0) as orders,
        coalesce(sum(lifetime_net_revenue), 0) as net_revenue
    from {{ ref('customer_360') }}
),

orders as (
    select
        count(case when is_sale then 1 end) as orders,
        coalesce(sum(net_revenue), 0) as net_revenue
    from {{ ref('orders') }}
    where customer_id is not null
)

select
    customers.orders as customer_orders,
    orders.orders,
    customers.net_revenue as customer_net_revenue,
    orders.net_revenue
from customers
cross join orders
where customers.orders <> orders.orders or customers.net_revenue <> orders.net_revenue
