-- Who came back within the horizon after the cut, and with how much money.
select
    customer_id,
    cast(count(distinct order_date) as integer) as order_days,
    sum(net_revenue) as net_revenue
from marts.orders
where
    is_sale
    and customer_id is not null
    and order_date > $cut_date
    and order_date <= $cut_date + cast($horizon_days as integer)
group by customer_id
order by customer_id
