-- A customer has a tag where there is a value and the tag's limits are reached; seeds/profile_tags.csv holds them.
with tags as (
    select * from {{ rule_set_in_force('profile_tags') }} as rules
),

tagged as (
    select
        customers.customer_id,
        tags.tag,
        tags.min_share,
        tags.min_observations,
        case tags.tag
            when 'age_band' then customers.age_band
            when 'gender' then customers.gender
            when 'region' then coalesce(customers.province, customers.country)
            when 'occupation' then customers.occupation
            when 'daypart' then habits.main_daypart
            when 'weekday' then profile.main_weekday
            when 'device' then habits.main_device
            when 'payment_method' then profile.main_payment_method
            when 'price_level' then profile.price_level
            when 'promotion' then profile.promotion_sensitivity
            when 'festival' then case when profile.festival_order_share > 0 then 'festival' end
            when 'favourite_category' then favourites.favourite_category
            when 'favourite_brand' then favourites.favourite_brand
            when 'service_need' then nullif(profile.service_need, 'none')
        end as tag_value,
        case tags.tag
            when 'daypart' then profile.main_daypart_share
            when 'weekday' then profile.main_weekday_share
            when 'device' then profile.main_device_share
            when 'payment_method' then profile.main_payment_share
            when 'promotion' then habits.discount_order_share
            when 'festival' then profile.festival_order_share
            when 'favourite_category' then profile.favourite_category_share
            when 'favourite_brand' then profile.favourite_brand_share
            when 'service_need' then {{ share_of(
                'greatest(profile.logistics_tickets_12m, profile.after_sales_tickets_12m)', 'profile.tickets_12m'
            ) }}
        end as tag_share,
        case
            when tags.tag in ('age_band', 'gender', 'region', 'occupation') then null
            when tags.tag = 'service_need' then profile.tickets_12m
            else profile.profiled_orders
        end as observations
    from {{ ref('customer_profile') }} as profile
    inner join {{ ref('int_customers') }} as customers on customers.customer_id = profile.customer_id
    left join {{ ref('int_customer_habits') }} as habits on habits.customer_id = profile.customer_id
    left join {{ ref('int_customer_favourites') }} as favourites on favourites.customer_id = profile.customer_id
    cross join tags
),

final as (
    select
        customer_id,
        tag,
        tag_value,
        tag_share,
        observations,
        case
            when min_observations is null then 'as stated'
            when min_share is null then 'observations >= ' || cast(min_observations as varchar)
            else 'share >= ' || cast(min_share as varchar) || ', observations >= ' || cast(min_observations as varchar)
        end as tag_rule
    from tagged
    where
        tag_value is not null
        and (min_share is null or tag_share >= min_share)
        and (min_observations is null or observations >= min_observations)
)

select customer_id, tag, tag_value, tag_share, observations, tag_rule from final
