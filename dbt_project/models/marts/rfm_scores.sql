with evaluations as (
    select * from {{ ref('int_customer_rfm') }} where purpose = 'scores'
),

final as (
    select
        evaluations.customer_id,
        evaluations.evaluated_on,
        cast({{ dbt.datediff('evaluations.last_order_date', 'evaluations.evaluated_on', 'day') }} as integer)
            as recency_days,
        evaluations.frequency,
        cast({{ share_of_amount('evaluations.net_revenue', '1', 'evaluations.frequency') }} as decimal(18, 2))
            as monetary,
        evaluations.r_points,
        evaluations.f_points,
        evaluations.m_points,
        evaluations.rfm_score,
        evaluations.rfm_tier,
        evaluations.is_provisional,
        evaluations.points_to_next_tier
    from evaluations
)

select
    customer_id,
    evaluated_on,
    recency_days,
    frequency,
    monetary,
    r_points,
    f_points,
    m_points,
    rfm_score,
    rfm_tier,
    is_provisional,
    points_to_next_tier
from final
