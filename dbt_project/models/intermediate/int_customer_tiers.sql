-- A tier holds from the day after the last one that was scored, that of the first order from that very day on, both up
-- to the next yearly evaluation. The score of the as-of date sets no tier.
with evaluations as (
    select * from {{ ref('int_customer_rfm') }} where purpose in ('tiers', 'first_order')
),

dates as (
    select evaluated_on from {{ ref('int_evaluation_dates') }} where purpose = 'tiers'
),

tiers as (
    select
        customer_id,
        case when purpose = 'tiers' then {{ days_after('evaluated_on', 1) }} else evaluated_on end as valid_from,
        rfm_tier,
        rfm_score,
        is_provisional
    from evaluations
),

periods as (
    select days.valid_from, min(dates.evaluated_on) as valid_to
    from (select distinct valid_from from tiers) as days
    left join dates on dates.evaluated_on >= days.valid_from
    group by days.valid_from
),

final as (
    select
        tiers.customer_id,
        tiers.valid_from,
        periods.valid_to,
        tiers.rfm_tier,
        tiers.rfm_score,
        tiers.is_provisional
    from tiers
    inner join periods on periods.valid_from = tiers.valid_from
)

select
    customer_id,
    valid_from,
    valid_to,
    rfm_tier,
    rfm_score,
    is_provisional
from final
