-- Slots that touch become one session; a session of the source never splits.
with

touching_slots as (

    select * from {{ ref('int_browse_activity') }}
    where
        {{ key_hash(activity_key()) }} in (select activity_hash from {{ ref('int_touching_activity') }})
        and {{ is_restated_visitor() }}

),

-- Sorted by the visitor's hash, grouped by the visitor below: sorting by five texts costs twice as much.
in_order as (

    select
        *,
        row_number() over (
            partition by visitor_hash
            order by started_at, platform, anonymous_id, account_id, traffic_source, device, ended_at
        ) as position,
        max(ended_at) over (
            partition by visitor_hash
            order by started_at, platform, anonymous_id, account_id, traffic_source, device, ended_at
            rows between unbounded preceding and 1 preceding
        ) as seen_before
    from touching_slots

),

numbered as (

    select
        *,
        sum(
            case
                when source_session_id is not null then 0
                when started_at <= {{ add_minutes('seen_before', rule_value('session_rules', 'gap')) }} then 0
                else 1
            end
        ) over (
            partition by visitor_hash
            order by position rows between unbounded preceding and current row
        ) as session_number
    from in_order

),

final as (

    select
        min(visitor_hash) as visitor_hash,
        platform,
        source_session_id,
        {{ earliest('anonymous_id', ['position']) }} as anonymous_id,
        {{ earliest('account_id', ['position']) }} as account_id,
        max(lone_event_id) as lone_event_id,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        {{ earliest('device', ['position']) }} as device,
        {{ earliest('traffic_source', ['position']) }} as traffic_source,
        cast(sum(events) as integer) as events,
        cast(sum(product_views) as integer) as product_views,
        cast(sum(searches) as integer) as searches,
        cast(sum(logins) as integer) as logins,
        cast(sum(cart_additions) as integer) as cart_additions,
        cast(sum(checkouts) as integer) as checkouts
    from numbered
    group by {{ visitor_key() | join(', ') }}, session_number

)

select * from final
