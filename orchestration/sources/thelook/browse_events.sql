-- One event each. Address, city and postal code of the visitor are left behind.
select
    cast(id as varchar) as event_id,
    created_at as event_at,
    -- no browser is told apart: the session is all that ties a visitor's events together
    session_id as anonymous_id,
    session_id,
    cast(user_id as varchar) as account_id,
    'thelook' as platform,
    case event_type
        when 'home' then 'page_view'
        when 'department' then 'page_view'
        when 'product' then 'product_view'
        when 'cart' then 'add_to_cart'
        when 'purchase' then 'checkout'
        -- visitors without an account fill a cart, then give it up
        when 'cancel' then 'remove_from_cart'
        else event_type
    end as event_type,
    nullif(regexp_extract(uri, '^/product/([0-9]+)$', 1), '') as product_id,
    case traffic_source
        when 'Adwords' then 'ad'
        when 'Email' then 'email'
        when 'Facebook' then 'social'
        when 'YouTube' then 'social'
        when 'Organic' then 'search'
    end as source
from event_rows
