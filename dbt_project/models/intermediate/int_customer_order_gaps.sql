-- Days between two successive order days of a customer; the orders of one day count as one visit to the shop.
with order_days as (
    select distinct customer_id, order_date
    from {{ ref('orders') }}
    where is_sale and customer_id is not null
),

previous_days as (
    select
        customer_id,
        order_date,
        lag(order_date) over (partition by customer_id order by order_date) as previous_order_date
    from order_days
),

final as (
    select
        customer_id,
        order_date,
        cast({{ dbt.datediff('previous_order_date', 'order_date', 'day') }} as integer) as gap_days
    from previous_days
    where previous_order_date is not null
)

select customer_id, order_date, gap_days from final
