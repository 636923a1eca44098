-- Mean expected value of the next 12 months per buyer, also of those of high value and by tier on the as-of date. In
-- whole cents, because a sum of doubles depends on the order of the rows.
with

segmented as (

    select
        scores.cltv_12m,
        unnest([
            'all',
            case when levels.value_level = 'high' then 'high_value' end,
            'tier:' || tiers.rfm_tier
        ]) as segment
    from kpi.cltv_scores as scores
    left join intermediate.int_customer_segments as levels
        on scores.customer_id = levels.customer_id and levels.is_current
    left join marts.rfm_scores as tiers on scores.customer_id = tiers.customer_id

)

select
    segment,
    sum(cltv_12m) as numerator,
    count(*) as denominator
from segmented
where segment is not null
group by segment
