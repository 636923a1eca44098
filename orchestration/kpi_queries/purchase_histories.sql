-- One row per buyer: purchase days, not orders, because a second order on one day is one visit to the shop.
with

purchase_days as (

    select
        customer_id,
        order_date,
        sum(net_revenue) as net_revenue
    from marts.orders
    where is_sale and customer_id is not null and order_date <= $as_of
    group by customer_id, order_date

),

final as (

    select
        customer_id,
        cast(count(*) - 1 as integer) as frequency,
        cast(max(order_date) - min(order_date) as integer) as recency_days,
        cast($as_of - min(order_date) as integer) as age_days,
        cast(sum(net_revenue) - arg_min(net_revenue, order_date) as decimal(18, 2)) as repeat_money
    from purchase_days
    group by customer_id

)

select * from final
order by customer_id
