-- What a customer buys under discount and in festivals, of all successful orders. Spend is what was paid.
with festival_days as (
    select distinct days.order_date
    from (select distinct order_date from {{ ref('orders') }}) as days
    inner join {{ rule_set_in_force('festivals', 'festival') }} as festivals
        on days.order_date between festivals.starts_on and festivals.ends_on
),

orders as (
    select
        orders.customer_id,
        orders.paid_amount,
        orders.gross_amount,
        orders.discount_amount,
        case when orders.discount_amount > 0 then orders.paid_amount else 0 end as discounted_spend,
        case when festival_days.order_date is not null then 1 else 0 end as festival_orders,
        case when festival_days.order_date is not null then orders.paid_amount else 0 end as festival_spend
    from {{ ref('orders') }} as orders
    left join festival_days on festival_days.order_date = orders.order_date
    where orders.is_sale and orders.customer_id is not null
),

final as (
    select
        customer_id,
        cast(count(*) as integer) as orders,
        {{ share_of('sum(discounted_spend)', 'sum(paid_amount)') }} as discount_spend_share,
        {{ share_of('sum(discount_amount)', 'sum(gross_amount)') }} as discount_rate,
        {{ share_of('sum(festival_orders)', 'count(*)') }} as festival_order_share,
        {{ share_of('sum(festival_spend)', 'sum(paid_amount)') }} as festival_spend_share
    from orders
    group by customer_id
)

select customer_id, orders, discount_spend_share, discount_rate, festival_order_share, festival_spend_share from final
