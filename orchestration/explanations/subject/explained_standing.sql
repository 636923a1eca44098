-- What the segment rules looked at on the as-of date, beside what they gave.
select
    standing.*,
    segments.customer_category,
    segments.value_level,
    segments.activity_level,
    lifecycle.lifecycle_stage,
    lifecycle.rule_precedence
from intermediate.int_customer_standing as standing
inner join intermediate.int_customer_segments as segments
    on standing.customer_id = segments.customer_id and standing.evaluated_on = segments.evaluated_on
inner join intermediate.int_customer_lifecycle as lifecycle
    on standing.customer_id = lifecycle.customer_id and standing.evaluated_on = lifecycle.evaluated_on
where
    standing.customer_id = $customer_id
    and segments.customer_id = $customer_id
    and lifecycle.customer_id = $customer_id
    and standing.is_current
    and segments.is_current
