-- First-time buyers by day of the first order and days to the next other order day, counted for everybody, per tier
-- and per channel. A gap beyond the longest window counts as none: nothing is asked about it.
with

firsts as (

    select
        customer_id,
        min(order_date) as first_order_date
    from marts.orders
    where is_sale and customer_id is not null and order_date <= $as_of
    group by customer_id

),

seconds as (

    select
        orders.customer_id,
        min(orders.order_date) as second_order_date
    from marts.orders as orders
    inner join firsts on orders.customer_id = firsts.customer_id
    where
        orders.is_sale
        and orders.order_date <= $as_of
        and orders.order_date > firsts.first_order_date
        and orders.order_date <= firsts.first_order_date + cast($longest_window_days as integer)
    group by orders.customer_id

),

described as (

    select
        firsts.first_order_date,
        cast(seconds.second_order_date - firsts.first_order_date as integer) as days_to_second_order,
        scores.rfm_tier,
        customers.acquisition_channel
    from firsts
    left join seconds on firsts.customer_id = seconds.customer_id
    left join marts.rfm_scores as scores on firsts.customer_id = scores.customer_id
    left join intermediate.int_customers as customers on firsts.customer_id = customers.customer_id

),

counted as (

    select
        first_order_date,
        days_to_second_order,
        case grouping(rfm_tier, acquisition_channel)
            when 3 then 'all'
            when 1 then 'tier:' || rfm_tier
            when 2 then 'channel:' || acquisition_channel
        end as segment,
        count(*) as customers
    from described
    group by grouping sets (
        (first_order_date, days_to_second_order),
        (first_order_date, days_to_second_order, rfm_tier),
        (first_order_date, days_to_second_order, acquisition_channel)
    )

)

select
    segment,
    first_order_date,
    days_to_second_order,
    customers
from counted
where segment is not null
order by segment, first_order_date, days_to_second_order
