-- VIP by looking at every single day; as_of() and the facts are defined by the test.
with recursive days as (
    select unnest(generate_series(
        (select min(order_date) from shop_orders), as_of() + interval 14 month, interval 1 day
    ))::date as day
),

-- Nobody else can ever earn it.
spenders as (
    select customer_id from shop_orders group by all having sum(net_revenue) filter (is_sale) >= 10000
),

earns as (
    select shop_orders.customer_id, days.day
    from shop_orders
    inner join spenders using (customer_id)
    inner join days
        on shop_orders.order_date <= days.day and shop_orders.order_date > days.day - interval 12 month
    where days.day <= as_of()
    group by all
    having
        count(*) filter (is_sale) >= 3
        and sum(pieces) filter (is_sale) >= 10
        and sum(net_revenue) >= 10000
),

-- A year is over on the first day whose last 12 months do not hold the day on which it began.
years as (
    select started.day as earned_on, min(ended.day) as ends_on
    from days as started
    inner join days as ended on ended.day > started.day and started.day <= ended.day - interval 12 month
    group by all
),

held as (
    select customer_id, min(day) as earned_on from earns group by all
    union all
    select held.customer_id, min(earns.day)
    from held
    inner join years using (earned_on)
    inner join earns on earns.customer_id = held.customer_id and earns.day >= years.ends_on
    group by held.customer_id, held.earned_on
),

current_vip as (
    select held.customer_id, years.ends_on
    from held
    inner join years using (earned_on)
    where years.ends_on > as_of()
)

select shop_customers.customer_id, current_vip.ends_on is not null as is_vip, current_vip.ends_on as vip_until
from shop_customers
left join current_vip using (customer_id)
