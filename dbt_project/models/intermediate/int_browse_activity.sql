{{ config(pre_hook="{{ forget('false') }}") }}
-- Grows by the slots of unseen events. A slot that events reached in two builds stands in two rows; whoever reads sums
-- or joins them as it does with neighbouring slots.
with

new_activity as (

    select * from {{ ref('int_new_browse_activity') }}

),

final as (

    select
        visitor_hash,
        platform,
        source_session_id,
        anonymous_id,
        account_id,
        device,
        traffic_source,
        slot,
        lone_event_id,
        started_at,
        ended_at,
        events,
        product_views,
        searches,
        logins,
        cart_additions,
        checkouts
    from new_activity

)

select * from final
