{{ config(pre_hook="{{ forget('viewed_at < ' ~ browsing_kept_from()) }}") }}
-- One row per event, in a single pass that holds nothing in memory: a row per visitor, product and day would save a
-- fifth of the rows and lose the time of the click. Whoever reads joins accounts and browsers to customers anew, so a
-- merge restates nothing here.
with

events as (

    select * from {{ ref('stg_browse_events') }}

),

final as (

    select
        platform,
        anonymous_id,
        account_id,
        product_id,
        event_at as viewed_at,
        event_type = 'add_to_cart' as is_cart_addition,
        coalesce(traffic_source = 'onsite_recommendation', false) as is_recommended
    from events
    where
        product_id is not null
        and event_type in ('product_view', 'add_to_cart')
        and (anonymous_id is not null or account_id is not null)
        and event_at < {{ as_of_end() }}
        and event_at >= {{ browsing_kept_from() }}
        {% if is_continued('int_product_views') %} and {{ is_unseen('event_at') }} {% endif %}

)

select * from final
