{{ config(tags=['serving']) }}

{%- set attributes = [
    'customer_category', 'rfm_tier', 'evaluated_tier', 'is_vip', 'value_level', 'activity_level', 'lifecycle_stage',
] %}

with now as (
    select * from {{ ref('int_customer_told_states') }} where is_published
),

days as (
    select told_on from {{ ref('int_told_days') }} where is_published
),

published as (
    select days.told_on, history.*
    from {{ ref('customer_history') }} as history
    inner join days
        on days.told_on >= history.valid_from and days.told_on <= coalesce(history.valid_to, days.told_on)
),

-- Who has no date at all is on no past day, yet stays in every release: nothing about them was restated.
final as (
    select
        coalesce(published.customer_id, now.customer_id) as customer_id,
        coalesce(published.told_on, now.told_on) as told_on,
        case
            when published.customer_id is null then 'not published'
            when now.customer_id is null then 'no customer any more'
            else 'other state'
        end as difference,
        published.customer_category, now.customer_category as customer_category_now,
        published.rfm_tier, now.rfm_tier as rfm_tier_now,
        published.evaluated_tier, now.evaluated_tier as evaluated_tier_now,
        published.is_vip, now.is_vip as is_vip_now,
        published.value_level, now.value_level as value_level_now,
        published.activity_level, now.activity_level as activity_level_now,
        published.lifecycle_stage, now.lifecycle_stage as lifecycle_stage_now
    from published
    full outer join now on now.customer_id = published.customer_id and now.told_on = published.told_on
    left join {{ ref('int_customers') }} as customers on customers.customer_id = published.customer_id
    where
        (now.customer_id is null and customers.customer_id is null)
        or published.customer_id is null
        {%- for attribute in attributes %}
        or (now.customer_id is not null and published.{{ attribute }} is distinct from now.{{ attribute }})
        {%- endfor %}
)

select
    customer_id, told_on, difference,
    customer_category, customer_category_now, rfm_tier, rfm_tier_now, evaluated_tier, evaluated_tier_now,
    is_vip, is_vip_now, value_level, value_level_now, activity_level, activity_level_now,
    lifecycle_stage, lifecycle_stage_now
from final
