-- The customers, their revenue, category and tier against the tables that these must follow.
with unmatched as (
    select count(*) as customers
    from (select distinct customer_id from marts.identity_map) as identities
    full join marts.customer_360 as customers on identities.customer_id = customers.customer_id
    where identities.customer_id is null or customers.customer_id is null
),

revenue as (
    select
        abs(
            coalesce((select sum(lifetime_net_revenue) from marts.customer_360), 0)
            - coalesce((select sum(net_revenue) from marts.orders where customer_id is not null), 0)
        ) as difference
),

categories as (
    select count(*) as customers
    from marts.customer_360
    where
        customer_category is null
        or customer_category not in (select customer_category from seeds.customer_categories)
),

tiers as (
    select
        rfm_tier,
        min_score,
        max_score
    from seeds.rfm_tiers
    where valid_from = (select max(valid_from) from seeds.rfm_tiers where valid_from <= date '$as_of_date')
),

scores as (
    select
        count(*) filter (where scores.rfm_score not between ladder.lowest and ladder.highest) as outside,
        count(*) filter (
            where
            tiers.rfm_tier is null
            or customers.rfm_tier is distinct from scores.rfm_tier
            or customers.rfm_score is distinct from scores.rfm_score
        ) as mismatched
    from marts.rfm_scores as scores
    cross join (select min(min_score) as lowest, max(max_score) as highest from tiers) as ladder
    left join tiers
        on
            scores.rfm_tier = tiers.rfm_tier
            and scores.rfm_score between tiers.min_score and tiers.max_score
    left join marts.customer_360 as customers on scores.customer_id = customers.customer_id
)

select
    cast(null as varchar) as subject,
    unmatched.customers as customers_differ_from_identity_map,
    revenue.difference as customer_revenue_differs,
    categories.customers as customer_category_wrong,
    scores.outside as rfm_score_outside,
    scores.mismatched as rfm_tier_mismatch
from unmatched
cross join revenue
cross join categories
cross join scores
