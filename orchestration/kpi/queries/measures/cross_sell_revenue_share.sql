-- Net revenue of items that their buyer had clicked on among the on-site recommendations, at most the days of
-- seeds/browsing_rules.csv before the order, ÷ net revenue of all items. Both are money of order lines: shipping and
-- money given back outside lines belong to no item. Without a click in the period nobody tells on-site recommendations.
with

click_window as (

    select to_days(cast(value as integer)) as days
    from seeds.browsing_rules
    where rule = 'click_to_purchase' and valid_from <= $as_of
    order by valid_from desc
    limit 1

),

clicks as (

    select
        coalesce(accounts.customer_id, browsers.customer_id) as customer_id,
        views.product_id,
        views.viewed_at as clicked_at
    from intermediate.int_product_views as views
    left join intermediate.int_account_customers as accounts
        on views.platform = accounts.platform and views.account_id = accounts.account_id
    left join intermediate.int_browser_customers as browsers on views.anonymous_id = browsers.anonymous_id
    where views.is_recommended and not views.is_cart_addition

),

bought as (

    select
        items.product_id,
        items.net_revenue,
        orders.customer_id,
        orders.ordered_at
    from marts.order_items as items
    inner join marts.orders as orders on items.platform = orders.platform and items.order_id = orders.order_id
    where items.is_sale and items.order_date between $period_start and $period_end

),

sold_by_click as (

    select sum(bought.net_revenue) as net_revenue
    from bought
    cross join click_window
    -- The last click before the order decides; an asof join keeps each line once.
    asof inner join clicks
        on
            bought.customer_id = clicks.customer_id
            and bought.product_id = clicks.product_id
            and bought.ordered_at >= clicks.clicked_at
    where bought.ordered_at <= clicks.clicked_at + click_window.days

)

select
    'all' as segment,
    coalesce(sold_by_click.net_revenue, 0) as numerator,
    (select sum(net_revenue) from bought) as denominator,
    (select count(*) from bought) as n
from sold_by_click
where exists (select 1 from clicks)
