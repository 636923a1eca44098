-- Median gap of each customer, beside that of the whole shop on the same evaluation day.
with dates as (
    select evaluated_on from {{ ref('int_evaluation_dates') }} where purpose = 'segments'
),

gaps as (
    select dates.evaluated_on, order_gaps.customer_id, order_gaps.gap_days
    from {{ ref('int_customer_order_gaps') }} as order_gaps
    inner join dates on dates.evaluated_on >= order_gaps.order_date
),

shop as (
    select evaluated_on, {{ median('gap_days') }} as shop_gap_days
    from gaps
    group by evaluated_on
),

own as (
    select evaluated_on, customer_id, {{ median('gap_days') }} as own_gap_days
    from gaps
    group by evaluated_on, customer_id
),

final as (
    select
        own.customer_id,
        own.evaluated_on,
        cast(own.own_gap_days as decimal(9, 1)) as own_gap_days,
        cast(shop.shop_gap_days as decimal(9, 1)) as shop_gap_days
    from own
    inner join shop on shop.evaluated_on = own.evaluated_on
)

select customer_id, evaluated_on, own_gap_days, shop_gap_days from final
