with

registrations as (

    select * from {{ ref('int_registrations') }}

),

orders as (

    select * from {{ ref('stg_orders') }}

),

tickets as (

    select * from {{ ref('stg_tickets') }}

),

logins as (

    select * from {{ ref('int_browser_logins') }}

),

campaign_events as (

    select * from {{ ref('stg_campaign_events') }}

),

feedback as (

    select * from {{ ref('stg_feedback') }}

),

-- What happens after the as-of date is not known yet, and an account that only appears there does not exist yet.
sightings as (

    select platform, account_id, registered_at
    from registrations
    union all
    select distinct platform, account_id, cast(null as timestamp) as registered_at
    from orders
    where ordered_at < {{ as_of_end() }}
    union all
    select distinct platform, account_id, cast(null as timestamp) as registered_at
    from tickets
    where created_at < {{ as_of_end() }}
    union all
    select distinct platform, account_id, cast(null as timestamp) as registered_at
    from logins
    union all
    select distinct platform, account_id, cast(null as timestamp) as registered_at
    from campaign_events
    where event_at < {{ as_of_end() }}
    union all
    select distinct platform, account_id, cast(null as timestamp) as registered_at
    from feedback
    where created_at < {{ as_of_end() }}

),

final as (

    select
        platform,
        account_id,
        min(registered_at) as registered_at,
        row_number() over (order by platform, account_id) as account_number
    from sightings
    -- Without a platform an account has no key; its orders are those of a guest.
    where account_id is not null and platform is not null
    group by 1, 2

)

select * from final
