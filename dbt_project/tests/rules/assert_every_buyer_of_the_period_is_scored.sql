-- A gap between two bands of points or tiers would drop customers silently.
with facts as (
    select count(*) as evaluations from {{ ref('int_customer_rfm_facts') }}
),

scored as (
    select count(*) as evaluations from {{ ref('int_customer_rfm') }}
)

select
    facts.evaluations as evaluations_to_score,
    scored.evaluations
from facts
cross join scored
where facts.evaluations <> scored.evaluations
