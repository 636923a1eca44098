-- Buyers of the period who had bought on an earlier day, in the period or before it, ÷ buyers of the period.
with

buyers as (

    select
        customer_id,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date
    from marts.orders
    where is_sale and customer_id is not null and order_date <= $period_end
    group by customer_id

)

select
    'all' as segment,
    count(*) filter (where last_order_date > first_order_date) as numerator,
    count(*) as denominator
from buyers
where last_order_date >= $period_start
