-- Buyers of the period who had bought on an earlier day, in the period or before it, ÷ buyers of the period; by month
-- also by the tier that the buyer held on the month's first day.
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
        max(order_date) as last_order_date
    from marts.orders
    where is_sale and customer_id is not null and order_date <= $period_end
    group by 1, 2

),

buyers as (

    select
        customer_id,
        period_start,
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
        buyers.*,
        coalesce(tiers.rfm_tier, 'none') as tier
    from buyers
    left join tiers
        on
            buyers.customer_id = tiers.customer_id
            and buyers.period_start >= tiers.valid_from
            and buyers.period_start <= tiers.valid_to

)

select
    period_start,
    case when grouping(tier) = 1 then 'all' else 'tier:' || tier end as segment,
    count(*) filter (where is_returning) as numerator,
    count(*) as denominator
from tiered
group by grouping sets ((period_start), (period_start, tier))
having grouping(tier) = 1 or $is_monthly
