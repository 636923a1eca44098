-- One row per buyer, from purchase_days.sql.
select
    customer_id,
    cast(count(*) - 1 as integer) as frequency,
    cast(max(order_date) - min(order_date) as integer) as recency_days,
    cast($as_of - min(order_date) as integer) as age_days,
    cast(arg_min(money, order_date) as decimal(18, 2)) as first_money,
    cast(sum(money) - arg_min(money, order_date) as decimal(18, 2)) as repeat_money
from purchase_days
group by customer_id
order by customer_id
