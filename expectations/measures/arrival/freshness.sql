-- How many days the other extracts run on after the last order. The end of an extract is its n-th latest row,
-- so that a few wrong clocks do not decide; a shop with few orders has natural gaps and is not judged.
with orders as (
    select max(ordered_at) as last_at
    from raw.orders
),

pace as (
    select count(*) as recent_orders
    from raw.orders
    where ordered_at > (select last_at from orders) - interval 90 day
),

ends as (
    select
        'registrations' as extract,
        list_min(max(registered_at, $freshness_reference_rows)) as last_at
    from raw.registrations

    union all

    select
        'browse_events' as extract,
        list_min(max(event_at, $freshness_reference_rows)) as last_at
    from raw.browse_events

    union all

    select
        'tickets' as extract,
        list_min(max(created_at, $freshness_reference_rows)) as last_at
    from raw.tickets
)

select
    ends.extract as subject,
    epoch(ends.last_at - orders.last_at) / 86400 as orders_stopped,
    epoch(ends.last_at - orders.last_at) / 86400 as orders_stale
from ends
cross join orders
cross join pace
where pace.recent_orders >= $freshness_reference_orders
