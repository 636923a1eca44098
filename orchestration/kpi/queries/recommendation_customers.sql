-- Customers and products by number, so that millions of tastes are pairs of numbers; sorted, so that a number tells
-- nothing and moves with nothing but the ids.
create or replace temp table recommendation_customers as
select
    cast(row_number() over (order by customer_id) - 1 as integer) as customer_number,
    customer_id
from (select distinct customer_id from marts.identity_map where customer_id is not null) as customers;

create or replace temp table recommendation_products as
select
    cast(row_number() over (order by product_id) - 1 as integer) as product_number,
    product_id
from (
    select product_id from marts.order_items where product_id is not null
    union
    select product_id from intermediate.int_product_views
) as products;

create or replace temp table recommendation_browsing as
select
    customers.customer_number,
    products.product_number,
    views.viewed_at,
    views.is_cart_addition
from intermediate.int_product_views as views
inner join recommendation_products as products on views.product_id = products.product_id
left join intermediate.int_account_customers as accounts
    on views.platform = accounts.platform and views.account_id = accounts.account_id
left join recommendation_customers as customers on accounts.customer_id = customers.customer_id;

create or replace temp table recommendation_orders as
select
    customers.customer_number,
    products.product_number,
    items.order_date
from marts.order_items as items
inner join recommendation_products as products on items.product_id = products.product_id
left join recommendation_customers as customers on items.customer_id = customers.customer_id
-- What a credit note lists was given back. Whether an order was cancelled later is not asked: at a cut nobody knew.
anti join (select platform, order_id from marts.orders where status = 'credit_note') as credit_notes
    on items.platform = credit_notes.platform and items.order_id = credit_notes.order_id
where items.quantity > 0;
