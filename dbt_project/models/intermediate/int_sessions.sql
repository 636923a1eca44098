{{ config(pre_hook="{{ forget('visitor_hash in (select visitor_hash from ' ~ ref('int_restated_visitors') ~ ')') }}") }}
-- The sessions to replace are listed before this table changes.
{% if is_continued('sessions') %}-- depends_on: {{ ref('int_restated_sessions') }}{% endif %}
with

-- Read here and in int_joined_sessions rather than kept: most slots pass straight through, the others are sorted.
whole_slots as (

    select * from {{ ref('int_browse_activity') }}
    where
        {{ key_hash(activity_key()) }} not in (select activity_hash from {{ ref('int_touching_activity') }})
        and {{ is_restated_visitor() }}

),

cut as (

    select
        visitor_hash,
        platform,
        source_session_id,
        anonymous_id,
        account_id,
        lone_event_id,
        started_at,
        ended_at,
        device,
        traffic_source,
        events,
        product_views,
        searches,
        logins,
        cart_additions,
        checkouts
    from whole_slots
    union all
    select
        visitor_hash,
        platform,
        source_session_id,
        anonymous_id,
        account_id,
        lone_event_id,
        started_at,
        ended_at,
        device,
        traffic_source,
        events,
        product_views,
        searches,
        logins,
        cart_additions,
        checkouts
    from {{ ref('int_joined_sessions') }}

),

final as (

    select
        {{ session_id() }} as session_id,
        visitor_hash,
        platform,
        anonymous_id,
        account_id,
        started_at,
        ended_at,
        device,
        traffic_source,
        events,
        product_views,
        searches,
        logins,
        cart_additions,
        checkouts
    from cut

)

select * from final
