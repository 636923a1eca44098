-- What the whole shop sold on each day, orders without a known customer included. A new customer is counted on the day
-- of the first successful order.
select
    order_date as sales_date,
    count(*) filter (where is_sale) as orders,
    cast(sum(net_revenue) as decimal(18, 2)) as net_revenue,
    count(*) filter (where order_number = 1) as new_customers,
    count(*) filter (where order_number > 1) as repeat_orders
from marts.orders
where order_date <= $as_of
group by order_date
order by order_date
