with evaluations as (
    select * from {{ ref('int_customer_rfm') }}
),

final as (
    select
        customer_id,
        evaluated_on as valid_from,
        {{ days_after('next_evaluation_on', '-1') }} as valid_to,
        rfm_tier,
        rfm_score,
        is_provisional
    from evaluations
)

select
    customer_id,
    valid_from,
    valid_to,
    rfm_tier,
    rfm_score,
    is_provisional
from final
