-- What the RFM score counts: successful orders of the period, and money given back without a known order.
with

period as (

    select max(value) as months
    from seeds.rfm_weights
    where
        rule = 'period_months'
        and valid_from = (select max(valid_from) from seeds.rfm_weights where valid_from <= $as_of)

),

final as (

    select
        orders.platform,
        orders.order_id,
        orders.order_date,
        orders.status,
        orders.is_sale,
        orders.net_revenue
    from marts.orders as orders
    cross join period
    where
        orders.customer_id = $customer_id
        and orders.order_date <= $as_of
        and orders.order_date > months_before($as_of, period.months)
        and (orders.is_sale or orders.net_revenue <> 0)

)

select * from final
