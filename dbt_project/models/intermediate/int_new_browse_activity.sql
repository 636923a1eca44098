-- The one scan of the events: of all, or of those that the last build has not seen. Two events of one half-hour slot
-- lie closer together than the session gap, so a slot never spans two sessions and the tens of millions of events need
-- no sorting: they are summed up to slots first.
with

events as (

    select * from {{ ref('stg_browse_events') }}

),

slotted as (

    select
        platform,
        session_id as source_session_id,
        anonymous_id,
        account_id,
        device,
        traffic_source,
        case
            when session_id is null
                then {{ minute_slot('event_at', rule_value('session_rules', 'gap')) }}
        end as slot,
        -- An event that names nobody is a session of its own.
        case
            when session_id is null and anonymous_id is null and account_id is null then event_id
        end as lone_event_id,
        event_at,
        event_type
    from events
    where
        event_at < {{ as_of_end() }}
        {% if is_continued('int_browse_activity') %} and {{ is_unseen('event_at') }} {% endif %}

),

slots as (

    select
        platform,
        source_session_id,
        anonymous_id,
        account_id,
        device,
        traffic_source,
        slot,
        lone_event_id,
        min(event_at) as started_at,
        max(event_at) as ended_at,
        cast(count(*) as integer) as events,
        cast(count(case when event_type = 'product_view' then 1 end) as integer) as product_views,
        cast(count(case when event_type = 'search' then 1 end) as integer) as searches,
        cast(count(case when event_type = 'login' then 1 end) as integer) as logins,
        cast(count(case when event_type = 'add_to_cart' then 1 end) as integer) as cart_additions,
        cast(count(case when event_type = 'checkout' then 1 end) as integer) as checkouts
    from slotted
    group by 1, 2, 3, 4, 5, 6, 7, 8

),

final as (

    select
        {{ key_hash(visitor_key()) }} as visitor_hash,
        *
    from slots

)

select * from final
