-- Histories as they stood at the cut, with the purchase days that followed, counted.
with

purchase_days as (

    select distinct
        customer_id,
        order_date
    from marts.orders
    where is_sale and customer_id is not null and order_date <= $as_of

),

histories as (

    select
        customer_id,
        cast(count(*) filter (where order_date <= $cut_date) - 1 as integer) as frequency,
        cast(max(order_date) filter (where order_date <= $cut_date) - min(order_date) as integer) as recency_days,
        cast($cut_date - min(order_date) as integer) as age_days,
        cast(count(*) filter (where order_date > $cut_date) as integer) as holdout_orders
    from purchase_days
    group by customer_id
    having min(order_date) <= $cut_date

)

select
    frequency,
    recency_days,
    age_days,
    holdout_orders,
    count(*) as customers
from histories
group by frequency, recency_days, age_days, holdout_orders
order by frequency, recency_days, age_days, holdout_orders
