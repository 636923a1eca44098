-- Every month holds each customer who has bought by its end once, and what these customers spent in it.
with matrix as (
    select month, max(month_end_date) as month_end_date, sum(customers) as customers, sum(net_revenue) as net_revenue
    from {{ ref('tier_migrations') }}
    group by month
),

buyers as (
    select customer_id, min(order_date) as first_order_date
    from {{ ref('orders') }}
    where is_sale and customer_id is not null
    group by customer_id
),

counted as (
    select matrix.month, count(*) as customers
    from matrix
    inner join buyers on buyers.first_order_date <= matrix.month_end_date
    group by matrix.month
),

spent as (
    select matrix.month, sum(orders.net_revenue) as net_revenue
    from matrix
    inner join {{ ref('orders') }} as orders on orders.order_date between matrix.month and matrix.month_end_date
    inner join buyers
        on buyers.customer_id = orders.customer_id and buyers.first_order_date <= matrix.month_end_date
    group by matrix.month
)

select
    matrix.month,
    matrix.customers,
    counted.customers as buyers,
    matrix.net_revenue,
    spent.net_revenue as buyers_net_revenue
from matrix
left join counted on counted.month = matrix.month
left join spent on spent.month = matrix.month
where
    matrix.customers <> coalesce(counted.customers, 0)
    or matrix.net_revenue <> coalesce(spent.net_revenue, 0)
