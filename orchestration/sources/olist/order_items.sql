-- One item per row of the export, which lists every piece by itself; freight belongs to the order's shipping.
select
    order_id,
    'olist' as platform,
    order_item_id as line_no,
    product_id,
    1 as quantity,
    price as unit_price,
    0 as discount_amount,
    0 as refunded_quantity
from item_rows
