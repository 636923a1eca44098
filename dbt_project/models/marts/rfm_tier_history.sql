with tiers as (
    select * from {{ ref('int_customer_tiers') }}
)

select
    customer_id,
    valid_from,
    valid_to,
    rfm_tier,
    rfm_score,
    is_provisional
from tiers
