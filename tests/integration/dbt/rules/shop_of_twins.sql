-- Twins of every customer of the shop on the borders: the same orders, and more of one thing. The customers stay.
create table main.twins as
select
    customers.customer_id as of_customer_id,
    customers.customer_id || '+' || gift || n as customer_id,
    gift,
    n
from intermediate.int_customers as customers
cross join (values ('money'), ('order'), ('cheap_order')) as gifts(gift)
cross join range(3) as numbers(n);

create table main.averages as
select customer_id, sum(net_revenue) / count(*) filter (is_sale) as net_revenue
from marts.orders
where order_date > as_of() - interval 12 month
group by all
having count(*) filter (is_sale) > 0;

create table main.orders_of_twins as
with copies as (
    select
        orders.* replace (twins.customer_id as customer_id, orders.order_id || '+' || gift || n as order_id),
        twins.gift = 'money'
        and orders.is_sale
        and row_number() over (
            partition by twins.customer_id, orders.is_sale order by hash(orders.order_id, twins.n)
        ) = 1 as gets_money,
        hash(twins.customer_id) as dice
    from twins
    inner join marts.orders on orders.customer_id = twins.of_customer_id
),

added as (
    select
        twins.customer_id,
        gift,
        hash(twins.customer_id, 'day') as dice,
        case
            when n = 0 then as_of() - (hash(twins.customer_id, 'days') % 400)::integer
            else (as_of() - to_months((hash(twins.customer_id, 'month') % 14)::integer))::date - n::integer + 1
        end as order_date,
        -- An order of at least the customer's average leaves the average where it is or raises it.
        greatest(ceil(coalesce(averages.net_revenue, 0) * 100) / 100, 0)::decimal(18, 2) as average
    from twins
    left join averages on averages.customer_id = twins.of_customer_id
    where gift <> 'money'
)

select
    * exclude (gets_money, dice)
    replace (
        net_revenue + case
            when gets_money then [0.01, 0.02, 50, 500, 3333.34, 9999.99][1 + (dice % 6)::integer]::decimal(18, 2)
            else 0
        end as net_revenue
    )
from copies
union all by name
select
    'web' as platform,
    customer_id || '-added' as order_id,
    customer_id,
    order_date::timestamp as ordered_at,
    order_date,
    'completed' as status,
    true as is_sale,
    0::decimal(18, 2) as discount_amount,
    case
        when gift = 'order' then average + [0, 0.01, 50, 5000][1 + (dice % 4)::integer]::decimal(18, 2)
        else [0, 0.01, 10, 299.99][1 + (dice % 4)::integer]::decimal(18, 2)
    end as net_revenue,
    1 as item_count
from added;

insert into marts.orders by name from main.orders_of_twins;

create or replace table marts.orders as
select * replace (
    case when is_sale and customer_id is not null then
        row_number() over (partition by customer_id, is_sale order by ordered_at, platform, order_id)::integer
    end as order_number
)
from marts.orders;

insert into marts.order_items by name
select
    platform, order_id, 1 as line_no, customer_id, order_date, is_sale, 'category' as category, 'brand' as brand,
    item_count as quantity, net_revenue
from marts.orders
where item_count > 0 and customer_id in (select customer_id from main.twins);

insert into marts.sessions
select sessions.* replace (session_id || '+' || gift || n as session_id, twins.customer_id as customer_id)
from marts.sessions
inner join main.twins on twins.of_customer_id = sessions.customer_id;

insert into intermediate.int_customers
select customers.* replace (twins.customer_id as customer_id)
from intermediate.int_customers as customers
inner join main.twins on twins.of_customer_id = customers.customer_id;
