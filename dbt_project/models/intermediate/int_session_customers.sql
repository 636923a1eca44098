with

sessions as (

    select * from {{ ref('int_sessions') }}

),

account_customers as (

    select * from {{ ref('int_account_customers') }}

),

browser_customers as (

    select * from {{ ref('int_browser_customers') }}

),

final as (

    select
        sessions.session_id,
        sessions.visitor_hash,
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
