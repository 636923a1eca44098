-- One item per row; every row is one piece. The items' own times are left out: 20,273 lie before their
-- order.
select
    cast(order_id as varchar) as order_id,
    'thelook' as platform,
    row_number() over (partition by order_id order by id) as line_no,
    cast(product_id as varchar) as product_id,
    1 as quantity,
    cast(sale_price as decimal(18, 2)) as unit_price,
    0 as discount_amount,
    case when status = 'Returned' then 1 else 0 end as refunded_quantity
from item_rows
