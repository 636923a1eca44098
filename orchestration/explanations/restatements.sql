-- Where today's data says something else of a day than its release did.
select told_on, state.attribute, state.published, state.now
from (
    select
        told_on,
        unnest([
            {'attribute': 'customer_category', 'published': customer_category, 'now': customer_category_now},
            {'attribute': 'evaluated_tier', 'published': evaluated_tier, 'now': evaluated_tier_now},
            {'attribute': 'rfm_tier', 'published': rfm_tier, 'now': rfm_tier_now},
            {'attribute': 'is_vip', 'published': is_vip::varchar, 'now': is_vip_now::varchar},
            {'attribute': 'value_level', 'published': value_level, 'now': value_level_now},
            {'attribute': 'activity_level', 'published': activity_level, 'now': activity_level_now},
            {'attribute': 'lifecycle_stage', 'published': lifecycle_stage, 'now': lifecycle_stage_now}
        ]) as state
    from marts.customer_restatements
    where customer_id = $customer_id
)
where state.published is distinct from state.now
order by told_on desc, state.attribute
