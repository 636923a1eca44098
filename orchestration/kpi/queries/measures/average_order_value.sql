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

)

select
    orders.period_start,
    case when grouping(tier) = 1 then 'all' else 'tier:' || tier end as segment,
    sum(orders.net_revenue) as numerator,
    sum(orders.orders) as denominator
from (
    select
        orders.*,
        coalesce(tiers.rfm_tier, 'none') as tier
    from orders
    left join marts.rfm_tier_history as tiers
        on
            $is_monthly
            and orders.customer_id = tiers.customer_id
            and orders.period_start >= tiers.valid_from
            and (orders.period_start <= tiers.valid_to or tiers.valid_to is null)
) as orders
group by grouping sets ((orders.period_start), (orders.period_start, tier))
having grouping(tier) = 1 or $is_monthly
