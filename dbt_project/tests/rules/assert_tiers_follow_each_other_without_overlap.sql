-- One tier per customer and day, and the tier that holds today is that of rfm_scores.
with periods as (
    select
        customer_id,
        valid_from,
        valid_to,
        lead(valid_from) over (partition by customer_id order by valid_from) as next_valid_from
    from {{ ref('rfm_tier_history') }}
),

overlapping as (
    select customer_id, valid_from
    from periods
    where
        valid_to < valid_from
        or (next_valid_from is not null and (valid_to is null or valid_to >= next_valid_from))
),

holding as (
    select customer_id, valid_from, rfm_tier, rfm_score
    from {{ ref('rfm_tier_history') }}
    where valid_to is null
),

disagreements as (
    select coalesce(scores.customer_id, holding.customer_id) as customer_id, holding.valid_from
    from {{ ref('rfm_scores') }} as scores
    full join holding on holding.customer_id = scores.customer_id
    where
        scores.customer_id is null
        or holding.customer_id is null
        or scores.rfm_tier <> holding.rfm_tier
        or scores.rfm_score <> holding.rfm_score
        or scores.evaluated_on <> holding.valid_from
)

select customer_id, valid_from from overlapping
union all
select customer_id, valid_from from disagreements
