-- What the customer was, day by day, the newest first: as releases published it, and before the first one as computed.
select
    valid_from,
    valid_to,
    is_published,
    customer_category,
    evaluated_tier,
    rfm_tier,
    is_vip,
    value_level,
    activity_level,
    lifecycle_stage
from marts.customer_history
where customer_id = $customer_id
order by valid_from desc
