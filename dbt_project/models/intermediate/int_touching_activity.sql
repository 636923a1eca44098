-- Most slots are a whole session by themselves. Only those with a neighbour within the gap need joining, and this finds
-- them by sorting four narrow columns instead of all of them. Hashes may coincide: a slot too many does no harm.
with

activity as (

    select
        {{ key_hash(activity_key()) }} as activity_hash,
        visitor_hash,
        source_session_id is not null as is_given,
        started_at,
        ended_at
    from {{ ref('int_browse_activity') }}
    where {{ is_restated_visitor() }}

),

neighbours as (

    select
        activity_hash,
        is_given,
        started_at,
        max(ended_at) over (
            partition by visitor_hash order by started_at, ended_at, activity_hash
            rows between unbounded preceding and 1 preceding
        ) as seen_before,
        max(ended_at) over (
            partition by visitor_hash order by started_at, ended_at, activity_hash
            rows between unbounded preceding and current row
        ) as seen_until,
        lead(started_at) over (
            partition by visitor_hash order by started_at, ended_at, activity_hash
        ) as next_started_at
    from activity

),

final as (

    select activity_hash
    from neighbours
    where
        started_at <= {{ add_minutes('seen_before', rule_value('session_rules', 'gap')) }}
        or next_started_at <= {{ add_minutes('seen_until', rule_value('session_rules', 'gap')) }}
        -- A session of the source holds together over any pause.
        or (is_given and (seen_before is not null or next_started_at is not null))

)

select * from final
