-- The profile of every customer straight from the tables of facts; as_of() and share() are defined by the test.
with bought as (
    select
        *,
        dayname(ordered_at + interval 8 hour) as weekday,
        hour(ordered_at + interval 8 hour) as local_hour,
        (month(order_date) = 6 and day(order_date) <= 18)
        or order_date between make_date(year(order_date), 10, 20) and make_date(year(order_date), 11, 11)
        or (month(order_date) = 12 and day(order_date) <= 12)
        -- The week before the first day of the lunar year, and the week that begins with it.
        or order_date - date '2021-02-12' between -7 and 6 or order_date - date '2022-02-01' between -7 and 6
        or order_date - date '2023-01-22' between -7 and 6 or order_date - date '2024-02-10' between -7 and 6 as is_festival
    from marts.orders
    where is_sale and customer_id is not null
),

parts as (
    select
        customer_id,
        case
            when local_hour < 6 then 'night' when local_hour < 11 then 'morning' when local_hour < 14 then 'noon'
            when local_hour < 18 then 'afternoon' else 'evening'
        end as daypart,
        weekday, device, payment_method
    from bought
),

counted as (
    unpivot parts on daypart, weekday, device, payment_method into name trait value choice
),

choices as (
    select
        customer_id, trait, choice, count(*) as n, sum(count(*)) over (partition by customer_id, trait) as of_all
    from counted
    group by customer_id, trait, choice
),

most as (
    select customer_id, trait, max(n) as n, any_value(of_all) as of_all from choices group by all
),

totals as (
    select
        customer_id, count(*) as orders,
        count(*) filter (weekday in ('Saturday', 'Sunday')) as on_weekends,
        sum(paid_amount) as paid, coalesce(sum(paid_amount) filter (discount_amount > 0), 0) as paid_discounted,
        count(*) filter (discount_amount > 0) as discounted,
        sum(discount_amount) as discounts, sum(gross_amount) as gross,
        count(*) filter (is_festival) as in_festivals,
        coalesce(sum(paid_amount) filter (is_festival), 0) as paid_in_festivals
    from bought
    group by all
),

pieces as (
    select customer_id, category, unit_price
    from marts.order_items
    cross join range(10) as pieces(n)
    where is_sale and unit_price > 0 and category is not null and n < quantity
),

-- Piece by piece, guests' pieces in the mean.
prices as (
    select customer_id, sum(unit_price)::double / sum(mean_price) as price_index
    from (select *, avg(unit_price) over (partition by category) as mean_price from pieces)
    where customer_id is not null
    group by all
),

favourites as (
    select customer_id, max(net) as most, sum(net) as net
    from (
        select customer_id, category, sum(net_revenue) as net from marts.order_items
        where is_sale and category is not null group by all
    )
    group by all
),

tickets as (
    select
        customer_id,
        count(*) as n,
        count(*) filter (topic like '物流%' or topic = 'Late DELIVERY') as logistics,
        count(*) filter (
            (topic is null or (topic not like '物流%' and topic <> 'Late DELIVERY'))
            and (category = 'return' or topic = '质量问题')
        ) as after_sales
    from marts.tickets
    where created_date > as_of() - interval 12 month
    group by all
)

select
    customers.customer_id,
    coalesce(orders, 0) as profiled_orders,
    share(daypart.n, daypart.of_all) as main_daypart_share,
    share(weekday.n, weekday.of_all) as main_weekday_share,
    share(on_weekends, orders) as weekend_order_share,
    share(payment.n, payment.of_all) as main_payment_share,
    -- All visits of this shop are mobile.
    case
        when device.n > 0 then share(device.n, device.of_all)
        when customers.customer_id in (select customer_id from marts.sessions) then 1
    end as main_device_share,
    round(price_index, 3) as price_index,
    case when price_index < 0.8 then 'low' when price_index <= 1.25 then 'medium' when price_index > 1.25 then 'high' end
        as price_level,
    share(paid_discounted, paid) as discount_spend_share,
    share(discounts, gross) as discount_rate,
    share(in_festivals, orders) as festival_order_share,
    share(paid_in_festivals, paid) as festival_spend_share,
    case
        when orders < 3 then null when 2 * discounted >= orders then 'high' when 5 * discounted < orders then 'low'
        when orders is not null then 'medium'
    end as promotion_sensitivity,
    share(favourites.most, favourites.net) as favourite_category_share,
    coalesce(tickets.n, 0) as tickets_12m,
    coalesce(tickets.logistics, 0) as logistics_tickets_12m,
    coalesce(tickets.after_sales, 0) as after_sales_tickets_12m
from intermediate.int_customers as customers
left join totals using (customer_id)
left join most as daypart on daypart.customer_id = customers.customer_id and daypart.trait = 'daypart'
left join most as weekday on weekday.customer_id = customers.customer_id and weekday.trait = 'weekday'
left join most as payment on payment.customer_id = customers.customer_id and payment.trait = 'payment_method'
left join most as device on device.customer_id = customers.customer_id and device.trait = 'device'
left join prices on prices.customer_id = customers.customer_id
left join favourites on favourites.customer_id = customers.customer_id
left join tickets on tickets.customer_id = customers.customer_id
