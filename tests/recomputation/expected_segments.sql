-- Category, value, activity and lifecycle straight from the rules; as_of() and the facts are defined by the test.
with bought as (
    select
        customer_id,
        count(*) filter (is_sale) as sales,
        count(*) filter (is_placed and order_date > as_of() - interval 12 month) as placed_12m,
        count(*) filter (is_sale and order_date > as_of() - interval 12 month) as sales_12m,
        coalesce(sum(net_revenue) filter (order_date > as_of() - interval 12 month), 0) as net_12m,
        min(order_date) filter (is_sale) as first_order,
        max(order_date) filter (is_sale) as last_order,
        max(order_date) filter (is_placed) as last_placed
    from shop_orders
    group by all
),

gaps as (
    select customer_id, order_date - lag(order_date) over (partition by customer_id order by order_date) as gap
    from (select distinct customer_id, order_date from shop_orders where is_sale) as days
),

own as (select customer_id, median(gap) as gap from gaps group by all),

visited as (
    select
        customer_id,
        max(visit_date) as last_visit,
        max(visit_date) filter (logins > 0) as last_login,
        coalesce(sum(logins) filter (visit_date > as_of() - 30), 0) as logins
    from shop_visits
    group by all
),

facts as (
    select
        customers.customer_id, customers.is_blocked, own.gap, bought.first_order, visited.last_login,
        coalesce(sales, 0) as sales, coalesce(placed_12m, 0) as placed_12m, coalesce(sales_12m, 0) as sales_12m,
        coalesce(net_12m, 0) as net_12m, coalesce(logins, 0) as logins,
        as_of() - last_order as days,
        greatest(last_visit, last_placed, registered_date) as seen,
        case when coalesce(sales, 0) >= 3 then coalesce(own.gap, shop.gap) else shop.gap end as rhythm
    from shop_customers as customers
    left join bought using (customer_id)
    left join own using (customer_id)
    left join visited using (customer_id)
    cross join (select median(gap) as gap from gaps) as shop
)

select
    customer_id,
    case
        when is_blocked then 'malicious'
        when placed_12m > 0 and sales_12m = 0 then 'no_sale'
        when sales = 0 then 'never_ordered'
        when placed_12m = 0 then 'lapsed'
        when first_order > as_of() - interval 12 month then 'new'
        else 'tiered'
    end as category,
    case
        when net_12m > 5000 then 'high'
        when sales = 0 and seen > as_of() - 30 then 'potential'
        when net_12m >= 1000 then 'medium'
        else 'low'
    end as value_level,
    case
        when seen is null or seen <= as_of() - interval 6 month then 'sleeping'
        when logins > 10 then 'high'
        when sales >= 3 and days > 2 * gap then 'at_risk'
        -- A shop that records no log-ins cannot tell who stays away.
        when not shop.has_logins then 'medium'
        when last_login is null or last_login <= as_of() - interval 6 month then 'low'
        else 'medium'
    end as activity_level,
    case
        when sales = 0 then 'prospect'
        when days > 365 then 'lost'
        when sales = 1 and days <= 90 then 'new'
        when sales = 1 and (days <= 180 or as_of() - seen <= 30) then 'declining'
        when sales = 1 then 'sleeping'
        when (days <= 30 or days <= 2 * rhythm) and sales <= 3 then 'growing'
        when days <= 30 or days <= 2 * rhythm then 'mature'
        when days <= 90 or days <= 4 * rhythm or as_of() - seen <= 30 then 'declining'
        when days <= 180 or days <= 8 * rhythm then 'sleeping'
        else 'lost'
    end as lifecycle_stage
from facts
cross join (select coalesce(bool_or(logins > 0), false) as has_logins from shop_visits) as shop
