-- What campaigns cost per old customer reached: each variant's cost is shared evenly by the customers whom it reached,
-- old are those with a successful order before it was sent. By month also by the tier held on the month's first day.
with

campaigns as (

    select
        campaign_id,
        variant,
        cost,
        cast(timezone($reporting_time_zone, timezone('UTC', sent_at)) as date) as sent_date
    from staging.stg_campaigns
    where cost is not null

),

reached as (

    select distinct
        campaigns.campaign_id,
        campaigns.variant,
        campaigns.cost,
        campaigns.sent_date,
        case
            when $is_monthly then cast(date_trunc('month', campaigns.sent_date) as date)
            else cast($period_start as date)
        end as period_start,
        identities.customer_id
    from staging.stg_campaign_events as events
    inner join campaigns
        on events.campaign_id = campaigns.campaign_id and events.variant is not distinct from campaigns.variant
    inner join marts.identity_map as identities
        on events.platform = identities.platform and events.account_id = identities.account_id
    where
        events.event_type = 'delivered'
        and cast(timezone($reporting_time_zone, timezone('UTC', events.event_at)) as date) <= $period_end
        and campaigns.sent_date between $period_start and $period_end

),

first_sales as (

    select
        customer_id,
        min(order_date) as first_order_date
    from marts.orders
    where is_sale and customer_id is not null
    group by customer_id

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

shared as (

    select
        reached.*,
        coalesce(first_sales.first_order_date < reached.sent_date, false) as is_old,
        coalesce(tiers.rfm_tier, 'none') as tier,
        cast(reached.cost as double)
        / count(*) over (partition by reached.campaign_id, reached.variant) as share_of_cost
    from reached
    left join first_sales on reached.customer_id = first_sales.customer_id
    left join tiers
        on
            reached.customer_id = tiers.customer_id
            and reached.period_start >= tiers.valid_from
            and reached.period_start <= tiers.valid_to

)

-- A variant's shares are equal; summed in one order, so that two builds agree to the last bit.
select
    period_start,
    case when grouping(tier) = 1 then 'all' else 'tier:' || tier end as segment,
    sum(share_of_cost order by campaign_id, variant, customer_id) as numerator,
    count(distinct customer_id) as denominator
from shared
where is_old
group by grouping sets ((period_start), (period_start, tier))
having grouping(tier) = 1 or $is_monthly
