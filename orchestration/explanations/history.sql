-- What releases published of the customer, day by day, the newest first.
select
    valid_from,
    valid_to,
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
