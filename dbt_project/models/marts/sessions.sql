{{ config(pre_hook="{{ forget('session_id in (select session_id from ' ~ ref('int_restated_sessions') ~ ')') }}") }}
with

sessions as (

    select
        *,
        {{ add_minutes('ended_at', rule_value('session_rules', 'order_grace')) }} as orders_until
    from {{ ref('int_session_customers') }}
    {% if is_continued('sessions') %}
    where
        visitor_hash in (select visitor_hash from {{ ref('int_restated_visitors') }})
        or session_id in (select session_id from {{ ref('int_restated_sessions') }})
    {% endif %}

),

sales as (

    select
        customer_id,
        ordered_at
    from {{ ref('orders') }}
    where
        is_sale and customer_id is not null
        {% if is_continued('sessions') %} and customer_id in (select customer_id from sessions) {% endif %}

),

-- One row per customer and day cannot multiply sessions. The first and the last sale decide nearly always; the list
-- is for the days with more.
sales_of_day as (

    select
        customer_id,
        {{ utc_day('ordered_at') }} as sale_day,
        min(ordered_at) as first_sold_at,
        max(ordered_at) as last_sold_at,
        case when count(*) > 2 then {{ list_of('ordered_at') }} end as sold_at
    from sales
    group by 1, 2

),

sales_of_customer as (

    select
        customer_id,
        {{ list_of('ordered_at') }} as sold_at
    from sales
    group by 1

),

final as (

    select
        sessions.session_id,
        sessions.customer_id,
        sessions.platform,
        sessions.started_at,
        sessions.ended_at,
        {{ reporting_date('sessions.started_at') }} as session_date,
        sessions.events,
        sessions.product_views,
        sessions.searches,
        sessions.logins,
        sessions.device,
        sessions.traffic_source as source,
        sessions.cart_additions > 0 as has_cart,
        sessions.checkouts > 0 as has_checkout,
        coalesce(sales_of_day.first_sold_at between sessions.started_at and sessions.orders_until, false)
        or coalesce(sales_of_day.last_sold_at between sessions.started_at and sessions.orders_until, false)
        or {{ any_between('sales_of_day.sold_at', 'sessions.started_at', 'sessions.orders_until') }}
        or {{ any_between('sales_of_customer.sold_at', 'sessions.started_at', 'sessions.orders_until') }}
            as has_order
    from sessions
    left join sales_of_day
        on
            sessions.customer_id = sales_of_day.customer_id
            and {{ utc_day('sessions.started_at') }} = sales_of_day.sale_day
    -- Only the few visits that run past midnight look at all sales of their customer.
    left join sales_of_customer
        on
            case
                when {{ utc_day('sessions.orders_until') }} > {{ utc_day('sessions.started_at') }}
                    then sessions.customer_id
            end = sales_of_customer.customer_id

)

select * from final
