{{ config(tags=['serving']) }}

with told_before as (
    select
        *,
        row_number() over (partition by customer_id, as_of_date order by release_id desc) as age
    from {{ source('history', 'customers') }}
    where as_of_date < {{ as_of_date() }}
),

told as (
    select
        customer_id, customer_category, rfm_tier, is_vip, value_level, activity_level, lifecycle_stage, is_gone,
        as_of_date
    from told_before
    where age = 1
    union all
    select
        customer_id, customer_category, rfm_tier, is_vip, value_level, activity_level, lifecycle_stage, false,
        {{ as_of_date() }}
    from {{ ref('customer_360') }}
),

-- Only what differs from the day before begins a row; a customer that was merged away ends without another one.
compared as (
    select
        *,
        row_number() over (partition by customer_id order by as_of_date) = 1 as is_first,
        lag(customer_category) over (partition by customer_id order by as_of_date) as before_category,
        lag(rfm_tier) over (partition by customer_id order by as_of_date) as before_tier,
        lag(is_vip) over (partition by customer_id order by as_of_date) as before_vip,
        lag(value_level) over (partition by customer_id order by as_of_date) as before_value,
        lag(activity_level) over (partition by customer_id order by as_of_date) as before_activity,
        lag(lifecycle_stage) over (partition by customer_id order by as_of_date) as before_stage,
        lag(is_gone) over (partition by customer_id order by as_of_date) as before_gone
    from told
),

periods as (
    select
        *,
        lead(as_of_date) over (partition by customer_id order by as_of_date) as next_date
    from compared
    where
        is_first
        or customer_category is distinct from before_category
        or rfm_tier is distinct from before_tier
        or is_vip is distinct from before_vip
        or value_level is distinct from before_value
        or activity_level is distinct from before_activity
        or lifecycle_stage is distinct from before_stage
        or is_gone is distinct from before_gone
),

final as (
    select
        customer_id,
        as_of_date as valid_from,
        {{ days_after('next_date', -1) }} as valid_to,
        customer_category,
        rfm_tier,
        is_vip,
        value_level,
        activity_level,
        lifecycle_stage
    from periods
    where not is_gone
)

select
    customer_id,
    valid_from,
    valid_to,
    customer_category,
    rfm_tier,
    is_vip,
    value_level,
    activity_level,
    lifecycle_stage
from final
