-- Every event up to the as-of date lies in exactly one session; reads one column of the events only.
with

event_side as (

    select count(*) as events
    from {{ ref('stg_browse_events') }}
    where event_at < {{ as_of_end() }}

),

session_side as (

    select coalesce(sum(events), 0) as events from {{ ref('sessions') }}

)

select
    event_side.events as events_delivered,
    session_side.events as events_in_sessions
from event_side
cross join session_side
where event_side.events <> session_side.events
