{{ config(tags=['serving']) }}

{%- set attributes = [
    'customer_category', 'rfm_tier', 'evaluated_tier', 'is_vip', 'value_level', 'activity_level', 'lifecycle_stage',
] %}
{%- set compared_columns = attributes + ['is_gone', 'is_published'] %}

with told_before as (
    select
        *,
        row_number() over (partition by customer_id, as_of_date order by release_id desc) as age
    from {{ source('history', 'customers') }}
    where as_of_date < {{ as_of_date() }}
),

first_release as (
    select coalesce(min(as_of_date), {{ as_of_date() }}) as told_on
    from {{ source('history', 'releases') }}
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
    select customer_id, {{ attributes | join(', ') }}, is_gone, true as is_published, as_of_date
    from told_before
    where age = 1
    union all
    select customer_id{{ ', null' * (attributes | length) }}, true, true, {{ as_of_date() }}
    from gone
    union all
    select
        customers.customer_id, customers.customer_category, customers.rfm_tier, tiers.evaluated_tier, customers.is_vip,
        customers.value_level, customers.activity_level, customers.lifecycle_stage, false, true, {{ as_of_date() }}
    from {{ ref('customer_360') }} as customers
    left join tiers on tiers.customer_id = customers.customer_id
    union all
    select customer_id, {{ attributes | join(', ') }}, false, false, told_on
    from {{ ref('int_customer_told_states') }}
    where not is_published
),

-- Only what differs from the day before it begins a row, and the first release always does; a customer that was merged
-- away ends without another one.
compared as (
    select
        *,
        {%- for column in compared_columns %}
        lag({{ column }}) over (partition by customer_id order by as_of_date) as before_{{ column }},
        {%- endfor %}
        row_number() over (partition by customer_id order by as_of_date) = 1 as is_first
    from told
),

periods as (
    select
        *,
        lead(as_of_date) over (partition by customer_id order by as_of_date) as next_date
    from compared
    where
        is_first
        {%- for column in compared_columns %}
        or {{ column }} is distinct from before_{{ column }}
        {%- endfor %}
),

-- From the first release on only releases tell: of whom it did not know, nothing holds on that day.
bounded as (
    select
        periods.*,
        case
            when periods.is_published then periods.next_date
            else least(coalesce(periods.next_date, first_release.told_on), first_release.told_on)
        end as ends_before
    from periods
    cross join first_release
),

final as (
    select
        customer_id,
        as_of_date as valid_from,
        {{ days_after('ends_before', -1) }} as valid_to,
        is_published,
        {{ attributes | join(', ') }}
    from bounded
    where not is_gone
)

select
    customer_id, valid_from, valid_to, is_published, customer_category, rfm_tier, evaluated_tier, is_vip, value_level,
    activity_level, lifecycle_stage
from final
