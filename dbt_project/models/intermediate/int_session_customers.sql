with

sessions as (

    select * from {{ ref('int_sessions') }}

),

account_customers as (

    select * from {{ ref('int_account_customers') }}

),

-- All accounts of a usable browser are one customer, so the browser names its customer before any log-in.
browser_customers as (

    select
        identifiers.identifier as anonymous_id,
        min(account_customers.customer_id) as customer_id
    from {{ ref('int_account_identifiers') }} as identifiers
    inner join account_customers
        on
            identifiers.platform = account_customers.platform
            and identifiers.account_id = account_customers.account_id
    where identifiers.kind = 'browser' and identifiers.is_usable
    group by 1

),

final as (

    select
        -- The id of a visit cut by us holds its start; a visit of the source keeps its id when more events arrive.
        'S' || {{ short_md5(
            "concat_ws('|', sessions.platform, coalesce(
                's:' || sessions.source_session_id,
                concat_ws('|', coalesce(
                    'b:' || sessions.anonymous_id, 'a:' || sessions.account_id, 'e:' || sessions.lone_event_id
                ), cast(" ~ instant_rank('sessions.started_at') ~ " as varchar))
            ))", 20
        ) }} as session_id,
        coalesce(account_customers.customer_id, browser_customers.customer_id) as customer_id,
        sessions.platform,
        sessions.started_at,
        sessions.ended_at,
        sessions.events,
        sessions.product_views,
        sessions.searches,
        sessions.logins,
        sessions.cart_additions,
        sessions.checkouts,
        sessions.device,
        sessions.traffic_source
    from sessions
    left join account_customers
        on sessions.platform = account_customers.platform and sessions.account_id = account_customers.account_id
    left join browser_customers on sessions.anonymous_id = browser_customers.anonymous_id

)

select * from final
