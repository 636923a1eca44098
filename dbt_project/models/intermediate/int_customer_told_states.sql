-- What is true now of each customer on the days that history tells. The evaluated tier and VIP hold for periods, the
-- rest is evaluated on the day.
with days as (
    select told_on, is_published from {{ ref('int_told_days') }}
),

segments as (
    select * from {{ ref('int_customer_segments') }}
),

scores as (
    select customer_id, evaluated_on, rfm_tier from {{ ref('int_customer_rfm') }} where purpose = 'told'
),

tiers as (
    select tiers.customer_id, days.told_on, tiers.rfm_tier
    from {{ ref('int_customer_tiers') }} as tiers
    inner join days
        on days.told_on >= tiers.valid_from and days.told_on <= coalesce(tiers.valid_to, days.told_on)
),

vip as (
    select vip.customer_id, days.told_on
    from {{ ref('int_customer_vip') }} as vip
    inner join days on days.told_on >= vip.earned_on and days.told_on < vip.vip_until
    group by vip.customer_id, days.told_on
),

delivered as (
    select count(*) > 0 as has_items from {{ ref('order_items') }}
),

final as (
    select
        segments.customer_id,
        days.told_on,
        days.is_published,
        segments.customer_category,
        scores.rfm_tier,
        tiers.rfm_tier as evaluated_tier,
        case when delivered.has_items then vip.customer_id is not null end as is_vip,
        segments.value_level,
        segments.activity_level,
        segments.lifecycle_stage
    from segments
    inner join days on days.told_on = segments.evaluated_on
    cross join delivered
    left join scores on scores.customer_id = segments.customer_id and scores.evaluated_on = days.told_on
    left join tiers on tiers.customer_id = segments.customer_id and tiers.told_on = days.told_on
    left join vip on vip.customer_id = segments.customer_id and vip.told_on = days.told_on
)

select
    customer_id, told_on, is_published, customer_category, rfm_tier, evaluated_tier, is_vip, value_level,
    activity_level, lifecycle_stage
from final
