-- Net revenue per successful order; by month also by the tier that the buyer held on the month's first day.
with

orders as (

    select
        customer_id,
        case
            when $is_monthly then cast(date_trunc('month', order_date) as date) else cast($period_start as date)
        end as period_start,
        sum(net_revenue) as net_revenue,
        count(*) as orders
    from marts.orders
    where is_sale and order_date between $period_start and $period_end
    group by 1, 2

),

tiers as (

    select
        customer_id,
        rfm_tier,
        valid_from,
        coalesce(valid_to, cast($period_end as date)) as valid_to
    from marts.rfm_tier_history
    where $is_monthly

),

tiered as (

    select
        orders.period_start,
        orders.net_revenue,
        orders.orders,
        coalesce(tiers.rfm_tier, 'none') as tier
    from orders
    left join tiers
        on
            orders.customer_id = tiers.customer_id
            and orders.period_start >= tiers.valid_from
            and orders.period_start <= tiers.valid_to

)

select
    period_start,
    case when grouping(tier) = 1 then 'all' else 'tier:' || tier end as segment,
    sum(net_revenue) as numerator,
    sum(orders) as denominator
from tiered
group by grouping sets ((period_start), (period_start, tier))
having grouping(tier) = 1 or $is_monthly
