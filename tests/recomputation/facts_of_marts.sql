-- The facts that the rules look at, where the test itself has made the marts of facts.
create temp table shop_orders as
select
    customer_id, order_date, is_sale, status <> 'credit_note' as is_placed, net_revenue,
    coalesce(item_count, 0) as pieces
from marts.orders
where customer_id is not null and order_date <= as_of();

create temp table shop_customers as
select customer_id, is_blocked, local_day(first_registered_at) as registered_date
from intermediate.int_customers;

create temp table shop_visits as
select customer_id, session_date as visit_date, logins from marts.sessions where session_date <= as_of()
