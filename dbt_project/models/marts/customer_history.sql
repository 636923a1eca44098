{{ config(tags=['serving']) }}

{%- set attributes = [
    'customer_category', 'rfm_tier', 'evaluated_tier', 'is_vip', 'value_level', 'activity_level', 'lifecycle_stage',
] %}

with told_before as (
    select
        *,
        row_number() over (partition by customer_id, as_of_date order by release_id desc) as age
    from {{ source('history', 'customers') }}
    where as_of_date < {{ as_of_date() }}
),

tiers as (
    select customer_id, rfm_tier as evaluated_tier
    from {{ ref('rfm_tier_history') }}
    where valid_from <= {{ as_of_date() }} and (valid_to is null or valid_to >= {{ as_of_date() }})
),

gone as (
    select distinct told_before.customer_id
    from told_before
    left join {{ ref('customer_360') }} as customers on customers.customer_id = told_before.customer_id
    where customers.customer_id is null
),

told as (
    select customer_id, {{ attributes | join(', ') }}, is_gone, as_of_date
    from told_before
    where age = 1
    union all
    select customer_id{{ ', null' * (attributes | length) }}, true, {{ as_of_date() }}
    from gone
    union all
    select
        customers.customer_id, customers.customer_category, customers.rfm_tier, tiers.evaluated_tier, customers.is_vip,
        customers.value_level, customers.activity_level, customers.lifecycle_stage, false, {{ as_of_date() }}
    from {{ ref('customer_360') }} as customers
    left join tiers on tiers.customer_id = customers.customer_id
),

-- Only what differs from the release before begins a row; a customer that was merged away ends without another one.
compared as (
    select
        *,
        row_number() over (partition by customer_id order by as_of_date) = 1 as is_first,
        {%- for attribute in attributes %}
        lag({{ attribute }}) over (partition by customer_id order by as_of_date) as before_{{ attribute }},
        {%- endfor %}
        lag(is_gone) over (partition by customer_id order by as_of_date) as before_is_gone
    from told
),

periods as (
    select
        *,
        lead(as_of_date) over (partition by customer_id order by as_of_date) as next_date
    from compared
    where
        is_first
        {%- for attribute in attributes %}
        or {{ attribute }} is distinct from before_{{ attribute }}
        {%- endfor %}
        or is_gone is distinct from before_is_gone
),

final as (
    select
        customer_id,
        as_of_date as valid_from,
        {{ days_after('next_date', -1) }} as valid_to,
        {{ attributes | join(', ') }}
    from periods
    where not is_gone
)

select
    customer_id, valid_from, valid_to, customer_category, rfm_tier, evaluated_tier, is_vip, value_level, activity_level,
    lifecycle_stage
from final
