-- Points, score and tier straight from the table of the source plan; as_of() and the facts are defined by the test.
with period as (
    select
        customer_id,
        max(order_date) filter (is_sale) as last_order,
        count(*) filter (is_sale) as orders,
        sum(net_revenue) as net
    from shop_orders
    where order_date > as_of() - interval 12 month and order_date <= as_of()
    group by all
    having count(*) filter (is_sale) > 0
),

points as (
    select
        *,
        case
            when last_order >= as_of() - interval 1 month then 5
            when last_order >= as_of() - interval 3 month then 4
            when last_order >= as_of() - interval 4 month then 3
            when last_order >= as_of() - interval 7 month then 2
            else 1
        end as r,
        case when orders >= 6 then 5 when orders >= 4 then 4 else orders end as f,
        case
            when net >= 2000 * orders then 5
            when net >= 1000 * orders then 4
            when net >= 500 * orders then 3
            when net >= 300 * orders then 2
            else 1
        end as m
    from period
),

scored as (select *, r + 3 * f + 4 * m as score from points),

tiered as (
    select
        *,
        case
            when score between 36 and 40 then 'Platinum'
            when score between 26 and 35 then 'Gold'
            when score between 17 and 25 then 'Silver'
            when score between 8 and 16 then 'Bronze'
        end as tier
    from scored
),

first_sales as (select customer_id, min(order_date) as day from shop_orders where is_sale group by all)

select
    customers.customer_id, r, f, m, score, tier,
    as_of() - last_order as days_since_last_order,
    orders,
    first_sales.day > as_of() - interval 12 month as is_provisional,
    case tier when 'Bronze' then 17 - score when 'Silver' then 26 - score when 'Gold' then 36 - score end as missing
from shop_customers as customers
inner join tiered using (customer_id)
inner join first_sales using (customer_id)
