-- Net revenue per successful order; and buyers of the period who had bought on an earlier day, in the period or before
-- it, ÷ buyers of the period (a guest is no buyer). By month also by the tier that was held on the month's first day.
with

purchases as (

    select
        customer_id,
        case
            when order_date < $period_start then null
            when $is_monthly then cast(date_trunc('month', order_date) as date)
            else cast($period_start as date)
        end as period_start,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date,
        sum(net_revenue) as net_revenue,
        count(*) as orders
    from marts.orders
    where is_sale and order_date <= $period_end
    group by 1, 2

),

bought as (

    select
        customer_id,
        period_start,
        net_revenue,
        orders,
        last_order_date > min(first_order_date) over (partition by customer_id) as is_returning
    from purchases
    qualify period_start is not null

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
        bought.*,
        coalesce(tiers.rfm_tier, 'none') as tier
    from bought
    left join tiers
        on
            bought.customer_id = tiers.customer_id
            and bought.period_start >= tiers.valid_from
            and bought.period_start <= tiers.valid_to

),

counted as (

    select
        period_start,
        case when grouping(tier) = 1 then 'all' else 'tier:' || tier end as segment,
        sum(net_revenue) as net_revenue,
        sum(orders) as orders,
        count(customer_id) filter (where is_returning) as returned,
        count(customer_id) as buyers
    from tiered
    group by grouping sets ((period_start), (period_start, tier))
    having grouping(tier) = 1 or $is_monthly

)

select 'average_order_value' as kpi, period_start, segment, net_revenue as numerator, orders as denominator
from counted
union all
select 'returning_customer_rate' as kpi, period_start, segment, returned as numerator, buyers as denominator
from counted
where buyers > 0
