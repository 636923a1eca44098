-- Mean expected value of the next 12 months per buyer, also by the tier of the as-of date; high value as
-- seeds/value_levels.csv has it. In whole cents, because a sum of doubles depends on the order of the rows.
with

high_value_cut as (

    select value
    from seeds.value_levels
    where rule = 'high_above' and valid_from <= $as_of
    order by valid_from desc
    limit 1

),

revenue as (

    select
        customer_id,
        sum(net_revenue) as net_revenue_12m
    from marts.orders
    where order_date > cast($as_of as date) - interval 12 month and order_date <= $as_of
    group by customer_id

),

scored as (

    select
        scores.cltv_12m,
        coalesce(revenue.net_revenue_12m > high_value_cut.value, false) as is_high_value
    from kpi.cltv_scores as scores
    cross join high_value_cut
    left join revenue on scores.customer_id = revenue.customer_id

)

select
    'all' as segment,
    sum(cltv_12m) as numerator,
    count(*) as denominator
from scored
union all
select
    'high_value' as segment,
    sum(cltv_12m) as numerator,
    count(*) as denominator
from scored
where is_high_value
union all
select
    'tier:' || tiers.rfm_tier as segment,
    sum(scores.cltv_12m) as numerator,
    count(*) as denominator
from kpi.cltv_scores as scores
inner join marts.rfm_scores as tiers on scores.customer_id = tiers.customer_id
where tiers.rfm_tier is not null
group by tiers.rfm_tier
