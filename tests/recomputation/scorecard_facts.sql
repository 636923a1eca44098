-- What was bought of which category, from the rows as they came in; shop_orders and as_of() are made by the caller.
create or replace temp table shop_baskets as
with lines as (
    select platform, order_id, arg_max(trim(product_id), (coalesce(refunded_quantity, 0), _row_hash)) as product_id
    from raw.order_items group by platform, order_id, line_no
), catalogue as (
    select product_id, nullif(trim(arg_max(coalesce(category, ''), (_file_name, _ingested_at, _line_number))), '') as category
    from raw.products group by product_id
)
select distinct o.customer_id, o.order_date, c.category
from shop_orders as o
inner join lines as l on o.platform = l.platform and o.order_id = l.order_id
inner join catalogue as c on l.product_id = c.product_id
where o.is_sale and c.category is not null
